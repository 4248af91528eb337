import { describe, expect, test } from '@jest/globals'
import { type Bytes, HeaderFields, PlexusError, resolveLimits } from '@plexus/contract'
import * as fc from 'fast-check'
import { hex, int, join, latin1, pairs, toHex } from './dialogue.test.kit.js'
import { assertHeaders, HeaderFault, parseHeaderBlock, serialised, serialiseHeaders } from './header-block.js'

const limits = resolveLimits()
const parse = (block: Bytes, changes = {}) =>
  parseHeaderBlock(block.slice(), block.length, { ...limits, ...changes })
const write = (...flat: string[]): Bytes => {
  serialiseHeaders(HeaderFields.fromFlat(flat))
  return serialised.bytes.slice(0, serialised.length)
}
const misread = { scope: 'stream', code: 'PROTOCOL_ERROR' }
const torn = { scope: 'session', code: 'PROTOCOL_ERROR' }
const fields = (block: Bytes): unknown => {
  const read = parse(block)
  return read instanceof HeaderFault ? read : read.toJSON()
}

describe('reading', () => {
  test('a count, then name and value with their lengths', () => {
    const block = hex('00000002 00000001 61 00000002 6263 00000002 6465 00000000')
    expect(fields(block)).toEqual([
      ['a', 'bc'],
      ['de', ''],
    ])
    expect(fields(hex('00000000'))).toEqual([])
  })

  test('P08 a joined value is one field for each part, in its place', () => {
    expect(
      fields(
        pairs([
          ['a', '1'],
          ['cookie', 'x\0yy\0z'],
          ['b', ''],
        ]),
      ),
    ).toEqual([
      ['a', '1'],
      ['cookie', 'x'],
      ['cookie', 'yy'],
      ['cookie', 'z'],
      ['b', ''],
    ])
  })

  test.each(['\0', '\0a', 'a\0', 'a\0\0b', '\0\0', 'a\0b\0'])(
    'P08 the value %j splits no clean way',
    (value) => {
      expect(parse(pairs([['a', value]]))).toMatchObject(misread)
    },
  )

  test('P08 a name is one or more visible ASCII characters and none in upper case, wherever in it', () => {
    expect(parse(pairs([['', 'x']]))).toMatchObject(misread)
    for (let code = 0; code < 256; code++) {
      const char = String.fromCharCode(code)
      const isFine = code > 0x20 && code < 0x7f && !/[A-Z]/.test(char)
      for (const name of [char, `${char}bc`, `a${char}c`, `ab${char}`]) {
        const read = fields(pairs([[name, 'x']]))
        if (isFine) expect(read).toEqual([[name, 'x']])
        else expect(read).toMatchObject(misread)
      }
    }
  })

  test('every byte but NUL is a character of a value, wherever in it, Latin-1', () => {
    for (let code = 1; code < 256; code++) {
      const char = String.fromCharCode(code)
      for (const value of [char, `${char}bc`, `a${char}c`, `ab${char}`]) {
        expect(fields(pairs([['n', value]]))).toEqual([['n', value]])
      }
    }
  })

  test('a length that is UTF-8 by chance leaves the text alone', () => {
    // C3 80 would be one character of two bytes.
    const value = 'v'.repeat(0xc380)
    expect(
      fields(
        pairs([
          ['a', value],
          ['b', 'after'],
        ]),
      ),
    ).toEqual([
      ['a', value],
      ['b', 'after'],
    ])
  })

  test('a Latin-1 block longer than one piece of the decoding is whole', () => {
    const value = 'ä\u0080ÿ'.repeat(5000)
    expect(fields(pairs([['a', value]]))).toEqual([['a', value]])
  })

  test.each([2, 16, 17, 100])('P08 a name twice among %i pairs is a stream fault', (count) => {
    const said = Array.from({ length: count }, (_, i): [string, string] => [`n${i}`, 'x'])
    expect(fields(pairs(said))).toEqual(said)
    for (const twice of [0, count - 2]) {
      const wrong = said.map(([name, value], i): [string, string] => [
        i === count - 1 ? `n${twice}` : name,
        value,
      ])
      expect(parse(pairs(wrong))).toMatchObject(misread)
    }
  })

  test('a header named __proto__ is a header like any other (S10)', () => {
    const read = parse(
      pairs([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    )
    expect(read instanceof HeaderFields && read.get('__proto__')).toBe('x')
  })

  test('P02 P03 P05 a block that lies about itself is a session fault, wherever it is cut or lengthened', () => {
    const block = pairs([
      ['Name', 'v\0'],
      ['', ''],
      ['b', 'cc'],
    ])
    expect(parse(block)).toMatchObject(misread)
    for (let cut = 0; cut < block.length; cut++) expect(parse(block.subarray(0, cut))).toMatchObject(torn)
    expect(parse(join(block, hex('00')))).toMatchObject(torn)
  })

  test('P02 P03 SS-15 a count or length costs no memory and no time by its size', () => {
    const huge = [
      hex('ffffffff'),
      join(hex('0fffffff'), new Uint8Array(60_000)),
      join(int(1), hex('ffffffff'), new Uint8Array(60_000)),
      join(int(1), int(1), latin1('a'), hex('7fffffff'), new Uint8Array(60_000)),
      join(int(1), hex('fffffffc'), new Uint8Array(8)),
    ]
    const before = process.memoryUsage()
    for (const block of huge) for (let i = 0; i < 20; i++) expect(parse(block)).toMatchObject(torn)
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20_000_000)
  })

  test.each([-1, 0, 1])('L07 maxHeaderFields %+i', (off) => {
    const block = pairs([
      ['a', '1\x002\x003'],
      ['b', ''],
      ['c', '5'],
    ])
    const read = parse(block, { maxHeaderFields: 5 - off })
    if (off > 0) expect(read).toMatchObject({ scope: 'stream', code: 'FRAME_SIZE_ERROR' })
    else expect(read).toBeInstanceOf(HeaderFields)
  })

  test.each([-1, 0, 1])('L07 maxHeaderBytes %+i counts name, value and 32 for each part', (off) => {
    const block = pairs([
      ['name', '1\x0022'],
      ['b', ''],
    ])
    const bytes = 4 + 1 + 32 + (4 + 2 + 32) + (1 + 0 + 32)
    const read = parse(block, { maxHeaderBytes: bytes - off })
    if (off > 0) expect(read).toMatchObject({ scope: 'stream', code: 'FRAME_SIZE_ERROR' })
    else expect(read).toBeInstanceOf(HeaderFields)
  })

  test('B05 any bytes at all are fields or a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 5 }), (bytes, count) => {
        for (const block of [bytes, join(int(count), bytes)]) {
          const read = parse(block)
          expect(read instanceof HeaderFault || read instanceof HeaderFields).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('writing', () => {
  test('fields of one name become one pair where the first stood, joined with NULs', () => {
    const block = write('cookie', 'a=1', ':path', '/', 'cookie', 'b=2')
    expect(toHex(block)).toBe(
      toHex(
        pairs([
          ['cookie', 'a=1\0b=2'],
          [':path', '/'],
        ]),
      ),
    )
  })

  test('an empty value stands alone; beside others of its name there is no form for it', () => {
    expect(toHex(write('a', ''))).toBe(toHex(pairs([['a', '']])))
    expect(toHex(write('a', '', 'a', 'x', 'a', '', 'a', 'y', 'a', ''))).toBe(toHex(pairs([['a', 'x\0y']])))
    expect(toHex(write('a', '', 'a', ''))).toBe(toHex(pairs([['a', '']])))
  })

  test('S01 what the wire cannot carry is refused with the reason, and blames the application', () => {
    const wrong = [
      ['', 'x'],
      ['Upper', 'x'],
      ['a b', 'x'],
      ['ä', 'x'],
      ['a\0b', 'x'],
      ['a', 'x\0y'],
      ['a', '\0'],
      ['a', 'Ā'],
      ['a', '€'],
    ]
    for (const flat of wrong) {
      const check = () => assertHeaders(HeaderFields.fromFlat(flat))
      expect(check).toThrow(PlexusError)
      expect(check).toThrow(/^expected a header (name|value) /)
      expect(check).toThrow(
        expect.objectContaining({ scope: 'request', blame: 'application', processed: 'no' }),
      )
    }
    expect(() => assertHeaders(HeaderFields.fromFlat(['a', 'ÿ\r\n', '__proto__', '']))).not.toThrow()
  })

  test('headers larger than a frame are refused before they are written', () => {
    const check = () => assertHeaders(HeaderFields.fromFlat(['a', 'x'.repeat(0xff_ffff)]))
    expect(check).toThrow(expect.objectContaining({ code: 'FRAME_SIZE_ERROR', scope: 'request' }))
  })

  test('a block larger than the space there was is whole', () => {
    const value = 'x'.repeat(300_000)
    expect(write('a', value)).toHaveLength(4 + 4 + 1 + 4 + 300_000)
    expect(toHex(write('a', 'b'))).toBe(toHex(pairs([['a', 'b']])))
  })

  test('what was written is read again, values of one name side by side', () => {
    const name = fc.stringMatching(/^[!-@[-~]{1,12}$/)
    const value = fc
      .array(fc.integer({ min: 1, max: 255 }), { maxLength: 200 })
      .map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 30 }), (said) => {
        const wanted = new Map<string, string[]>()
        for (const [key, one] of said) wanted.set(key, [...(wanted.get(key) ?? []), one])
        const grouped = [...wanted].flatMap(([key, values]) => {
          const full = values.filter((one) => one !== '')
          return (full.length === 0 ? [''] : full).map((one) => [key, one])
        })
        expect(fields(write(...said.flat()))).toEqual(grouped)
      }),
      { numRuns: 300 },
    )
  })
})
