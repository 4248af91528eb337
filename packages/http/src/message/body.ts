/** A message's body as it comes: bytes with back-pressure, held to the length its head announced, and the trailers. */
import { type Bytes, type ErrorCode, HeaderFields, type MuxStream, PlexusError } from '@plexus/contract'
import { HeadFault, readTrailers } from './heads.js'
import { quiet } from './quiet.js'

export interface BodyOptions {
  /** Bytes that `content-length` announced (S05); undefined: as many as come. */
  readonly length: number | undefined
  /** The message has none whatever its fields say: an answer to HEAD, 204, 304. Bytes that come all the same are a fault. */
  readonly isBare?: boolean
  /** Somebody wants of it, and nothing is there yet. */
  readonly onWait?: (() => void) | undefined
}

/**
 * Read it once: by `read()`, by iteration, or whole by `bytes()` and `text()`. Not reading holds the peer back.
 *
 * A body that is shorter or longer than announced, or has trailers that may not be, is an error of the peer, never a
 * success: `read()` rejects with PROTOCOL_ERROR and the stream is reset.
 */
export class Body implements AsyncIterable<Bytes> {
  /** Bytes announced; undefined if the head does not say. */
  readonly length: number | undefined
  /** Bytes read so far. */
  received = 0
  /** Why it is no good, if it is the peer's fault: too short, too long, trailers that may not be. */
  fault: PlexusError | undefined

  readonly #stream: MuxStream
  readonly #most: number
  readonly #onWait: (() => void) | undefined
  #reading: Promise<Bytes | undefined> | undefined
  #isGivenUp = false
  /** It was read to its end, trailers and all. */
  #isOver = false
  #trailers: Promise<HeaderFields> | undefined

  constructor(stream: MuxStream, options: BodyOptions) {
    this.#stream = stream
    this.length = options.length
    this.#onWait = options.onWait
    this.#most = options.isBare ? 0 : (options.length ?? Number.POSITIVE_INFINITY)
  }

  /**
   * The next bytes; undefined at the end. One call at a time. Rejects if the stream is reset, the length is not what was
   * announced, or the body was given up.
   */
  read(): Promise<Bytes | undefined> {
    if (this.#isGivenUp)
      return quiet(Promise.reject(this.#error('a body that is read, it was given up', 'CANCEL')))
    const there = this.#stream.poll()
    // What is there and may be is told without a step in between: most bodies are one piece.
    if (there !== undefined && this.received + there.length <= this.#most) {
      this.received += there.length
      return (this.#reading = Promise.resolve(there))
    }
    return (this.#reading = quiet(this.#read(there)))
  }

  /** Everything that is left. Rejects with ENHANCE_YOUR_CALM, and resets the stream, above `limit` bytes (default 16 MiB). */
  bytes(limit = 16 * 1024 * 1024): Promise<Bytes> {
    return quiet(this.#readAll(limit))
  }

  /** Everything that is left, as UTF-8; see {@link bytes}. */
  text(limit?: number): Promise<string> {
    return quiet(this.bytes(limit).then((bytes) => new TextDecoder().decode(bytes)))
  }

  /**
   * Nobody wants the rest: it is read and dropped, so that a peer that is still sending comes to its end. Above `limit`
   * bytes (default 1 MiB) the stream is reset with CANCEL instead. Settles when the body is over, and never rejects.
   */
  async discard(limit = 1024 * 1024): Promise<void> {
    if (this.#isGivenUp || this.#isOver) return
    this.#isGivenUp = true
    try {
      await this.#reading
      let size = 0
      while (size <= limit) {
        const chunk = this.#stream.poll() ?? (await this.#stream.read())
        if (chunk === undefined) return
        size += chunk.length
      }
      this.#stream.reset('CANCEL')
    } catch {
      // It is over all the same.
    }
  }

  async #read(there: Bytes | undefined): Promise<Bytes | undefined> {
    if (there === undefined) this.#onWait?.()
    const bytes = there ?? (await this.#stream.read())
    this.received += bytes?.length ?? 0
    if (this.received > this.#most) throw this.#fail(`at most ${this.#most} bytes of body, more came`)
    if (bytes !== undefined) return bytes
    if (this.#most !== Number.POSITIVE_INFINITY && this.received < this.#most)
      throw this.#fail(`${this.#most} bytes of body, ${this.received} came`)
    // With the end all trailers have come: some that may not be make it no good, whoever looks at them (S03). A reset behind
    // the end, of what goes the other way, does not.
    await this.trailers.catch(() => {})
    if (this.fault !== undefined) throw this.fault
    this.#isOver = true
    return undefined
  }

  async #readAll(limit: number): Promise<Bytes> {
    const chunks: Bytes[] = []
    let size = 0
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      size += chunk.length
      if (size > limit) throw this.#fail(`at most ${limit} bytes of body, more came`, 'ENHANCE_YOUR_CALM')
      chunks.push(chunk)
    }
    const whole = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  /**
   * The fields behind the body, when its end has come; none is no error. Settles only when the body was read or the
   * stream is over; rejects if it is reset before, or for trailers that may not be.
   */
  get trailers(): Promise<HeaderFields> {
    return (this.#trailers ??= quiet(this.#readTrailers()))
  }

  [Symbol.asyncIterator](): AsyncIterator<Bytes> {
    return {
      next: async () => {
        const value = await this.read()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
      return: async () => ({ done: true, value: undefined }),
    }
  }

  async #readTrailers(): Promise<HeaderFields> {
    const flat: string[] = []
    for (;;) {
      const block = await this.#stream.readHeaders()
      if (block === undefined) return HeaderFields.fromFlat(flat)
      const trailers = readTrailers(block)
      if (trailers instanceof HeadFault) throw this.#fail(trailers.message.replace(/^expected /, ''))
      flat.push(...trailers.flat)
    }
  }

  #fail(expected: string, code: 'PROTOCOL_ERROR' | 'ENHANCE_YOUR_CALM' = 'PROTOCOL_ERROR'): PlexusError {
    this.fault = this.#error(expected, code)
    this.#stream.reset(code)
    return this.fault
  }

  #error(expected: string, code: ErrorCode): PlexusError {
    return new PlexusError(`expected ${expected}`, {
      scope: 'stream',
      code,
      blame: code === 'CANCEL' ? 'application' : 'peer',
      streamId: this.#stream.id,
    })
  }
}
