import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { HpackDecoder } from './decoder.js'
import { HpackEncoder } from './encoder.js'
import { decode, decoder, held, stories, toHex } from './hpack.test.kit.js'

const MOST_FIELDS = 20
const MOST_DECODED = 3000

/** Whatever comes: a verdict, never more than the limits, and never more in the table than it may hold. True if it was read. */
function survive(by: HpackDecoder, block: Uint8Array): boolean {
  const flat: string[] = []
  const verdict = by.decode(block, flat)
  const decoded = flat.join('').length + flat.length * 16
  if (flat.length > MOST_FIELDS * 2) throw new Error(`${flat.length / 2} fields came of ${toHex(block)}`)
  if (decoded > MOST_DECODED) throw new Error(`${decoded} bytes came of ${toHex(block)}`)
  if (by.tableSize > 4096) throw new Error(`${by.tableSize} bytes are in the table after ${toHex(block)}`)
  const isRead = typeof verdict === 'string'
  if (!VERDICTS.has(isRead ? verdict : verdict.code)) throw new Error(`no verdict: ${verdict}`)
  return isRead
}

const VERDICTS = new Set(['ok', 'tooLarge', 'tooMany', 'COMPRESSION_ERROR', 'ENHANCE_YOUR_CALM'])
const limited = () => decoder({ maxFields: MOST_FIELDS, maxDecoded: MOST_DECODED })

describe('H17 any octets', () => {
  test('H17 at random', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (blocks) => {
        const by = limited()
        for (const block of blocks) survive(by, block)
      }),
      { numRuns: 3000 },
    )
  })

  test('H17 from stories, with octets changed, cut out and doubled', () => {
    const wires = stories().map(({ cases }) => cases.flatMap(({ wire }) => wire ?? []))
    const flaw = fc.record({
      kind: fc.constantFrom('change', 'cut', 'double', 'end'),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      octet: fc.nat({ max: 255 }),
    })
    let survived = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...wires.filter(({ length }) => length > 0)),
        fc.array(flaw),
        (story, flaws) => {
          const by = limited()
          by.setMaxTableSize(4096)
          story.slice(0, 20).forEach((wire, nth) => {
            const flawed = flaws[nth] === undefined ? wire : spoil(wire, flaws[nth])
            if (survive(by, flawed)) survived++
          })
        },
      ),
      { numRuns: 500 },
    )
    // The flaws are small enough for most blocks to be read further than their first octet.
    expect(survived).toBeGreaterThan(500)
  })
})

function spoil(
  wire: Uint8Array,
  { kind, at, octet }: { kind: string; at: number; octet: number },
): Uint8Array {
  const place = Math.floor(at * (wire.length - 1))
  if (kind === 'end') return wire.slice(0, place)
  const octets = [...wire]
  if (kind === 'change') octets[place] = octet
  else if (kind === 'cut') octets.splice(place, 1)
  else octets.splice(place, 0, octets[place]!)
  return Uint8Array.from(octets)
}

describe('what is encoded is decoded', () => {
  const char = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }) },
  )
  const text = (maxLength: number) =>
    fc.string({ unit: char.map((code) => String.fromCharCode(code)), maxLength })
  const name = fc.oneof(
    fc.constantFrom(':path', ':status', 'cookie', 'authorization', 'date', 'x-a', 'x-b', '__proto__'),
    text(20),
  )
  const value = fc.oneof(fc.constantFrom('', '/', '200', 'a', 'b', 'c'.repeat(30)), text(200))
  const set = fc.array(fc.tuple(name, value), { maxLength: 12 })
  const step = fc.oneof({ weight: 5, arbitrary: set }, { weight: 1, arbitrary: fc.nat({ max: 6000 }) })

  test('any sets, any changes of the size: the same fields, and one table on both sides', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 8000 }), (steps, most) => {
        const encoder = new HpackEncoder({ maxTableSize: most })
        const by = decoder()
        for (const one of steps) {
          if (typeof one === 'number') {
            encoder.setPeerTableSize(one)
            by.setMaxTableSize(one)
            continue
          }
          expect(decode(by, encoder.encode(one.flat()))).toEqual({ verdict: 'ok', fields: one })
          if (one.length === 0) continue
          expect(held(by)).toEqual(held(encoder))
          // The same again, by the shorter way.
          expect(decode(by, encoder.encode(one.flat()))).toEqual({ verdict: 'ok', fields: one })
        }
      }),
      { numRuns: 300 },
    )
  })
})
