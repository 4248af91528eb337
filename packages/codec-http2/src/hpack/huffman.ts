import type { Bytes } from '@plexus/contract'
import {
  CODE_BITS,
  CODE_COUNT,
  CODES,
  EOS,
  FIRST_CODE,
  FIRST_SYMBOL,
  MAX_CODE_BITS,
  SYMBOLS,
} from './huffman-code.js'

/** A code of as many bits or fewer is found by one look; it covers what text is made of. */
const SHORT_BITS = 8

/** By the next eight bits: symbol << 4 | bits of its code; 0 where the code is longer. */
const SHORT = new Uint16Array(1 << SHORT_BITS)
for (let symbol = 0; symbol < EOS; symbol++) {
  const free = SHORT_BITS - CODE_BITS[symbol]!
  if (free < 0) continue
  SHORT.fill((symbol << 4) | CODE_BITS[symbol]!, CODES[symbol]! << free, (CODES[symbol]! + 1) << free)
}

/** What {@link decodeHuffman} answers for a string with EOS in it, and for one that is not padded as it should be. */
export const EOS_INSIDE = -1
export const BAD_PADDING = -2

/** No code is shorter than five bits. */
export function mostDecoded(length: number): number {
  return Math.floor((length * 8) / 5)
}

/**
 * Decodes `from` to `to` of `source` into `target`, which has room for {@link mostDecoded} bytes. Returns how many
 * came out, {@link EOS_INSIDE}, or {@link BAD_PADDING} where the string does not end with the first bits of EOS, up to
 * seven (RFC 7541 §5.2). Linear in the bits.
 */
export function decodeHuffman(source: Bytes, from: number, to: number, target: Uint8Array): number {
  let length = 0
  let at = from
  // The low `bits` of `held` are read and not yet decoded: 15 at most between two looks.
  let held = 0
  let bits = 0
  for (;;) {
    while (bits < SHORT_BITS) {
      if (at === to) return finish(held, bits, target, length)
      held = (held << 8) | source[at++]!
      bits += 8
    }
    const short = SHORT[(held >>> (bits - SHORT_BITS)) & 0xff]!
    if (short !== 0) {
      target[length++] = short >>> 4
      bits -= short & 15
      continue
    }
    const start = at * 8 - bits
    const long = longCode(source, start, to * 8)
    if (long === undefined) return BAD_PADDING
    if (long === EOS) return EOS_INSIDE
    target[length++] = long
    const end = start + CODE_BITS[long]!
    at = (end + 7) >>> 3
    bits = at * 8 - end
    held = source[at - 1]!
  }
}

/** What fewer than eight bits hold: perhaps a symbol, then the padding. */
function finish(held: number, left: number, target: Uint8Array, decoded: number): number {
  let bits = left
  let length = decoded
  while (bits > 0) {
    const free = SHORT_BITS - bits
    const short = SHORT[((held << free) | ((1 << free) - 1)) & 0xff]!
    if (short === 0 || (short & 15) > bits) break
    target[length++] = short >>> 4
    bits -= short & 15
  }
  const ones = (1 << bits) - 1
  return (held & ones) === ones ? length : BAD_PADDING
}

/** The symbol whose code begins at bit `from`, undefined if the bits end before it does. */
function longCode(source: Bytes, from: number, to: number): number | undefined {
  let code = 0
  for (let bits = 1; bits <= MAX_CODE_BITS && from + bits <= to; bits++) {
    const at = from + bits - 1
    code = (code << 1) | ((source[at >>> 3]! >>> (7 - (at & 7))) & 1)
    const offset = code - FIRST_CODE[bits]!
    if (offset < CODE_COUNT[bits]! && offset >= 0) return SYMBOLS[FIRST_SYMBOL[bits]! + offset]!
  }
  return undefined
}

/** How many bytes `text` takes as a Huffman string. */
export function huffmanLength(text: string): number {
  const { length } = text
  let bits = 0
  for (let i = 0; i < length; i++) bits += CODE_BITS[text.charCodeAt(i) & 0xff]!
  return (bits + 7) >>> 3
}

/** The longest a Huffman string can get by its code, bytes. */
export const mostEncoded = (length: number): number => Math.ceil((length * MAX_CODE_BITS) / 8)

/** By symbol: code << 5 | its bits; 0 where it has more than sixteen. */
const PACKED = new Int32Array(EOS)
for (let symbol = 0; symbol < EOS; symbol++) {
  if (CODE_BITS[symbol]! <= 16) PACKED[symbol] = (CODES[symbol]! << 5) | CODE_BITS[symbol]!
}

/** Writes `text` at `start`, padded with ones; returns where it ends. */
export function encodeHuffman(text: string, target: Uint8Array, start: number): number {
  const { length } = text
  let at = start
  // The low `bits` of `held` are not yet written: 15 at most between two symbols, so that sixteen more fit.
  let held = 0
  let bits = 0
  for (let i = 0; i < length; i++) {
    const symbol = text.charCodeAt(i) & 0xff
    let packed = PACKED[symbol]!
    if (packed === 0) {
      // The upper part of a long code goes first: fourteen bits at most. The lower part is a code of sixteen.
      const upper = CODE_BITS[symbol]! - 16
      held = (held << upper) | (CODES[symbol]! >>> 16)
      bits += upper
      if (bits >= 16) {
        bits -= 16
        target[at++] = held >>> (bits + 8)
        target[at++] = held >>> bits
      }
      packed = ((CODES[symbol]! & 0xffff) << 5) | 16
    }
    held = (held << (packed & 31)) | (packed >>> 5)
    bits += packed & 31
    if (bits >= 16) {
      bits -= 16
      target[at++] = held >>> (bits + 8)
      target[at++] = held >>> bits
    }
  }
  if (bits >= 8) target[at++] = held >>> (bits -= 8)
  if (bits > 0) target[at++] = (held << (8 - bits)) | (0xff >>> bits)
  return at
}
