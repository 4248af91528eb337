import { type Bytes, type HeaderFields, NO_BYTES } from '@plexus/contract'

/** Headers that take their place among the bytes: updates and trailers. */
export interface HeadersItem {
  readonly headers: HeaderFields
  readonly end: boolean
}

/** Writes below this many bytes are joined while they wait, up to so many together. */
const SMALL = 512
const JOINED = 4096

type Item = Bytes | HeadersItem

/** Bytes that are written and not sent yet, in order, and the end behind them. */
export class Outbox {
  /** Bytes held. */
  size = 0
  /** Set by the chart: before the opening frame and after the end nothing is pulled. */
  isOpen = false
  /** The application has said its last word. */
  isEnding = false
  /** Header blocks that wait among the bytes. */
  headerBlocks = 0

  #items: Item[] = NONE
  #head = 0
  /** Bytes of the first item that are sent already. */
  #sent = 0
  /** The end goes in a frame of its own, or with the last bytes. */
  #owesEnd = false
  /** Small writes put together: the last item, and the room it stands in. */
  #joined: Bytes | undefined
  #room: Bytes = NO_BYTES

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
    this.size += bytes.length
    if (bytes.length >= SMALL || !this.#join(bytes)) this.#add(bytes)
  }

  pushHeaders(item: HeadersItem): void {
    this.headerBlocks += 1
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
    this.headerBlocks -= 1
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
    this.headerBlocks = 0
    this.#items = NONE
    this.#head = 0
    this.#sent = 0
    this.#joined = undefined
    this.#room = NO_BYTES
    this.#owesEnd = false
    this.size = 0
    return dropped
  }

  /**
   * Small writes that wait together leave together: a frame for each would cost more than the copy, here and at the
   * peer, who may count tiny frames (L06). @returns false if there is nothing small to join.
   */
  #join(bytes: Bytes): boolean {
    const last = this.#items.length - 1
    const waiting = this.#items[last]
    if (!(waiting instanceof Uint8Array) || last < this.#head || (last === this.#head && this.#sent > 0))
      return false
    const { length } = waiting
    if (waiting !== this.#joined) {
      if (length >= SMALL) return false
      this.#room = new Uint8Array(JOINED)
      this.#room.set(waiting)
    } else if (length + bytes.length > JOINED) return false
    this.#room.set(bytes, length)
    this.#joined = this.#items[last] = this.#room.subarray(0, length + bytes.length)
    return true
  }

  #add(item: Item): void {
    // One item is the rule: a literal has room for it, where `push` makes room for seventeen.
    if (this.#items.length === 0) this.#items = [item]
    else this.#items.push(item)
  }

  #advance(): void {
    if (this.#items[this.#head] === this.#joined) {
      this.#joined = undefined
      this.#room = NO_BYTES
    }
    this.#items[this.#head] = NO_BYTES
    this.#head += 1
    this.#sent = 0
    if (this.#head === this.#items.length) {
      this.#items = NONE
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
  }
}

/** Shared by all outboxes that hold nothing. */
const NONE: Item[] = []
