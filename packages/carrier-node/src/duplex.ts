import { Duplex } from 'node:stream'
import { type Bytes, type ErrorCode, type MuxStream, PlexusError } from '@plexus/contract'

/**
 * A stream of a session as a Node Duplex, with both halves their own: the peer's end is the end of the readable,
 * `end()` is our half-close. Back-pressure goes through both ways. Destroying it before its time resets the stream; a
 * stream that fails destroys it with the same {@link PlexusError}. Chunks that are written must not be changed later.
 */
export function toDuplex(stream: MuxStream): Duplex {
  return new MuxDuplex(stream)
}

type Done = (error?: Error | null) => void

class MuxDuplex extends Duplex {
  readonly #stream: MuxStream
  #isReading = false

  constructor(stream: MuxStream) {
    super({ allowHalfOpen: true })
    this.#stream = stream
    stream.closed.then((error) => {
      if (error !== undefined) this.destroy(error)
    })
  }

  override _read(): void {
    if (this.#isReading) return
    let hasPushed = false
    for (let bytes = this.#stream.poll(); bytes !== undefined; bytes = this.#stream.poll()) {
      hasPushed = true
      if (!this.push(bytes)) return
    }
    // What was pushed brings us back here when it is read.
    if (hasPushed) return
    this.#isReading = true
    this.#stream.read().then(
      (bytes) => {
        this.#isReading = false
        this.push(bytes ?? null)
      },
      (error: Error) => this.destroy(error),
    )
  }

  override _write(chunk: Bytes, _encoding: BufferEncoding, done: Done): void {
    this.#stream.write(chunk).then(() => done(), done)
  }

  override _writev(writes: { chunk: Bytes }[], done: Done): void {
    const last = writes.length - 1
    for (let i = 0; i < last; i++) this.#stream.write(writes[i]!.chunk)
    this.#stream.write(writes[last]!.chunk).then(() => done(), done)
  }

  override _final(done: Done): void {
    this.#stream.close().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: Done): void {
    const hasEnded = this.readableEnded && this.writableFinished
    if (!hasEnded && this.#stream.state !== 'closed') this.#stream.reset(codeOf(error))
    done(error)
  }
}

function codeOf(error: Error | null): ErrorCode {
  if (error === null || error.name === 'AbortError') return 'CANCEL'
  return error instanceof PlexusError ? error.code : 'INTERNAL_ERROR'
}
