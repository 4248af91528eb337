/** What can stand in a {@link StreamQueue}: in one at a time. */
export interface Queued {
  readonly priority: number
  queue: object | undefined
  ahead: Queued | undefined
  behind: Queued | undefined
}

/** First in, first out; leaving from the middle is constant work too, and standing in line allocates nothing. */
export class StreamQueue<T extends Queued> {
  size = 0
  #first: T | undefined
  #last: T | undefined

  get first(): T | undefined {
    return this.#first
  }

  push(item: T): void {
    item.queue = this
    item.ahead = this.#last
    item.behind = undefined
    if (this.#last === undefined) this.#first = item
    else this.#last.behind = item
    this.#last = item
    this.size += 1
  }

  /** Ahead of all that stand here. */
  unshift(item: T): void {
    item.queue = this
    item.ahead = undefined
    item.behind = this.#first
    if (this.#first === undefined) this.#last = item
    else this.#first.ahead = item
    this.#first = item
    this.size += 1
  }

  shift(): T | undefined {
    const item = this.#first
    if (item !== undefined) this.remove(item)
    return item
  }

  remove(item: T): void {
    const { ahead, behind } = item as { ahead: T | undefined; behind: T | undefined }
    if (ahead === undefined) this.#first = behind
    else ahead.behind = behind
    if (behind === undefined) this.#last = ahead
    else behind.ahead = ahead
    item.queue = undefined
    item.ahead = item.behind = undefined
    this.size -= 1
  }
}
