import type { Limits, Traits } from '@plexus/contract'
import type { Stream } from '../stream/mux-stream.js'
import { Budget } from './budget.js'
import { ReceiveWindow, type WindowTerms } from './receive-window.js'

/** Assumed round trip while none was measured, ms. */
const UNMEASURED_MS = 25

/** Nearer than this no peer is, ms: processes that share a machine wake each other no sooner when it is busy. */
const NEAREST_MS = 2

/** A round trip is measured anew when one is needed and the last is older than this, ms. */
const MEASURE_EVERY_MS = 10_000

/** A stream whose reader keeps up may have so many times {@link Limits.streamReceive}, if as much can be lent. */
const LENT_TIMES = 4

/** A session's window is widened to this at its start, bytes: many streams share it. */
const SESSION_START = 1024 * 1024

export interface ReceiverOptions {
  readonly traits: Traits
  readonly limits: Limits
  /** The process's budget, if it has one. */
  readonly budget: Budget | undefined
  /** Tells the peer of `credit` bytes for stream `id`, 0 for the session. */
  grant(id: number, credit: number): void
  /** Asks for a round trip to be measured. */
  measure(): void
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

  readonly #options: ReceiverOptions
  readonly #session: ReceiveWindow
  /** What the streams' windows have in common. */
  readonly #terms: WindowTerms
  #roundTripMs = UNMEASURED_MS
  #measureAt = Number.NEGATIVE_INFINITY
  #isHolding = false

  constructor(options: ReceiverOptions) {
    const { traits, limits, budget } = options
    this.#options = options
    this.unread = new Budget(limits.sessionReceive, budget)
    const growth = new Budget(limits.sessionReceive)
    this.#terms = {
      first: traits.initialStreamWindow,
      limit: limits.streamReceive,
      peak: limits.streamReceive * LENT_TIMES,
      growth,
      lent: new Budget(limits.receiveLent, growth),
      pressure: this.unread,
    }
    const own = new Budget(limits.sessionReceive)
    this.#session = new ReceiveWindow({
      first: traits.initialSessionWindow,
      limit: limits.sessionReceive,
      peak: limits.sessionReceive,
      growth: own,
      lent: own,
      pressure: own,
    })
  }

  /** A round trip took so long, ms. */
  set roundTripMs(ms: number) {
    this.#roundTripMs = Math.max(ms, NEAREST_MS)
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
    return new ReceiveWindow(this.#terms)
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
    const credit = this.#session.release(bytes, now, this.#roundTripMs)
    if (credit > 0) this.#options.grant(0, credit)
  }

  creditStream(stream: Stream, bytes: number, now: number): void {
    if (!this.#options.traits.streamWindow || bytes === 0) return
    const { receiveWindow: window } = stream
    const size = window.target
    const credit = window.release(bytes, now, this.#roundTripMs)
    if (credit === 0) return
    this.#options.grant(stream.id, credit)
    if (window.target > size) this.#measure(now)
  }

  /** A window grew: by a guess, until it is known how far the peer is. */
  #measure(now: number): void {
    if (now < this.#measureAt) return
    this.#measureAt = now + MEASURE_EVERY_MS
    this.#options.measure()
  }
}
