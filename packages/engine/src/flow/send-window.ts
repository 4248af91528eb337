/** The part of a stream's window that all streams of a session share: what the peer's settings say. */
export interface WindowBase {
  /** Bytes. */
  initial: number
  /** No window is further above `initial` than this, bytes. */
  highest: number
}

/**
 * How much we may still send: signed, because settings can take back what was granted already.
 *
 * A window is `base.initial + offset`. The base is one object for all streams, so a settings change is one assignment
 * however many streams there are (H06).
 */
export class SendWindow {
  readonly #base: WindowBase
  #offset = 0

  constructor(base: WindowBase) {
    this.#base = base
  }

  /** Bytes; zero or less means that nothing but an empty end may go out. */
  get available(): number {
    return this.#base.initial + this.#offset
  }

  take(bytes: number): void {
    this.#offset -= bytes
  }

  /** Adds credit. @returns false, and changes nothing, if the window would pass `max`. */
  add(bytes: number, max: number): boolean {
    if (this.available + bytes > max) return false
    this.#offset += bytes
    if (this.#offset > this.#base.highest) this.#base.highest = this.#offset
    return true
  }
}
