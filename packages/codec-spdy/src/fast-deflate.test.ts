import { expect, test } from '@jest/globals'
import type { Bytes } from '@plexus/contract'
import * as fc from 'fast-check'
import { inflateElsewhere, join, latin1, toHex } from './dialogue.test.kit.js'
import { FastDeflate } from './fast-deflate.js'

/** Compresses block after block in one context. */
function context(windowBits = 11): (block: Bytes) => Bytes {
  const deflate = new FastDeflate(windowBits)
  return (block) => {
    const bound = FastDeflate.bound(block.length)
    const out = new Uint8Array(bound + 64)
    const length = deflate.compress(block, block.length, out)
    expect(length).toBeLessThanOrEqual(bound)
    return out.slice(0, length)
  }
}

function expectSame(blocks: readonly Bytes[], windowBits = 11): void {
  const compressed = blocks.map(context(windowBits))
  expect(toHex(inflateElsewhere(...compressed))).toBe(toHex(join(...blocks)))
}

/** Bytes without four in a row that came before. */
function noise(length: number, seed = 1): Bytes {
  let state = seed
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24)
}

test('a match of every length is read by zlib as it was meant', () => {
  const text = noise(600)
  for (let length = 1; length <= 520; length++) {
    expectSame([join(text, Uint8Array.of(1), text.subarray(0, length), Uint8Array.of(2))])
  }
})

test.each([11, 12, 13, 14, 15])(
  'a match at every distance that %i bits reach, near each symbol’s first and last',
  (bits) => {
    const reach = 1 << bits
    const word = latin1('a word of its own')
    for (let power = 2; power <= reach; power *= 2) {
      for (const first of [power + 1, power + power / 2 + 1]) {
        for (const distance of [first - 1, first, first + 1]) {
          if (distance < word.length || distance > reach + 2) continue
          expectSame([join(word, noise(distance - word.length), word, word)], bits)
        }
      }
    }
  },
)

test('a run repeats itself, at distance one', () => {
  const compressed = context()(new Uint8Array(10_000).fill(0x61))
  expect(compressed.length).toBeLessThan(120)
  expectSame([new Uint8Array(10_000).fill(0x61)])
})

test('the dictionary is there from the first byte on', () => {
  const compressed = context()(latin1('content-type application/xhtml+xml'))
  expect(compressed.length).toBeLessThan(34)
})

test('what lies a window back is not reached for, whatever slid through it', () => {
  const word = latin1('a word that comes again and again')
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(11, 13),
      (gaps, bits) => {
        expectSame(
          gaps.map((gap, i) => join(word, noise(gap, i + 1), word)),
          bits,
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('what came just before is found again, however often the window slid', () => {
  const compress = context()
  const text = noise(500)
  compress(text)
  for (let i = 0; i < 100; i++) expect(compress(text).length).toBeLessThan(30)
})

test('a block of many windows is cut inside and not outside', () => {
  const block = join(noise(100_000), noise(100_000), latin1('x'.repeat(50_000)))
  expectSame([block, block, latin1('short'), block])
})

test('what cannot be compressed grows by an eighth at most', () => {
  expectSame([new Uint8Array(5000).map((_, i) => 144 + ((i * i) % 111))])
  expectSame([noise(5000)])
})
