import type { Bytes } from '@plexus/contract'
import type { SeededChance } from '../chance.js'

/** How a direction is cut: an error at both ends, a clean end that the writer never sent, or nothing more at all. */
export type CutHow = 'reset' | 'end' | 'silence'

/** What goes wrong in one direction. `at` counts the bytes written there before it. */
export type Fault =
  | { readonly kind: 'cut'; readonly at: number; readonly how: CutHow }
  /** The byte at `at` is changed by `mask` (exclusive or; default 0xff). */
  | { readonly kind: 'flip'; readonly at: number; readonly mask?: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Bytes }
  /** `length` bytes are lost; default 1. */
  | { readonly kind: 'drop'; readonly at: number; readonly length?: number }
  /** `length` bytes come twice, as far as they were written together; default 1. */
  | { readonly kind: 'duplicate'; readonly at: number; readonly length?: number }
  /** Nothing leaves for `forMs`; without it, until `unstall()`. */
  | { readonly kind: 'stall'; readonly at: number; readonly forMs?: number }

/** A fault that is not about bytes: it takes its place among them. */
export type Incident = Extract<Fault, { kind: 'cut' | 'stall' }>

/** One fault of any kind, somewhere in the first `within` bytes, by chance. */
export function faultBy(chance: SeededChance, within: number): Fault {
  const at = chance.int(0, within - 1)
  const length = chance.int(1, 8)
  switch (chance.int(0, 5)) {
    case 0:
      return { kind: 'cut', at, how: chance.pick(['reset', 'end', 'silence']) }
    case 1:
      return { kind: 'flip', at, mask: chance.int(1, 255) }
    case 2:
      return { kind: 'insert', at, bytes: chance.bytes(length) }
    case 3:
      return { kind: 'drop', at, length }
    case 4:
      return { kind: 'duplicate', at, length }
    default:
      return { kind: 'stall', at, forMs: chance.int(1, 1000) }
  }
}

/** Does to the bytes of one direction what its faults say. */
export class Tamper {
  readonly #faults: Fault[]
  #position = 0

  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults].sort((a, b) => a.at - b.at)
  }

  /** Hands on what becomes of `chunk`; an incident comes as soon as the bytes before it are handed on. */
  take(chunk: Bytes, pass: (bytes: Bytes) => void, strike: (incident: Incident) => void): void {
    let rest = chunk
    const skip = (count: number) => {
      const skipped = rest.subarray(0, count)
      rest = rest.subarray(count)
      this.#position += skipped.length
      return skipped
    }
    for (;;) {
      const fault = this.#faults[0]
      const lead = fault === undefined ? Infinity : Math.max(0, fault.at - this.#position)
      if (fault === undefined || lead > rest.length || (lead === rest.length && needsByte(fault))) break
      this.#faults.shift()
      if (lead > 0) pass(skip(lead))
      if (fault.kind === 'cut' || fault.kind === 'stall') strike(fault)
      else if (fault.kind === 'insert') pass(fault.bytes)
      else if (fault.kind === 'flip') pass(skip(1).map((byte) => byte ^ (fault.mask ?? 0xff)))
      else {
        const length = fault.length ?? 1
        const struck = skip(length)
        if (fault.kind === 'duplicate') {
          pass(struck)
          pass(struck)
        } else if (struck.length < length) {
          this.#faults.unshift({ kind: 'drop', at: this.#position, length: length - struck.length })
        }
      }
    }
    if (rest.length > 0) pass(skip(rest.length))
  }
}

function needsByte(fault: Fault): boolean {
  return fault.kind === 'flip' || fault.kind === 'drop' || fault.kind === 'duplicate'
}
