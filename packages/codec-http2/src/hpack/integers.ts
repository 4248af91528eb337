import type { Bytes } from '@plexus/contract'

/**
 * Octets an integer may have after its prefix. Four hold 2^28, far above what a header block may hold, and keep clear of
 * the sign; RFC 7541 §5.1 asks to refuse what is excessive in value or in length.
 */
const MAX_OCTETS = 4

/** What {@link IntegerReader.integer} answers for an integer that is cut short or longer than {@link MAX_OCTETS}. */
export const BAD_INTEGER = -1

/** Reads integers out of a block, one after the other. */
export class IntegerReader {
  bytes: Bytes
  /** Where to read next. */
  at = 0

  constructor(bytes: Bytes) {
    this.bytes = bytes
  }

  /**
   * The integer whose prefix is the bits of `mask` in the next octet, of which there must be one.
   *
   * @returns {@link BAD_INTEGER} if its octets do not end in the block, or are too many
   */
  integer(mask: number): number {
    const { bytes } = this
    let value = bytes[this.at++]! & mask
    if (value < mask) return value
    const end = Math.min(bytes.length, this.at + MAX_OCTETS)
    for (let shift = 0; this.at < end; shift += 7) {
      const octet = bytes[this.at++]!
      value += (octet & 0x7f) << shift
      if (octet < 0x80) return value
    }
    return BAD_INTEGER
  }
}

/** Most octets that {@link writeInteger} writes for a number below 2^31. */
export const MOST_OCTETS = 6

/** Writes `value` at `at` with a prefix of the bits of `mask`, `pattern` above them; returns where it ends (§5.1). */
export function writeInteger(
  target: Uint8Array,
  start: number,
  pattern: number,
  mask: number,
  value: number,
): number {
  let at = start
  if (value < mask) {
    target[at++] = pattern | value
    return at
  }
  target[at++] = pattern | mask
  let rest = value - mask
  for (; rest >= 0x80; rest >>>= 7) target[at++] = rest | 0x80
  target[at++] = rest
  return at
}
