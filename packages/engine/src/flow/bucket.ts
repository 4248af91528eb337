import type { Clock } from '@plexus/contract'

/** Tokens that run out when spent faster than they come back. */
export class Bucket {
  readonly name: string
  readonly #clock: Clock
  readonly #burst: number
  readonly #perMs: number
  #tokens: number
  #at: number

  /** @param burst tokens at the start and at most @param perSecond tokens that come back in a second */
  constructor(name: string, burst: number, perSecond: number, clock: Clock) {
    this.name = name
    this.#clock = clock
    this.#burst = burst
    this.#perMs = perSecond / 1000
    this.#tokens = burst
    this.#at = clock.now()
  }

  /** @returns false if there was no token left. */
  spend(): boolean {
    this.#refill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #refill(): void {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs)
    this.#at = now
  }
}
