import type { Bytes, DataFrame, InFrame } from '@plexus/contract'
import { join } from '../bytes.js'

/** Puts the pieces of a data frame together again, so that a test sees whole frames however the bytes were cut. */
export class Collector {
  readonly #emit: (frame: InFrame) => void
  #first: DataFrame | undefined
  #pieces: Bytes[] = []
  #length = 0

  constructor(emit: (frame: InFrame) => void) {
    this.#emit = emit
  }

  take(frame: InFrame): void {
    if (frame.type !== 'data' || (this.#first !== undefined && this.#first.id !== frame.id))
      this.#flush(false)
    if (frame.type !== 'data') {
      this.#emit(frame)
      return
    }
    this.#first ??= frame
    this.#pieces.push(frame.payload)
    this.#length += frame.payload.length
    // The first piece carries the charge of the whole frame.
    if (frame.end || this.#length >= this.#first.charge - this.#first.padding) this.#flush(frame.end)
  }

  #flush(end: boolean): void {
    const first = this.#first
    if (first === undefined) return
    const payload = join(this.#pieces)
    this.#first = undefined
    this.#pieces = []
    this.#length = 0
    this.#emit({ ...first, payload, end })
  }
}
