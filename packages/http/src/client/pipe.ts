/** Two ends of a pipe inside the process, as sockets are: what one writes the other reads, with back-pressure. */
import { Duplex } from 'node:stream'

/**
 * Node's own `duplexPair` forgets a write that is read inside `push`: then nothing comes any more.
 *
 * An end that is destroyed before it has ended takes the other along; after its end what it wrote stays readable.
 */
export function pipe(): [Duplex, Duplex] {
  const [one, other] = [new PipeEnd(), new PipeEnd()]
  one.far = other
  other.far = one
  return [one, other]
}

class PipeEnd extends Duplex {
  far!: PipeEnd
  /** The far end's write, which is over when we read on. */
  #onRead: (() => void) | undefined

  override _read(): void {
    const goOn = this.#onRead
    this.#onRead = undefined
    goOn?.()
  }

  override _write(bytes: Buffer, _: BufferEncoding, callback: () => void): void {
    this.far.#take(bytes, callback)
  }

  override _final(callback: () => void): void {
    if (!this.far.destroyed) this.far.push(null)
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this._read()
    if (!this.writableFinished) this.far.destroy()
    callback(error)
  }

  #take(bytes: Buffer, callback: () => void): void {
    // Nobody reads it: as with a socket, its writer hears of that otherwise.
    if (this.destroyed) return callback()
    this.#onRead = () => process.nextTick(callback)
    if (this.push(bytes)) this._read()
  }
}
