import { type HeaderFields, sizeOfHeaders } from '@plexus/contract'
import type { Budget } from '../flow/budget.js'
import { Deferred, rejected } from '../settle.js'

const NOTHING_MORE: Promise<undefined> = Promise.resolve(undefined)

/** Header updates of the peer that nobody has read, in order, and whoever waits for the next. */
export class HeaderBlocks {
  readonly #limit: number
  readonly #budget: Budget
  readonly #unread: HeaderFields[] = []
  #reader: Deferred<HeaderFields | undefined> | undefined
  /** What of the budget is taken, bytes. */
  #held = 0
  #isOver = false
  #failure: unknown

  /** @param limit blocks that may be unread @param budget bytes that all streams' unread blocks share (H16) */
  constructor(limit: number, budget: Budget) {
    this.#limit = limit
    this.#budget = budget
  }

  /** @returns false if one more is too many, of this stream or of all. */
  take(headers: HeaderFields): boolean {
    if (this.#reader !== undefined) {
      this.#reader.resolve(headers)
      this.#reader = undefined
      return true
    }
    const size = sizeOfHeaders(headers)
    if (this.#unread.length >= this.#limit || !this.#budget.take(size)) return false
    this.#held += size
    this.#unread.push(headers)
    return true
  }

  /** The next block; undefined after the end. */
  read(): Promise<HeaderFields | undefined> {
    const block = this.#unread.shift()
    if (block !== undefined) {
      if (this.#held > 0) this.#giveBack(sizeOfHeaders(block))
      return Promise.resolve(block)
    }
    if (!this.#isOver) return (this.#reader ??= new Deferred()).promise
    return this.#failure === undefined ? NOTHING_MORE : rejected(this.#failure)
  }

  /** No more blocks come: because of `failure`, or because the peer has ended. The first word counts. */
  end(failure?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    if (failure === undefined) this.#reader?.resolve(undefined)
    else this.#reader?.reject(failure)
  }

  /** The stream is over: what is unread can still be read, and weighs on nobody any more. */
  release(failure?: unknown): void {
    this.end(failure)
    this.#giveBack(this.#held)
  }

  #giveBack(bytes: number): void {
    this.#held -= bytes
    this.#budget.give(bytes)
  }
}
