import type { Budget } from './budget.js'

/** A window that is refilled in less than this many round trips is too small for its reader. */
const ROUND_TRIPS = 2

/**
 * Credit is worth a frame when it is this part of the window. With a half, one stream over loopback stood still a fifth
 * of the time: what is on its way must cover the way of the credit.
 */
const CREDIT_PARTS = 4

/**
 * How much the peer may still send, and when it is told of more.
 *
 * 1. `take` charges what arrives; a charge past the grant is the peer's fault, found by the head of a frame.
 * 2. `release` notes what was read. Credit goes out when what was read amounts to a quarter of the window: never a frame for
 *    a few bytes, never a reader that starves the peer.
 * 3. If a quarter of a window was read within {@link ROUND_TRIPS} round trips, the window is what limits the peer, and it
 *    doubles, as far as its own limit and the budget go.
 * 4. Under pressure (the budget is spent) credit is held back until the window is its first size again.
 */
export class ReceiveWindow {
  /** Size we aim at, bytes. */
  target: number

  readonly #first: number
  readonly #limit: number
  readonly #budget: Budget
  /** Bytes the peer may still send. */
  #granted: number
  /** Bytes read and not yet announced. */
  #released = 0
  #announcedAt = Number.NEGATIVE_INFINITY

  /** @param first bytes granted from the start @param limit bytes it may grow to, growth taken from `budget` */
  constructor(first: number, limit: number, budget: Budget) {
    this.target = first
    this.#first = first
    this.#limit = limit
    this.#budget = budget
    this.#granted = first
  }

  get granted(): number {
    return this.#granted
  }

  /** @returns false if the peer sent more than it may. */
  take(bytes: number): boolean {
    this.#granted -= bytes
    return this.#granted >= 0
  }

  /** Gives `bytes` back after they were read. @returns the credit to announce now, 0 for none yet. */
  release(bytes: number, now: number, roundTripMs: number): number {
    this.#released += bytes
    if (this.#released * CREDIT_PARTS < this.target) return 0
    if (this.#budget.isSpent) {
      this.#shrink()
      if (this.#released * CREDIT_PARTS < this.target) return 0
    } else if (now - this.#announcedAt < roundTripMs * ROUND_TRIPS) this.#grow()
    this.#announcedAt = now
    return this.#announce()
  }

  /** Widens the window at once, e.g. a session's at its start. @returns the credit to announce. */
  widen(target: number): number {
    const more = target - this.target
    if (more <= 0 || !this.#budget.take(more)) return 0
    this.target = target
    this.#released += more
    return this.#announce()
  }

  /** The stream is over: growth goes back to the budget. */
  close(): void {
    this.#budget.give(this.target - this.#first)
    this.target = this.#first
  }

  #grow(): void {
    const more = Math.min(this.target, this.#limit - this.target)
    if (more <= 0 || !this.#budget.take(more)) return
    this.target += more
    this.#released += more
  }

  #shrink(): void {
    const less = Math.min(this.target - this.#first, this.#released)
    if (less <= 0) return
    this.target -= less
    this.#released -= less
    this.#budget.give(less)
  }

  #announce(): number {
    const credit = this.#released
    this.#released = 0
    this.#granted += credit
    return credit
  }
}
