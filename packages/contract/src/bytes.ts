/** Bytes in flight. Views are passed on, never copied; whoever is handed one may keep it and must not change it. */
export type Bytes = Uint8Array

export const NO_BYTES: Bytes = new Uint8Array(0)

const SLAB_BYTES = 4096

/**
 * Collects what goes to the wire in one turn as a list for one gathering write.
 *
 * Frame heads and control frames are written into a slab that belongs to the writer; payload is taken in by
 * reference. Neighbouring heads share one chunk, so a turn that only answers pings is one chunk.
 */
export class ByteWriter {
  /** Bytes written and not yet taken. */
  length = 0

  #chunks: Bytes[] = []
  #slab: Uint8Array = NO_BYTES
  #start = 0
  #end = 0

  u8(value: number): void {
    this.#room(1)
    this.#slab[this.#end++] = value
    this.length += 1
  }

  u16(value: number): void {
    this.#room(2)
    const slab = this.#slab
    slab[this.#end++] = value >>> 8
    slab[this.#end++] = value
    this.length += 2
  }

  u24(value: number): void {
    this.#room(3)
    const slab = this.#slab
    slab[this.#end++] = value >>> 16
    slab[this.#end++] = value >>> 8
    slab[this.#end++] = value
    this.length += 3
  }

  u32(value: number): void {
    this.#room(4)
    const slab = this.#slab
    slab[this.#end++] = value >>> 24
    slab[this.#end++] = value >>> 16
    slab[this.#end++] = value >>> 8
    slab[this.#end++] = value
    this.length += 4
  }

  /** Takes `bytes` in by reference: for payload. */
  bytes(bytes: Bytes): void {
    if (bytes.length === 0) return
    this.#cut()
    this.#chunks.push(bytes)
    this.length += bytes.length
  }

  /** Copies `bytes` in: for what is short or will be overwritten, such as the output buffer of a compressor. */
  copy(bytes: Bytes): void {
    if (bytes.length > SLAB_BYTES / 4) {
      this.bytes(bytes.slice())
      return
    }
    this.#room(bytes.length)
    this.#slab.set(bytes, this.#end)
    this.#end += bytes.length
    this.length += bytes.length
  }

  /** Hands over all chunks written so far, in order, and starts anew. */
  take(): Bytes[] {
    this.#cut()
    const chunks = this.#chunks
    this.#chunks = []
    this.length = 0
    if (this.#end > SLAB_BYTES - 64) {
      this.#slab = NO_BYTES
      this.#start = this.#end = 0
    }
    return chunks
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return
    this.#cut()
    this.#slab = new Uint8Array(Math.max(SLAB_BYTES, bytes))
    this.#start = this.#end = 0
  }

  #cut(): void {
    if (this.#end === this.#start) return
    this.#chunks.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
