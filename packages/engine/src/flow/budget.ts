/**
 * A number of bytes that many share. A session's budget may stand on one of the process: what is taken from the one is
 * taken from both.
 */
export class Budget {
  readonly limit: number
  #parent: Budget | undefined
  #used = 0

  /** @param limit bytes */
  constructor(limit: number, parent?: Budget) {
    this.limit = limit
    this.#parent = parent
  }

  get used(): number {
    return this.#used
  }

  /** Nothing is left, here or above. */
  get isSpent(): boolean {
    return this.#used >= this.limit || (this.#parent?.isSpent ?? false)
  }

  /** Takes `bytes` if there is that much left. @returns whether it did. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false
    if (this.#parent !== undefined && !this.#parent.take(bytes)) return false
    this.#used += bytes
    return true
  }

  /** Takes `bytes` in any case: for what is here already. {@link isSpent} tells when it was too much. */
  charge(bytes: number): void {
    this.#used += bytes
    this.#parent?.charge(bytes)
  }

  give(bytes: number): void {
    this.#used -= bytes
    this.#parent?.give(bytes)
  }

  /** Gives back all that was taken from above, and stands alone from now on. */
  leave(): void {
    this.#parent?.give(this.#used)
    this.#parent = undefined
  }
}
