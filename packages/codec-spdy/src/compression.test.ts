import { deflateSync, gzipSync, constants as zlib } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import type { Bytes } from '@plexus/contract'
import * as fc from 'fast-check'
import { HeaderCompressor, HeaderInflater } from './compression.js'
import { compressor, inflateElsewhere, join, latin1, toHex } from './dialogue.test.kit.js'
import { headerDictionary } from './dictionary.js'

const text = latin1('GET /items HTTP/1.1 accept text/html '.repeat(8))

function inflate(inflater: HeaderInflater, block: Bytes, maxBytes = 1_000_000): Bytes | undefined {
  const scratch = inflater.inflate(block, 0, block.length, maxBytes)
  return scratch?.bytes.slice(0, scratch.length)
}

describe.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('level %i', (level) => {
  test.each([11, 12, 13, 14, 15])(
    'with %i window bits, blocks of any size read the same here and elsewhere',
    (windowBits) => {
      const block = fc.oneof(
        fc.uint8Array({ minLength: 4, maxLength: 300 }),
        fc.integer({ min: 4, max: 6000 }).map((size) => new Uint8Array(size).fill(0x61)),
        fc
          .array(fc.constantFrom(':path', 'GET', 'HTTP/1.1', '/x', '\0\0\0\x04', 'zq'), {
            minLength: 4,
            maxLength: 200,
          })
          .map((words) => latin1(words.join(''))),
      )
      fc.assert(
        fc.property(fc.array(block, { minLength: 1, maxLength: 12 }), (blocks) => {
          const compress = compressor(level, windowBits)
          const inflater = new HeaderInflater()
          const compressed = blocks.map(compress)
          expect(compressed.map((one) => toHex(inflate(inflater, one) ?? latin1('?')))).toEqual(
            blocks.map(toHex),
          )
          expect(compressed.every((one) => toHex(one).endsWith('0000ffff'))).toBe(true)
          expect(toHex(inflateElsewhere(...compressed))).toBe(toHex(join(...blocks)))
        }),
        { numRuns: 3 },
      )
    },
  )

  test('a session’s worth of blocks is longer than any window, and all of it reads', () => {
    const compress = compressor(level, 11)
    const inflater = new HeaderInflater()
    for (let i = 0; i < 200; i++) {
      const block = latin1(`item ${i} ${(i * 7919) % 1000} of example.org ${'abc'.repeat(i % 90)}`)
      expect(toHex(inflate(inflater, compress(block)) ?? latin1('?'))).toBe(toHex(block))
    }
  })
})

test('the first block says 11 bits of window, or 15, and the dictionary, and only the first', () => {
  const small = compressor(9, 11)
  expect(toHex(small(text)).slice(0, 12)).toBe('38eae3c6a7c2')
  expect(toHex(small(text)).slice(0, 12)).not.toBe('38eae3c6a7c2')
  expect(toHex(compressor(9, 15)(text)).slice(0, 12)).toBe('78f9e3c6a7c2')
})

test('P07 at level 0 the length tells how long a block is, not what is in it', () => {
  const compress = compressor(0, 11)
  compress(text)
  const same = compress(text).length
  const other = compress(Uint8Array.from(text, (byte) => byte ^ 0x55)).length
  expect(same).toBe(other)
  expect(same).toBeGreaterThan(text.length)
})

test('compression is worth it: a block like the one before is a tenth of its size', () => {
  const compress = compressor(1, 11)
  compress(text)
  expect(compress(text).length).toBeLessThan(text.length / 10)
})

test('a compressor that is closed is fresh when it is used again', () => {
  const context = new HeaderCompressor(6, 11)
  const say = () => {
    const { bytes, length } = context.compress(text, text.length)
    return toHex(bytes.slice(0, length))
  }
  const first = say()
  expect(say()).not.toBe(first)
  context.close()
  expect(say()).toBe(first)
})

describe('inflating', () => {
  test('P05 a wrong dictionary, none, a wrong checksum, an end of the stream: the context is lost, and it says why', () => {
    // Made by another zlib than ours; only what ends with a sync flush goes on.
    const finishFlush = zlib.Z_SYNC_FLUSH
    const ended = deflateSync(text, { dictionary: headerDictionary() })
    const wrongSum = Uint8Array.from(ended)
    wrongSum[wrongSum.length - 1]! ^= 1
    const cases: [Bytes, RegExp][] = [
      [
        deflateSync(text, { dictionary: latin1('another dictionary'), finishFlush }),
        /names another dictionary/,
      ],
      [deflateSync(text, { finishFlush }), /names none/],
      [ended, /ends the compressed stream/],
      [wrongSum, /incorrect data check/],
      [gzipSync(text, { finishFlush }), /incorrect header check/],
    ]
    for (const [block, reason] of cases) {
      const inflater = new HeaderInflater()
      expect(inflate(inflater, block)).toBeUndefined()
      expect(inflater.fault).toMatch(reason)
    }
  })

  test.each([-1, 0, 1])('L08 a block of maxBytes %+i inflated', (off) => {
    const inflater = new HeaderInflater()
    const block = compressor()(new Uint8Array(10_000 + off))
    expect(inflate(inflater, block, 10_000)?.length).toBe(off > 0 ? undefined : 10_000 + off)
  })

  test('P04 the limit is kept whatever size the output space grew to before', () => {
    expect(inflate(new HeaderInflater(), compressor()(new Uint8Array(500_000)))).toHaveLength(500_000)
    const inflater = new HeaderInflater()
    const scratch = inflater.inflate(compressor()(new Uint8Array(50_000)), 0, 0, 100)
    expect(scratch).toBeUndefined()
    expect(inflate(new HeaderInflater(), compressor()(new Uint8Array(200)), 100)).toBeUndefined()
  })

  test('P05 a block that does not end with a sync flush is refused', () => {
    const inflater = new HeaderInflater()
    const block = compressor()(text)
    expect(inflate(inflater, block.subarray(0, -4))).toBeUndefined()
    expect(inflater.fault).toMatch(/sync flush/)
  })
})
