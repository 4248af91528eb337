import { type Bytes, type FaultFrame, Gather, type Limits } from '@plexus/contract'
import { FLAG, TYPE, u31 } from './wire.js'

/** What came of a frame of a block: the block, if that was its last; or too much padding. */
export type BlockStep = Bytes | 'unfinished' | 'padding'

/** A header block on its way: HEADERS and its CONTINUATIONs, joined within bounds (RFC 9113 §4.3, L07). */
export class HeaderBlock {
  /** Its stream; 0 while there is none that is not whole. */
  id = 0
  /** Of its HEADERS. */
  flags = 0
  /** Its HEADERS says so in the old priority scheme. */
  dependsOnItself = false

  readonly #limits: Limits
  readonly #parts = new Gather()
  #continuations = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Judges a frame of a block by its head (H13, H14: frames are counted, also those without bytes). */
  refuse(type: number, length: number): Pick<FaultFrame, 'code' | 'message'> | undefined {
    const { maxContinuations, maxHeaderBlock } = this.#limits
    if (type === TYPE.CONTINUATION) {
      if (this.id === 0) {
        const message = 'expected CONTINUATION after HEADERS that is not whole, it came alone'
        return { code: 'PROTOCOL_ERROR', message }
      }
      this.#continuations += 1
      if (this.#continuations > maxContinuations) {
        const message = `expected at most ${maxContinuations} CONTINUATIONs of one block, one more came`
        return { code: 'ENHANCE_YOUR_CALM', message }
      }
    }
    const size = this.#parts.length + length
    if (size <= maxHeaderBlock) return undefined
    const message = `expected a header block of at most ${maxHeaderBlock} bytes, ${size} were announced`
    return { code: 'ENHANCE_YOUR_CALM', message }
  }

  /** The payload of HEADERS: without padding and the old priority it is the first part (§6.2). */
  begin(id: number, flags: number, bytes: Bytes): BlockStep {
    let from = 0
    const padding = (flags & FLAG.PADDED) !== 0 ? bytes[from++]! : 0
    this.flags = flags
    this.dependsOnItself = (flags & FLAG.PRIORITY) !== 0 && u31(bytes, from) === id
    if ((flags & FLAG.PRIORITY) !== 0) from += 5
    if (padding > bytes.length - from) return 'padding'
    const part = bytes.subarray(from, bytes.length - padding)
    if ((flags & FLAG.END_HEADERS) !== 0) return part
    this.id = id
    this.#continuations = 0
    this.#parts.add(part, 0, part.length)
    return 'unfinished'
  }

  /** The payload of a CONTINUATION. What is given back is valid until {@link clear}. */
  goOn(flags: number, bytes: Bytes): BlockStep {
    this.#parts.add(bytes, 0, bytes.length)
    if ((flags & FLAG.END_HEADERS) === 0) return 'unfinished'
    this.id = 0
    return this.#parts.bytes
  }

  clear(): void {
    this.#parts.clear()
  }
}
