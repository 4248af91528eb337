/** How does a request's body go out? Piece by piece as the stream takes it, held to its length, and then the trailers. */
import type { Bytes, MuxStream, PlexusError } from '@plexus/contract'
import { callersFault } from './faults.js'
import { checkedTrailers, type Outgoing } from './request.js'

const encoder = new TextEncoder()

/**
 * Settles when the end is on its way. Rejects when the body fails, or is not as long as announced: then the stream is
 * reset. Rejects with the stream's end if that comes first; the body is given up.
 *
 * @param onProgress something was taken
 */
export async function sendBody(stream: MuxStream, request: Outgoing, onProgress: () => void): Promise<void> {
  const { body, trailers } = request
  if (body instanceof Uint8Array) {
    await stream.write(body, { end: trailers === undefined })
    onProgress()
  } else if (body !== undefined) {
    await sendPieces(stream, body, request.length, onProgress)
  }
  if (trailers !== undefined) {
    const fields = typeof trailers === 'function' ? await fromCaller(stream, trailers) : trailers
    stream.writeHeaders(fields, { end: true })
  }
  // After the end this only waits for it to be on its way.
  await stream.close()
}

async function sendPieces(
  stream: MuxStream,
  body: Exclude<Outgoing['body'], Bytes | undefined>,
  length: number | undefined,
  onProgress: () => void,
): Promise<void> {
  const source = new Source(stream, body)
  try {
    let sent = 0
    for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
      sent += piece.length
      if (length !== undefined && sent > length) throw failed(stream, `a body of ${length} bytes, got more`)
      await stream.write(piece)
      onProgress()
    }
    if (length !== undefined && sent < length) throw failed(stream, `a body of ${length} bytes, got ${sent}`)
  } finally {
    source.end()
  }
}

async function fromCaller(stream: MuxStream, trailers: Extract<Outgoing['trailers'], () => unknown>) {
  try {
    return checkedTrailers(await trailers())
  } catch (error) {
    throw failed(stream, 'trailers that can be sent, they failed', error)
  }
}

/** The fault is the caller's: nobody should take what was sent for the whole. */
function failed(stream: MuxStream, expected: string, cause?: unknown): PlexusError {
  stream.reset('CANCEL')
  return callersFault(expected, stream, cause)
}

/** The caller's body, which may have nothing to say for a while, and must hear all the same that nobody wants it any more. */
class Source {
  readonly #stream: MuxStream
  readonly #pieces: AsyncIterator<Bytes | string>
  #isDone = false
  /** Why nobody wants it any more. */
  #over: { readonly error: PlexusError | undefined } | undefined
  #onOver: (() => void) | undefined

  constructor(stream: MuxStream, body: AsyncIterable<Bytes | string> | ReadableStream<Bytes | string>) {
    this.#stream = stream
    this.#pieces = 'getReader' in body ? iteratorOf(body) : body[Symbol.asyncIterator]()
    // Once for all pieces: a race for each would leave a reaction with the stream for each.
    void stream.closed.then((error) => {
      this.#over = { error }
      this.#onOver?.()
    })
  }

  /** The next bytes; undefined at the end. Rejects, and resets the stream, when the body fails. */
  async next(): Promise<Bytes | undefined> {
    const next = await this.#pull()
    if (next.done) {
      this.#isDone = true
      return undefined
    }
    const piece = typeof next.value === 'string' ? encoder.encode(next.value) : next.value
    if (piece instanceof Uint8Array) return piece
    throw failed(this.#stream, `a body of bytes or text, got ${typeof piece}`)
  }

  /** It may have a file open. What it says to that is nobody's. */
  end(): void {
    if (this.#isDone) return
    this.#isDone = true
    void Promise.resolve(this.#pieces.return?.()).catch(() => {})
  }

  #pull(): Promise<IteratorResult<Bytes | string, unknown>> {
    return new Promise((resolve, reject) => {
      this.#onOver = () => reject(this.#over!.error ?? callersFault('a stream that is open', this.#stream))
      if (this.#over !== undefined) return this.#onOver()
      this.#pieces.next().then(resolve, (error: unknown) => {
        this.#isDone = true
        if (this.#over !== undefined) return this.#onOver!()
        reject(failed(this.#stream, 'a body that can be read to its end, it failed', error))
      })
    })
  }
}

/** A web stream's own iterator, where there is one, does not cancel while it waits. */
export function iteratorOf(body: ReadableStream<Bytes | string>): AsyncIterator<Bytes | string> {
  const reader = body.getReader()
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}
