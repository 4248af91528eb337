import type { FileHandle } from 'node:fs/promises'

/** Bytes read at once. */
const CHUNK = 64 * 1024

/** A file that is read once, from its start. It closes itself with its last byte, before that byte is handed on. */
export class OpenFile implements AsyncDisposable {
  /** Bytes, as they were when it was opened: no more is read, and less is an error. */
  readonly size: number

  readonly #handle: FileHandle
  readonly #onClose: () => void
  #position = 0
  #isClosed = false

  constructor(handle: FileHandle, size: number, onClose: () => void) {
    this.#handle = handle
    this.size = size
    this.#onClose = onClose
  }

  /** The next bytes, the caller's to keep; undefined at the end. @throws if the file has become shorter. */
  async read(): Promise<Uint8Array | undefined> {
    const left = this.size - this.#position
    if (left === 0) {
      await this.close()
      return undefined
    }
    const chunk = new Uint8Array(Math.min(CHUNK, left))
    const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#position)
    if (bytesRead === 0) throw new Error(`expected ${this.size} bytes, the file ends at ${this.#position}`)
    this.#position += bytesRead
    if (this.#position === this.size) await this.close()
    return chunk.subarray(0, bytesRead)
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
