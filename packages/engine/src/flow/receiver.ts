import type { Limits, Traits } from '@plexus/contract'
import type { Stream } from '../stream/mux-stream.js'
import { Budget } from './budget.js'
import { ReceiveWindow } from './receive-window.js'

/** Assumed round trip while none was measured, ms. */
const UNMEASURED_MS = 25

/** A session's window is widened to this at its start, bytes: many streams share it. */
const SESSION_START = 1024 * 1024

export interface ReceiverOptions {
  readonly traits: Traits
  readonly limits: Limits
  /** The process's budget, if it has one. */
  readonly budget: Budget | undefined
  /** Tells the peer of `credit` bytes for stream `id`, 0 for the session. */
  grant(id: number, credit: number): void
  /** What is unread is too much for a wire without windows, or no longer is. */
  hold(): void
  release(): void
}

/**
 * The receiving side of flow control, for all streams of a session. What arrives is charged to the stream and to the
 * session; what is read is given back to both. Bytes for streams that are gone are given back at once, or the session
 * would starve.
 */
export class Receiver {
  /** Received and unread, all streams, bytes. */
  readonly unread: Budget
  roundTripMs = UNMEASURED_MS

  readonly #options: ReceiverOptions
  readonly #session: ReceiveWindow
  /** What windows may grow by. */
  readonly #growth: Budget
  #isHolding = false

  constructor(options: ReceiverOptions) {
    const { traits, limits, budget } = options
    this.#options = options
    this.unread = new Budget(limits.sessionReceive, budget)
    this.#growth = new Budget(limits.sessionReceive)
    this.#session = new ReceiveWindow(
      traits.initialSessionWindow,
      limits.sessionReceive,
      new Budget(limits.sessionReceive),
    )
  }

  /** Sends the first credit for the session. */
  start(): void {
    const { traits, limits } = this.#options
    if (!traits.sessionWindow) return
    const credit = this.#session.widen(Math.min(SESSION_START, limits.sessionReceive))
    if (credit > 0) this.#options.grant(0, credit)
  }

  /** A window for a new stream. */
  window(): ReceiveWindow {
    const { traits, limits } = this.#options
    return new ReceiveWindow(traits.initialStreamWindow, limits.streamReceive, this.#growth)
  }

  /** The head of a data frame is here. @returns the window it exceeds, if one. */
  charge(stream: Stream | undefined, bytes: number): 'overStreamWindow' | 'overSessionWindow' | undefined {
    const { traits } = this.#options
    if (traits.sessionWindow && !this.#session.take(bytes)) return 'overSessionWindow'
    if (traits.streamWindow && stream !== undefined && !stream.receiveWindow.take(bytes))
      return 'overStreamWindow'
    return undefined
  }

  /** Bytes went into an inbox. @returns true if its stream should be held: it has all that it may. */
  keep(stream: Stream, bytes: number): boolean {
    this.unread.charge(bytes)
    this.#makeRoom()
    if (!this.#options.traits.streamWindow && this.unread.isSpent && !this.#isHolding) {
      this.#isHolding = true
      this.#options.hold()
    }
    return this.isFull(stream)
  }

  /** Whoever does not read leaves the others their share: the session's window grows with what is unread (B09). */
  #makeRoom(): void {
    const { traits, limits, grant } = this.#options
    const { granted, target } = this.#session
    if (!traits.sessionWindow || granted > traits.initialStreamWindow) return
    if (this.unread.used * 2 < target || this.unread.isSpent) return
    const credit = this.#session.widen(Math.min(target * 2, limits.sessionReceive))
    if (credit > 0) grant(0, credit)
  }

  /** The stream has all that it may: its peer waits for the reader. */
  isFull(stream: Stream): boolean {
    const { traits, limits } = this.#options
    return traits.streamWindow ? stream.receiveWindow.granted <= 0 : stream.inbox.size >= limits.streamReceive
  }

  /** Bytes that went into an inbox were read or dropped. */
  giveBack(stream: Stream, bytes: number, now: number): void {
    this.unread.give(bytes)
    const { used, limit, isSpent } = this.unread
    // With nothing unread of our own there is nothing to wait for, whatever others hold of the process's budget.
    if (this.#isHolding && (used === 0 || (used * 2 <= limit && !isSpent))) {
      this.#isHolding = false
      this.#options.release()
    }
    this.creditSession(bytes, now)
    if (stream.inbox.gate === 'open') this.creditStream(stream, bytes, now)
  }

  /** Bytes that reached no inbox: of a stream that is gone, or padding. */
  creditSession(bytes: number, now: number): void {
    if (!this.#options.traits.sessionWindow || bytes === 0) return
    const credit = this.#session.release(bytes, now, this.roundTripMs)
    if (credit > 0) this.#options.grant(0, credit)
  }

  creditStream(stream: Stream, bytes: number, now: number): void {
    if (!this.#options.traits.streamWindow || bytes === 0) return
    const credit = stream.receiveWindow.release(bytes, now, this.roundTripMs)
    if (credit > 0) this.#options.grant(stream.id, credit)
  }
}
