/** An answer written down: what a handler, or a whole exchange, left behind (AM-9). */
import { type Bytes, HeaderFields, type HeadersInit } from '@plexus/contract'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Its status is 200 until somebody says otherwise; the first `writeHeader` counts, and the first `write` implies 200. Writing
 * never fails. Header list and body are made when there is something to put in them.
 */
export class ResponseRecorder {
  #status = 200
  #isHeadWritten = false
  #flat: string[] | undefined
  #headers: HeaderFields | undefined
  #chunks: Bytes[] | undefined
  #size = 0

  /** Of the answer: 200 if nothing was said. */
  get status(): number {
    return this.#status
  }

  /** A head was written, in so many words or by writing. */
  get isHeadWritten(): boolean {
    return this.#isHeadWritten
  }

  /** Fields so far; those that come after the head do not count. */
  get headers(): HeaderFields {
    if (this.#flat === undefined) return HeaderFields.NONE
    return (this.#headers ??= HeaderFields.fromFlat(this.#flat))
  }

  /** Bytes of body so far. */
  get size(): number {
    return this.#size
  }

  /** The body so far, in one piece; the same object until more is written. */
  get body(): Bytes {
    if (this.#chunks === undefined) return NO_BYTES
    if (this.#chunks.length > 1) this.#chunks = [joined(this.#chunks, this.#size)]
    return this.#chunks[0]!
  }

  /** The body so far, as UTF-8. */
  text(): string {
    return decoder.decode(this.body)
  }

  /** Adds fields to the head; without effect after it. */
  addHeaders(headers: HeadersInit): void {
    if (this.#isHeadWritten) return
    this.#headers = undefined
    for (const text of HeaderFields.from(headers).flat) (this.#flat ??= []).push(text)
  }

  /** The first call counts, later ones are ignored. */
  writeHeader(status: number, headers?: HeadersInit): void {
    if (this.#isHeadWritten) return
    if (headers !== undefined) this.addHeaders(headers)
    this.#status = status
    this.#isHeadWritten = true
  }

  /** @returns bytes taken: all of them */
  write(bytes: Bytes | string): number {
    this.writeHeader(200)
    const chunk = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
    if (chunk.length > 0) (this.#chunks ??= []).push(chunk)
    this.#size += chunk.length
    return chunk.length
  }
}

const NO_BYTES: Bytes = new Uint8Array(0)

function joined(chunks: readonly Bytes[], size: number): Bytes {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
