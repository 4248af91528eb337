import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { hex, merge } from './hpack.test.kit.js'
import { BAD_INTEGER, IntegerReader, MOST_OCTETS, writeInteger } from './integers.js'

const PREFIXES = [4, 5, 6, 7, 8].map((bits) => (1 << bits) - 1)

describe('integers (RFC 7541 §5.1)', () => {
  test('what is written is read, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PREFIXES),
        fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 28 })),
        fc.uint8Array({ maxLength: 4 }),
        (mask, value, after) => {
          const target = new Uint8Array(MOST_OCTETS)
          const end = writeInteger(target, 0, 0xff & ~mask, mask, value)
          const reader = new IntegerReader(merge(target.subarray(0, end), after))
          expect(reader.integer(mask)).toBe(value)
          expect(reader.at).toBe(end)
          expect(target[0]! & ~mask).toBe(0xff & ~mask)
        },
      ),
    )
  })

  test.each([0, 1, 0x7e, 0x7f, 0x80, 0xfe, 0xff, 2 ** 28, 2 ** 31 - 1])(
    'B20 %i is written in at most six octets',
    (value) => {
      for (const mask of PREFIXES) {
        const target = new Uint8Array(16).fill(0xaa)
        const end = writeInteger(target, 0, 0, mask, value)
        expect(end).toBeLessThanOrEqual(MOST_OCTETS)
        let read = target[0]! & mask
        for (let i = 1; i < end; i++) read += (target[i]! & 0x7f) * 2 ** (7 * (i - 1))
        expect(read).toBe(value)
        expect(target[end]).toBe(0xaa)
      }
    },
  )

  test.each([
    ['the largest that is taken', '1f ffffff7f', 0x1f, 31 + 2 ** 28 - 1],
    ['octets that add nothing', '1f 80808000', 0x1f, 31],
  ])('H17 B20 %s', (_, wire, mask, value) => {
    expect(new IntegerReader(hex(wire)).integer(mask)).toBe(value)
  })

  test.each([
    ['one octet more than that', '1f ffffff ff7f'],
    ['octets that add nothing, without end', `1f ${'80'.repeat(100)}00`],
    ['2^32', '1f e1ffffff0f'],
    ['2^64', '1f ffffffffffffffffff01'],
    ['a prefix that is all there is', '1f'],
    ['an end in the middle', '1f ff80'],
  ])('H17 B20 %s is refused', (_, wire) => {
    const reader = new IntegerReader(hex(wire))
    expect(reader.integer(0x1f)).toBe(BAD_INTEGER)
    expect(reader.at).toBeLessThanOrEqual(5)
  })

  test('what stands above the prefix belongs to somebody else', () => {
    expect(new IntegerReader(hex('ea')).integer(0x1f)).toBe(10)
  })
})
