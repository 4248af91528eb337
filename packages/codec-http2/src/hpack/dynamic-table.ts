import type { TableEntry } from './table-entry.js'

/** Slots of a table that holds something; it doubles as entries come. */
const FIRST_SLOTS = 16

/**
 * The dynamic table (RFC 7541 §2.3.2): first in, first out, bounded by the sum of what its entries count.
 *
 * Entries lie in a ring and are numbered as they come, so that inserting, evicting and looking up are constant work
 * however full it is. The ring grows with what is in it, never by a size that a peer announced.
 */
export class DynamicTable<Entry extends TableEntry = TableEntry> {
  /** What the entries may count in sum, bytes (§4.2). */
  capacity: number
  /** What they count, bytes. */
  size = 0
  /** How many entries there are. */
  length = 0
  /** How many were ever inserted: the number of the entry that comes next. */
  insertions = 0

  readonly #onEvict: ((evicted: Entry) => void) | undefined
  #ring: (Entry | undefined)[] = []
  #mask = -1

  /** @param onEvict is told of each entry that leaves */
  constructor(capacity: number, onEvict?: (evicted: Entry) => void) {
    this.capacity = capacity
    this.#onEvict = onEvict
  }

  /** The entry that came `age` insertions ago, 0 being the newest; undefined where there is none. */
  get(age: number): Entry | undefined {
    return age < this.length ? this.#ring[(this.insertions - 1 - age) & this.#mask] : undefined
  }

  /** Makes room by evicting the oldest, then takes `entry` in. One larger than the table empties it (§4.4). */
  insert(entry: Entry): void {
    this.#evictTo(this.capacity - entry.size)
    if (entry.size > this.capacity) return
    if (this.length > this.#mask) this.#grow()
    this.#ring[this.insertions++ & this.#mask] = entry
    this.length++
    this.size += entry.size
  }

  /** Changes the capacity, evicting what no longer fits (§4.3). */
  resize(capacity: number): void {
    this.capacity = capacity
    this.#evictTo(capacity)
  }

  /** The entries, newest first. */
  *[Symbol.iterator](): Iterator<Entry> {
    for (let age = 0; age < this.length; age++) yield this.get(age)!
  }

  #evictTo(size: number): void {
    while (this.size > size && this.length > 0) {
      const slot = (this.insertions - this.length) & this.#mask
      const evicted = this.#ring[slot]!
      this.#ring[slot] = undefined
      this.length--
      this.size -= evicted.size
      this.#onEvict?.(evicted)
    }
  }

  #grow(): void {
    const slots = Math.max(FIRST_SLOTS, this.#ring.length * 2)
    const ring = new Array<Entry | undefined>(slots).fill(undefined)
    for (let age = 0; age < this.length; age++)
      ring[(this.insertions - 1 - age) & (slots - 1)] = this.get(age)
    this.#ring = ring
    this.#mask = slots - 1
  }
}
