import type { Budget } from '../flow/budget.js'
import { HeaderBlocks } from './header-blocks.js'

/** Interim replies of one stream, whichever way they go: how many there were, and those of the peer that nobody has read. */
export class Informs {
  readonly blocks: HeaderBlocks
  readonly #limit: number
  #count = 0

  /** @param limit of one stream, read or not (S09) @param budget bytes that all streams' unread blocks share (H16) */
  constructor(limit: number, budget: Budget) {
    this.#limit = limit
    this.blocks = new HeaderBlocks(limit, budget)
  }

  /** One more would not be too many. */
  get mayCount(): boolean {
    return this.#count < this.#limit
  }

  /** @returns false if one more is too many. */
  count(): boolean {
    this.#count += 1
    return this.#count <= this.#limit
  }
}
