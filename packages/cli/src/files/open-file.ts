import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** Bytes read at once. */
const CHUNK = 64 * 1024

/** A file that is read once, from its start or a part of it. It closes itself with its last byte, before that byte is handed on. */
export class OpenFile implements AsyncDisposable {
  /** Bytes, as they were when it was opened: no more is read, and less is an error. */
  readonly size: number
  /** What the system said of it when it was opened. */
  readonly stats: Stats

  readonly #handle: FileHandle
  readonly #onClose: () => void
  #position = 0
  #end: number
  #isClosed = false

  constructor(handle: FileHandle, stats: Stats, onClose: () => void) {
    this.#handle = handle
    this.stats = stats
    this.size = stats.size
    this.#end = stats.size
    this.#onClose = onClose
  }

  /** Before the first byte is read: only `length` bytes from `start` on are wanted. Both lie inside of the file. */
  only(start: number, length: number): void {
    this.#position = start
    this.#end = start + length
  }

  /** The next bytes, the caller's to keep; undefined at the end. @throws if the file has become shorter. */
  async read(): Promise<Uint8Array | undefined> {
    const left = this.#end - this.#position
    if (left === 0) {
      await this.close()
      return undefined
    }
    const chunk = new Uint8Array(Math.min(CHUNK, left))
    const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#position)
    if (bytesRead === 0) throw new Error(`expected ${this.size} bytes, the file ends at ${this.#position}`)
    this.#position += bytesRead
    if (this.#position === this.#end) await this.close()
    return chunk.subarray(0, bytesRead)
  }

  /** All that is left; closed at its end, however that comes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.#handle.close()
    } finally {
      this.#onClose()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
