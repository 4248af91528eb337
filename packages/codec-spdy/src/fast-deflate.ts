import type { Bytes } from '@plexus/contract'
import { headerDictionary } from './dictionary.js'

/**
 * A deflate (RFC 1951) made for header blocks: one look back for each place, and the fixed codes. zlib builds Huffman
 * trees for every block before it knows that it will not use them, which for a few hundred bytes is most of its time;
 * this takes a third to an eighth of it and writes as little. A context is 16 KB with 11 window bits.
 *
 * One context of one session: blocks must go to the wire in the order they were compressed.
 */
export class FastDeflate {
  /** Farthest back a match may begin, bytes. */
  readonly #reach: number
  /** What went before and what is at hand; slides when it is full. The dictionary is what went before the first block. */
  readonly #window: Uint8Array<ArrayBuffer>
  /** Where in the window the four bytes of each hash stood last, or {@link NOWHERE}. */
  readonly #heads: Int32Array<ArrayBuffer>
  #end: number
  #isFresh = true

  /** @param windowBits 11 … 15 */
  constructor(windowBits: number) {
    const dictionary = headerDictionary()
    this.#reach = 1 << windowBits
    this.#window = new Uint8Array(this.#reach * 2 + SLACK)
    this.#window.set(dictionary)
    this.#heads = (primed ??= prime(dictionary)).slice()
    this.#end = dictionary.length
  }

  /** Most bytes that {@link compress} may write for `length` bytes: nine bits for each, and what frames a block. */
  static bound(length: number): number {
    return length + (length >>> 3) + 32
  }

  /** Writes the first `length` bytes of `block` into `out`, ending with a sync flush; returns how many it wrote. */
  compress(block: Bytes, length: number, out: Uint8Array<ArrayBuffer>): number {
    let at = 0
    if (this.#isFresh) {
      this.#isFresh = false
      at = writeZlibHead(out, this.#reach)
    }
    bits.out = out
    bits.at = at
    bits.hold = FIXED_BLOCK
    bits.count = 3
    for (let from = 0; from < length; ) {
      if (this.#end > this.#reach + SLACK) this.#slide()
      const to = Math.min(length, from + this.#window.length - this.#end)
      this.#window.set(from === 0 && to === block.length ? block : block.subarray(from, to), this.#end)
      this.#squeeze(this.#end, this.#end + to - from)
      this.#end += to - from
      from = to
    }
    return flush()
  }

  /** One pass over the window from `from` to `to`. */
  #squeeze(from: number, to: number): void {
    const window = this.#window
    const heads = this.#heads
    const reach = this.#reach
    const { out } = bits
    let { at, hold, count } = bits
    let i = from
    const last = to - MIN_MATCH
    while (i < to) {
      let length = 0
      let distance = 0
      if (i <= last) {
        const four = window[i]! | (window[i + 1]! << 8) | (window[i + 2]! << 16) | (window[i + 3]! << 24)
        const slot = hash(four)
        const before = heads[slot]!
        heads[slot] = i
        distance = i - before
        if (
          distance <= reach &&
          window[before] === (four & 0xff) &&
          window[before + 1] === window[i + 1] &&
          window[before + 2] === window[i + 2] &&
          window[before + 3] === window[i + 3]
        ) {
          const most = Math.min(MAX_MATCH, to - i)
          length = MIN_MATCH
          while (length < most && window[before + length] === window[i + length]) length++
        }
      }
      if (length === 0) {
        const literal = LITERALS[window[i]!]!
        hold |= (literal >>> 4) << count
        count += literal & 15
        i++
      } else {
        const code = LENGTHS[length]!
        hold |= (code >>> 4) << count
        count += code & 15
        while (count >= 8) {
          out[at++] = hold
          hold >>>= 8
          count -= 8
        }
        const place = distanceSymbol(distance)
        const extra = place < 4 ? 0 : (place >>> 1) - 1
        hold |= (REVERSED_5[place]! | ((distance - DISTANCES[place]!) << 5)) << count
        count += 5 + extra
        const end = i + length
        for (i++; i < end; i++) if (i <= last) heads[hashAt(window, i)] = i
      }
      while (count >= 8) {
        out[at++] = hold
        hold >>>= 8
        count -= 8
      }
    }
    bits.at = at
    bits.hold = hold
    bits.count = count
  }

  /** Keeps what can still be reached, at the window's start. */
  #slide(): void {
    const by = this.#end - this.#reach
    this.#window.copyWithin(0, by, this.#end)
    this.#end -= by
    const heads = this.#heads
    for (let i = 0; i < heads.length; i++) {
      const place = heads[i]! - by
      heads[i] = place < 0 ? NOWHERE : place
    }
  }
}

const MIN_MATCH = 4
const MAX_MATCH = 258
/** Room behind two reaches: the more, the more seldom the window slides. */
const SLACK = 4096
const HASH_BITS = 11
/** Farther back than any reach. */
const NOWHERE = -0x4000_0000

/** BFINAL 0, BTYPE 01 (RFC 1951 §3.2.3), least bit first. */
const FIXED_BLOCK = 0b010

/** The bits on their way out: `count` of them in `hold`. One block at a time. */
const bits = { out: new Uint8Array(0), at: 0, hold: 0, count: 0 }

function hash(four: number): number {
  return Math.imul(four, 0x9e37_79b1) >>> (32 - HASH_BITS)
}

function hashAt(window: Uint8Array, i: number): number {
  return hash(window[i]! | (window[i + 1]! << 8) | (window[i + 2]! << 16) | (window[i + 3]! << 24))
}

let primed: Int32Array<ArrayBuffer> | undefined

/** The places of the dictionary, the same for every session. */
function prime(dictionary: Bytes): Int32Array<ArrayBuffer> {
  const heads = new Int32Array(1 << HASH_BITS).fill(NOWHERE)
  for (let i = 0; i + MIN_MATCH <= dictionary.length; i++) heads[hashAt(dictionary, i)] = i
  return heads
}

/** Method, window and the dictionary's checksum (RFC 1950 §2.2). */
function writeZlibHead(out: Uint8Array, reach: number): number {
  const method = 0x08 | ((Math.log2(reach) - 8) << 4)
  const flags = 0x20
  out[0] = method
  out[1] = flags + 31 - ((method * 256 + flags) % 31)
  out.set(DICTIONARY_ID, 2)
  return 6
}

const DICTIONARY_ID = [0xe3, 0xc6, 0xa7, 0xc2]

/** The end of the block, then an empty stored one, which begins at a byte: a sync flush. */
function flush(): number {
  const { out } = bits
  let { at, hold, count } = bits
  // End of block is seven 0s, the stored block's head three, and then 0s up to the byte.
  count += 7 + 3
  while (count > 0) {
    out[at++] = hold
    hold >>>= 8
    count -= 8
  }
  out[at++] = 0
  out[at++] = 0
  out[at++] = 0xff
  out[at++] = 0xff
  return at
}

function reverse(code: number, length: number): number {
  let reversed = 0
  for (let i = 0; i < length; i++) reversed |= ((code >>> i) & 1) << (length - 1 - i)
  return reversed
}

/** The fixed code of a literal or length symbol (RFC 1951 §3.2.6): its bits above, how many in the lowest four. */
function fixedCode(symbol: number): number {
  if (symbol < 144) return (reverse(0x30 + symbol, 8) << 4) | 8
  if (symbol < 256) return (reverse(0x190 + symbol - 144, 9) << 4) | 9
  if (symbol < 280) return (reverse(symbol - 256, 7) << 4) | 7
  return (reverse(0xc0 + symbol - 280, 8) << 4) | 8
}

const LITERALS = Uint16Array.from({ length: 256 }, (_, byte) => fixedCode(byte))

/** Code and extra bits of each length, packed like {@link fixedCode} (§3.2.5). */
const LENGTHS = lengths()

function lengths(): Uint32Array {
  const table = new Uint32Array(MAX_MATCH + 1)
  let length = 3
  for (let symbol = 257; symbol < 285; symbol++) {
    const extra = symbol < 265 ? 0 : (symbol - 261) >>> 2
    const code = fixedCode(symbol)
    const size = code & 15
    for (let i = 0; i < 1 << extra; i++) {
      table[length++] = (((code >>> 4) | (i << size)) << 4) | (size + extra)
    }
  }
  table[MAX_MATCH] = fixedCode(285)
  return table
}

/** The first distance of each symbol (§3.2.5). */
const DISTANCES = Uint16Array.from({ length: 30 }, (_, symbol) =>
  symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << ((symbol >>> 1) - 1)) + 1,
)
const REVERSED_5 = Uint8Array.from({ length: 30 }, (_, symbol) => reverse(symbol, 5))

function distanceSymbol(distance: number): number {
  const d = distance - 1
  if (d < 4) return d
  const top = 31 - Math.clz32(d)
  return top * 2 + ((d >>> (top - 1)) & 1)
}
