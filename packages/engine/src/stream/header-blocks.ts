import type { HeaderFields } from '@plexus/contract'
import { Deferred } from '../settle.js'

const NOTHING_MORE: Promise<undefined> = Promise.resolve(undefined)

/** Header updates of the peer that nobody has read, in order, and whoever waits for the next. */
export class HeaderBlocks {
  readonly #limit: number
  readonly #unread: HeaderFields[] = []
  #reader: Deferred<HeaderFields | undefined> | undefined
  #isOver = false
  #failure: unknown

  /** @param limit blocks that may be unread */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns false if one more is too many. */
  take(headers: HeaderFields): boolean {
    if (this.#reader !== undefined) {
      this.#reader.resolve(headers)
      this.#reader = undefined
      return true
    }
    return this.#unread.push(headers) <= this.#limit
  }

  /** The next block; undefined after the end. */
  read(): Promise<HeaderFields | undefined> {
    const block = this.#unread.shift()
    if (block !== undefined) return Promise.resolve(block)
    if (!this.#isOver) return (this.#reader ??= new Deferred()).promise
    if (this.#failure === undefined) return NOTHING_MORE
    const failed = new Deferred<undefined>()
    failed.reject(this.#failure)
    return failed.promise
  }

  /** No more blocks come: because of `failure`, or because the peer has ended. The first word counts. */
  end(failure?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    if (failure === undefined) this.#reader?.resolve(undefined)
    else this.#reader?.reject(failure)
  }
}
