import { type Bytes, type HeaderFields, NO_BYTES } from '@plexus/contract'

/** Headers that take their place among the bytes: updates and trailers. */
export interface HeadersItem {
  readonly headers: HeaderFields
  readonly end: boolean
}

type Item = Bytes | HeadersItem

/** Bytes that are written and not sent yet, in order, and the end behind them. */
export class Outbox {
  /** Bytes held. */
  size = 0
  /** Set by the chart: before the opening frame and after the end nothing is pulled. */
  isOpen = false
  /** The application has said its last word. */
  isEnding = false

  #items: Item[] = NONE
  #head = 0
  /** Bytes of the first item that are sent already. */
  #sent = 0
  /** The end goes in a frame of its own, or with the last bytes. */
  #owesEnd = false

  /** There is something to pull: bytes, headers, or an end. */
  get hasMore(): boolean {
    return this.#head < this.#items.length || this.#owesEnd
  }

  /** What is next needs no window: headers, or an empty end. */
  get isFree(): boolean {
    return this.#head === this.#items.length || !(this.#items[this.#head] instanceof Uint8Array)
  }

  push(bytes: Bytes): void {
    if (bytes.length === 0) return
    this.#add(bytes)
    this.size += bytes.length
  }

  pushHeaders(item: HeadersItem): void {
    this.#add(item)
    if (item.end) this.isEnding = true
  }

  end(): void {
    this.isEnding = true
    this.#owesEnd = true
  }

  /** Takes out the headers that are next; undefined if bytes are. */
  shiftHeaders(): HeadersItem | undefined {
    const item = this.#items[this.#head]
    if (item === undefined || item instanceof Uint8Array) return undefined
    this.#advance()
    return item
  }

  /** Takes out up to `max` bytes of what is next, as a view; {@link takeEnd} tells whether the end goes with them. */
  slice(max: number): Bytes {
    const item = this.#items[this.#head]
    if (!(item instanceof Uint8Array)) return NO_BYTES
    const left = item.length - this.#sent
    if (left <= max) {
      const view = this.#sent === 0 ? item : item.subarray(this.#sent)
      this.#advance()
      this.size -= left
      return view
    }
    const view = item.subarray(this.#sent, this.#sent + max)
    this.#sent += max
    this.size -= max
    return view
  }

  /** Nothing is behind what was pulled last but the end, which is taken with it. */
  takeEnd(): boolean {
    if (!this.#owesEnd || this.#head < this.#items.length) return false
    this.#owesEnd = false
    return true
  }

  /** Drops what is unsent. @returns how many bytes that was. */
  drop(): number {
    const dropped = this.size
    this.#items = NONE
    this.#head = 0
    this.#sent = 0
    this.#owesEnd = false
    this.size = 0
    return dropped
  }

  #add(item: Item): void {
    if (this.#items === NONE) this.#items = []
    this.#items.push(item)
  }

  #advance(): void {
    this.#items[this.#head] = NO_BYTES
    this.#head += 1
    this.#sent = 0
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
  }
}

/** Shared by all outboxes that never held anything. */
const NONE: Item[] = []
