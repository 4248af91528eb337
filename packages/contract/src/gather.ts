import type { Bytes } from './bytes.js'

/** First room for what comes in parts; doubles, so that memory follows what came, not what was announced. */
const FIRST_BYTES = 256
/** Room that one large thing needed and that is not kept for the next. */
const KEEP_BYTES = 4096

/** Puts the parts of a frame together that comes in several: what codecs keep between two chunks. */
export class Gather {
  length = 0
  #bytes: Uint8Array<ArrayBuffer> = NOTHING

  /** Valid until the next {@link add} or {@link clear}. */
  get bytes(): Bytes {
    return this.#bytes.subarray(0, this.length)
  }

  add(chunk: Bytes, from: number, to: number): void {
    const size = this.length + to - from
    if (size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST_BYTES, size, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk.subarray(from, to), this.length)
    this.length = size
  }

  clear(): void {
    this.length = 0
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = NOTHING
  }
}

const NOTHING = new Uint8Array(0)
