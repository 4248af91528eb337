import { type Queued, StreamQueue } from './stream-queue.js'

const LEVELS = 8

/** A level that was passed over this often while someone stood there goes next. */
export const AGEING_LIMIT = 32

/**
 * Who writes next: the lowest priority number first, round robin among equals, and nobody starves.
 *
 * Constant work: eight queues, and for each a count of how often it was passed over.
 */
export class Scheduler<T extends Queued> {
  size = 0
  readonly #levels: StreamQueue<T>[] = Array.from({ length: LEVELS }, () => new StreamQueue<T>())
  readonly #passedOver = new Uint32Array(LEVELS)

  /** The most urgent priority that somebody stands at; 8 if nobody does. */
  get urgency(): number {
    if (this.size === 0) return LEVELS
    let level = 0
    while (this.#levels[level]!.size === 0) level += 1
    return level
  }

  /** Puts `item` at the end of the line of its priority; nothing if it stands in it already. */
  push(item: T): void {
    const level = this.#levels[item.priority]!
    if (item.queue === level) return
    level.push(item)
    this.size += 1
  }

  /** Puts `item` at the head of the line of its priority: it was next, and still is. */
  unshift(item: T): void {
    this.remove(item)
    this.#levels[item.priority]!.unshift(item)
    this.size += 1
  }

  /** Takes out whoever is next. */
  pop(): T | undefined {
    if (this.size === 0) return undefined
    const level = this.#next()
    this.size -= 1
    return this.#levels[level]!.shift()
  }

  /** `item` stands in one of these lines. */
  has(item: T): boolean {
    return item.queue === this.#levels[item.priority]
  }

  /** Takes `item` out wherever it stands; nothing if it does not stand here. */
  remove(item: T): void {
    const level = this.#levels[item.priority]!
    if (item.queue !== level) return
    level.remove(item)
    this.size -= 1
    // Whoever comes to an empty level was passed over by nobody.
    if (level.size === 0) this.#passedOver[item.priority] = 0
  }

  #next(): number {
    let chosen = -1
    for (let level = 0; level < LEVELS; level += 1) {
      if (this.#levels[level]!.size === 0) {
        this.#passedOver[level] = 0
        continue
      }
      if (chosen < 0) chosen = level
      else if (++this.#passedOver[level]! >= AGEING_LIMIT && this.#passedOver[chosen]! < AGEING_LIMIT)
        chosen = level
    }
    this.#passedOver[chosen] = 0
    return chosen
  }
}
