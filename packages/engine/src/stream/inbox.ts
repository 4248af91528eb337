import { type Bytes, NO_BYTES } from '@plexus/contract'

/** What may come in: set by the entry actions of the stream's chart. */
export type InboxGate = 'awaitingReply' | 'open' | 'ended' | 'shut'

/** What became of a piece of data. */
export type InboxVerdict = 'quiet' | 'wake' | 'dataBeforeReply' | 'dataAfterEnd'

/**
 * A view that must wait and is a smaller part of its chunk than this is copied, because it would keep the chunk alive:
 * what is held is never more than so many times what is counted (L10).
 */
const PINS_AT_MOST = 8

/** Bytes that came and are not read yet, in order, as the views they came in. */
export class Inbox {
  gate: InboxGate = 'shut'
  /** Bytes held. */
  size = 0
  /** Someone waits for the next bytes. */
  hasReader = false
  /** The turn in which the oldest unread bytes came. */
  filledIn = 0
  /** What unread small frames fell short by, bytes (L06). */
  shortfall = 0

  #chunks: Bytes[] = NONE
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#chunks.length
  }

  /** Nothing more comes, and everything is read. */
  get isFinished(): boolean {
    return this.gate === 'ended' && this.isEmpty
  }

  /** Bytes of an earlier turn are unread: the reader had its chance and is behind. */
  isBehind(turn: number): boolean {
    return !this.isEmpty && this.filledIn !== turn
  }

  /** Judges a piece and keeps it if the gate is open. `wake` once per wait: `recvData` is a flag (DM-6). */
  take(payload: Bytes, turn = 0): InboxVerdict {
    if (this.gate !== 'open') {
      if (this.gate === 'awaitingReply') return 'dataBeforeReply'
      return 'dataAfterEnd'
    }
    if (payload.length === 0) return 'quiet'
    this.size += payload.length
    if (this.isEmpty) this.filledIn = turn
    const wake = this.hasReader && this.isEmpty
    const pins = !wake && payload.length * PINS_AT_MOST < payload.buffer.byteLength
    const kept = pins ? payload.slice() : payload
    // One piece is the rule: a literal has room for it, where `push` makes room for seventeen.
    if (this.#chunks.length === 0) this.#chunks = [kept]
    else this.#chunks.push(kept)
    return wake ? 'wake' : 'quiet'
  }

  /** The next piece; undefined if there is none. */
  shift(): Bytes | undefined {
    if (this.isEmpty) return undefined
    const chunk = this.#chunks[this.#head]!
    this.#chunks[this.#head] = NO_BYTES
    this.#head += 1
    if (this.#head === this.#chunks.length) {
      this.#chunks = NONE
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#head)
      this.#head = 0
    }
    this.size -= chunk.length
    return chunk
  }

  /** Drops what is unread. @returns how many bytes that was. */
  drop(): number {
    const dropped = this.size
    this.#chunks = NONE
    this.#head = 0
    this.size = 0
    return dropped
  }
}

/** Shared by all inboxes that hold nothing. */
const NONE: Bytes[] = []
