import type { Budget } from './budget.js'

/** A window that is refilled in less than this many round trips is too small for its reader. */
const ROUND_TRIPS = 2

/**
 * Credit is worth a frame when it is this part of the window. With a half, one stream over loopback stood still a fifth
 * of the time: what is on its way must cover the way of the credit.
 */
const CREDIT_PARTS = 4

/** A reader that takes longer than this for a credit's worth has not kept up, ms: what was lent is taken back. */
const LENT_MS = 1000

/** What the windows of one kind have in common, bytes and budgets. */
export interface WindowTerms {
  /** Granted from the start. */
  readonly first: number
  /** What it may grow to out of `growth`. */
  readonly limit: number
  /** What it may grow to, beyond its limit, out of `lent`. */
  readonly peak: number
  readonly growth: Budget
  /** Stands on `growth`: what is taken from it is taken from both. */
  readonly lent: Budget
  /** While it is spent, credit is held back. */
  readonly pressure: Budget
}

/**
 * How much the peer may still send, and when it is told of more.
 *
 * 1. `take` charges what arrives; a charge past the grant is the peer's fault, found by the head of a frame.
 * 2. `release` notes what was read. Credit goes out when what was read amounts to a quarter of the window: never a frame for
 *    a few bytes, never a reader that starves the peer.
 * 3. If a quarter of a window was read within {@link ROUND_TRIPS} round trips, the window is what limits the peer, and it
 *    doubles, as far as its limit and the budget go; past the limit what it gets is lent, to be given back by a reader
 *    that no longer keeps up.
 * 4. Under pressure credit is held back until the window is its first size again.
 */
export class ReceiveWindow {
  /** Size we aim at, bytes. */
  target: number

  readonly #terms: WindowTerms
  /** Bytes the peer may still send. */
  #granted: number
  /** Bytes read and not yet announced. */
  #released = 0
  #announcedAt = Number.NEGATIVE_INFINITY

  constructor(terms: WindowTerms) {
    this.#terms = terms
    this.target = terms.first
    this.#granted = terms.first
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
    const elapsed = now - this.#announcedAt
    const { first, limit, pressure } = this.#terms
    if (pressure.isSpent) this.#shrink(first)
    else if (elapsed < roundTripMs * ROUND_TRIPS) this.#grow()
    else if (elapsed > LENT_MS) this.#shrink(Math.max(first, limit))
    if (this.#released * CREDIT_PARTS < this.target) return 0
    this.#announcedAt = now
    return this.#announce()
  }

  /** Widens the window at once, e.g. a session's at its start. @returns the credit to announce. */
  widen(target: number): number {
    const more = target - this.target
    if (more <= 0 || !this.#terms.growth.take(more)) return 0
    this.target = target
    this.#released += more
    return this.#announce()
  }

  /** The stream is over: growth goes back to the budgets. */
  close(): void {
    this.#giveUp(this.target - this.#terms.first)
  }

  #grow(): void {
    const { limit, peak, growth, lent } = this.#terms
    const isAtLimit = this.target >= limit
    const more = Math.min(this.target, (isAtLimit ? peak : limit) - this.target)
    if (more <= 0 || !(isAtLimit ? lent : growth).take(more)) return
    this.target += more
    this.#released += more
  }

  #shrink(floor: number): void {
    const less = Math.min(this.target - floor, this.#released)
    if (less <= 0) return
    this.#giveUp(less)
    this.#released -= less
  }

  #giveUp(bytes: number): void {
    const { limit, growth, lent } = this.#terms
    const ofLent = Math.min(bytes, Math.max(0, this.target - limit))
    lent.give(ofLent)
    growth.give(bytes - ofLent)
    this.target -= bytes
  }

  #announce(): number {
    const credit = this.#released
    this.#released = 0
    this.#granted += credit
    return credit
  }
}
