import { describe, expect, test } from '@jest/globals'
import { HpackEncoder } from './encoder.js'
import { decode, decoder, held, hex, huffmanString, literal, merge, string } from './hpack.test.kit.js'

const INDEXING = 0x40

/** An index into a table with many entries: 0x80 and an integer with a prefix of seven bits. */
const index = (of: number) => (of < 127 ? Uint8Array.of(0x80 | of) : Uint8Array.of(0xff, of - 127))

describe('L07 the limits of a block', () => {
  test.each([
    [-1, 'ok'],
    [0, 'ok'],
    [1, 'tooLarge'],
  ])('L07 maxDecoded %+i counts name, value and 32 a field', (off, verdict) => {
    const block = merge(literal('a', 'b'), literal('name', 'v'.repeat(59 + off)))
    const by = decoder({ maxDecoded: 34 + 4 + 59 + 32 })
    const { fields, ...rest } = decode(by, block)
    expect(rest.verdict).toBe(verdict)
    expect(fields).toHaveLength(verdict === 'ok' ? 2 : 1)
  })

  test.each([
    [-1, 'ok'],
    [0, 'ok'],
    [1, 'tooMany'],
  ])('L07 maxFields %+i', (off, verdict) => {
    const by = decoder({ maxFields: 5 })
    const came = decode(by, new Uint8Array(5 + off).fill(0x82))
    expect(came.verdict).toBe(verdict)
    expect(came.fields).toHaveLength(Math.min(5, 5 + off))
  })

  test('L07 the limits are those of one block', () => {
    const by = decoder({ maxFields: 2, maxDecoded: 90 })
    for (let i = 0; i < 10; i++) expect(decode(by, '8282').verdict).toBe('ok')
    expect(decode(by, '828282').verdict).toBe('tooLarge')
    expect(decode(by, '8282').verdict).toBe('ok')
  })
})

describe('H15 few octets, large headers', () => {
  const large = literal('bomb', 'v'.repeat(900), INDEXING)

  test('H15 past the limit nothing is handed out, and the table stays in step', () => {
    const by = decoder({ maxDecoded: 1900 })
    const after = literal('after', 'the limit', INDEXING)
    const came = decode(by, merge(large, index(62), index(62), after))
    expect(came.verdict).toBe('tooLarge')
    expect(came.fields).toHaveLength(2)
    expect(held(by)).toEqual(['after: the limit', `bomb: ${'v'.repeat(900)}`])
    expect(decode(by, index(62)).fields).toEqual([['after', 'the limit']])
  })

  test('H15 a size update and evictions are done for a block that is refused', () => {
    const by = decoder({ maxFields: 1 })
    decode(by, literal('old', 'one', INDEXING))
    expect(
      decode(by, merge(hex('203f45'), literal('a', 'b', INDEXING), literal('c', 'd', INDEXING))).verdict,
    ).toBe('tooMany')
    expect(held(by)).toEqual(['c: d', 'a: b'])
  })

  test.each([
    ['twice the limit', 0, 'tooLarge'],
    ['one byte more', 1, 'session'],
  ])('H15 %s', (_, more, scope) => {
    const by = decoder({ maxDecoded: 500 })
    const { verdict, fields } = decode(by, literal('', 'v'.repeat(968 + more)))
    expect(typeof verdict === 'string' ? verdict : 'session').toBe(scope)
    if (typeof verdict === 'object') expect(verdict.code).toBe('ENHANCE_YOUR_CALM')
    expect(fields).toEqual([])
  })

  test('H15 a bomb of 64 KiB that means 240 MB is left off after 128 KiB', () => {
    const by = decoder()
    decode(by, literal('', 'v'.repeat(4096 - 32), INDEXING))
    const flat: string[] = []
    const verdict = by.decode(new Uint8Array(65_536).fill(0x80 | 62), flat)
    expect(verdict).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
    expect(flat.length / 2).toBe(16)
    // All sixteen are one string, the table's own.
    expect(new Set(flat).size).toBe(2)
  })
})

describe('H16 few octets, very many tiny headers', () => {
  test.each([
    ['from the static table', new Uint8Array(1000).fill(0x82)],
    ['cookie crumbs', merge(literal('cookie', 'a=b', INDEXING), new Uint8Array(1000).fill(0x80 | 62))],
    ['empty literals', merge(...Array.from({ length: 1000 }, () => literal('', '')))],
  ])('H16 L07 %s are handed out up to the count', (_, block) => {
    const came = decode(decoder({ maxFields: 128 }), block)
    expect(came.verdict).toBe('tooMany')
    expect(came.fields).toHaveLength(128)
  })
})

describe('H10 empty names', () => {
  test.each([
    ['as a literal', '000000', []],
    ['in the table', '400000', [': ']],
    ['Huffman coded', '008000', []],
  ])('H10 %s: it is handed out for the codec to see, and the table goes on', (_, wire, table) => {
    const by = decoder()
    expect(decode(by, wire)).toEqual({ verdict: 'ok', fields: [['', '']] })
    expect(held(by)).toEqual(table)
    expect(decode(by, '82').verdict).toBe('ok')
  })
})

describe('H17 malformed compression', () => {
  const cut = '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'.replaceAll(' ', '')

  test.each([
    ['index 0', '80', /index from 1 to 61, 0 came/],
    ['an index past the static table while the other is empty', 'be', /index from 1 to 61, 62 came/],
    ['an index past the dynamic table', '400161016282 bf', /index from 1 to 62, 63 came/],
    ['the name of an index that is not there', '7f00 0161', /index from 1 to 61, 63 came/],
    ['an index of 2^28', 'ff81ffff7f', /index from 1 to 61, 268435456 came/],
    ['an index of 2^32', 'ff81ffffff0f', /integer/],
    ['an index that is long and says little', 'ff8080808080808000', /integer/],
    ['an index that does not end', 'ff80', /integer/],
    ['an index that is only a prefix', 'ff', /integer/],
    ['the index of a name that does not end', '7f80', /integer/],
    ['a length of 2^28', '007f81ffff7f', /ends before/],
    ['a length of 2^64', '007fffffffffffffffffff01', /integer/],
    ['a length that does not end', '007f', /integer/],
    ['a name longer than the block', '000561', /ends before/],
    ['a value longer than the block', '00016105', /ends before/],
    ['no name', '00', /ends before/],
    ['no value', '04', /ends before/],
    ['Huffman padding of zeros', '04811800', /Huffman string that ends/],
    ['Huffman padding of an octet', '0482f8ff', /Huffman string that ends/],
    ['a Huffman string of ones', '0483ffffff', /Huffman string that ends/],
    ['EOS in a Huffman string', '0484ffffffff', /without EOS/],
    ['a bad Huffman name', '00811800', /Huffman string that ends/],
    ['a bad Huffman string that would enter the table', '44811800', /Huffman string that ends/],
    ['a size update behind a field', '8220', /beginning of its block/],
    ['a size update at the end of a block', '82842a', /beginning of its block/],
    ['a size update above what was announced', '3fe21f', /at most 4096 bytes, a size update to 4097 came/],
    ['a size update that does not end', '3f', /integer/],
    ['a size update of 2^32', '3fe1ffffff0f', /integer/],
  ])('H17 %s', (_, wire, fault) => {
    const by = decoder()
    const { verdict } = decode(by, wire)
    expect(verdict).toEqual({ fault: expect.stringMatching(fault), code: 'COMPRESSION_ERROR' })
    // The context is dead: whatever comes is answered with the same.
    expect(decode(by, '82')).toEqual({ verdict, fields: [] })
  })

  test.each(Array.from({ length: cut.length / 2 - 1 }, (_, i) => i + 1))(
    'H17 a block cut after octet %i',
    (octets) => {
      expect(decode(decoder(), cut.slice(0, octets * 2)).verdict).toMatchObject({ code: 'COMPRESSION_ERROR' })
    },
  )

  test('H17 past the limit a block is still judged', () => {
    expect(decode(decoder({ maxFields: 1 }), '828280').verdict).toMatchObject({ code: 'COMPRESSION_ERROR' })
  })

  test('H17 L08 each octet of a block is looked at a fixed number of times, whatever it says', () => {
    const blocks = [
      new Uint8Array(20_000).fill(0x82),
      merge(literal('', 'v'.repeat(60), INDEXING), new Uint8Array(20_000).fill(0x80 | 62)),
      merge(...Array.from({ length: 1000 }, (_, i) => literal(String(i), 'v'.repeat(20), INDEXING))),
      merge(...Array.from({ length: 5000 }, () => hex('3f8080808000'))),
      merge(...Array.from({ length: 5000 }, () => hex('203fe11f'))),
      // Huffman: text, and nothing but the longest codes.
      merge(hex('04'), huffmanString('text'.repeat(3000))),
      merge(hex('04'), huffmanString('\n'.repeat(4000))),
      merge(hex('0400 00ff ff7f'), new Uint8Array(20_000).fill(0xff)),
    ]
    for (const block of blocks) {
      let reads = 0
      const counted = new Proxy(block, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads++
          return Reflect.get(target, key, target)
        },
      })
      decoder({ maxDecoded: 1 << 24, maxFields: 1 << 24 }).decode(counted, [])
      expect(reads).toBeGreaterThan(0)
      expect(reads / block.length).toBeLessThan(12)
    }
  })
})

describe('H17 size updates', () => {
  test('H17 one that our settings ask for must come', () => {
    const by = decoder()
    decode(by, literal('a', 'b', INDEXING))
    by.setMaxTableSize(100)
    expect(held(by)).toEqual(['a: b'])
    expect(decode(by, '82').verdict).toEqual({
      fault: expect.stringMatching(/size update to 100 or less at the beginning/),
      code: 'COMPRESSION_ERROR',
    })
  })

  test('H17 one that is too large does not do', () => {
    const by = decoder()
    by.setMaxTableSize(100)
    expect(decode(by, '3f46 82'.replace(' ', '')).verdict).toMatchObject({ code: 'COMPRESSION_ERROR' })
  })

  test.each(['3f45', '20', '3f453f45', '203f45'])('H17 %s does for 100', (update) => {
    const by = decoder()
    by.setMaxTableSize(100)
    expect(decode(by, `${update}82`).verdict).toBe('ok')
    expect(decode(by, '82').verdict).toBe('ok')
  })

  test('H17 of two settings the smaller must be heard of, even if the last is as before (§4.2)', () => {
    const by = decoder()
    decode(by, literal('a', 'b', INDEXING))
    by.setMaxTableSize(0)
    by.setMaxTableSize(4096)
    expect(decode(by, '203fe11f82').verdict).toBe('ok')
    expect(held(by)).toEqual([])

    const other = decoder()
    other.setMaxTableSize(0)
    other.setMaxTableSize(4096)
    expect(decode(other, '3fe11f82').verdict).toMatchObject({ code: 'COMPRESSION_ERROR' })
  })

  test('a table that may be larger stays as it is until the peer says so', () => {
    const by = decoder()
    by.setMaxTableSize(8192)
    expect(decode(by, '82').verdict).toBe('ok')
    expect(decode(by, merge(hex('3fe13f'), literal('a', 'v'.repeat(8000), INDEXING))).verdict).toBe('ok')
    expect(by.tableSize).toBe(8033)
  })

  test('a block of nothing is a block', () => {
    const by = decoder()
    by.setMaxTableSize(10)
    expect(decode(by, '')).toEqual({ verdict: 'ok', fields: [] })
    expect(decode(by, '82').verdict).toMatchObject({ code: 'COMPRESSION_ERROR' })
  })
})

describe('what is handed out', () => {
  test('a name is not looked at: a prototype is a string like any other', () => {
    expect(decode(decoder(), merge(literal('__proto__', 'x'), literal('constructor', 'y'))).fields).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  test.each([0, 1, 7, 8, 9, 12, 63, 64, 65, 200, 5000])(
    'a string of %i octets is one of as many characters',
    (length) => {
      for (const from of [0x61, 0x80, 0xc3, 0]) {
        const text = Array.from({ length }, (_, i) => String.fromCharCode((from + i) & 0xff)).join('')
        const raw = merge(hex('00'), string('n'), string(text))
        expect(decode(decoder(), raw).fields).toEqual([['n', text]])
        expect(decode(decoder(), new HpackEncoder().encode(['n', text])).fields).toEqual([['n', text]])
      }
    },
  )

  test('the block is not touched, and nothing of it is kept', () => {
    const by = decoder()
    const block = literal('name', 'value', INDEXING)
    const copy = block.slice()
    decode(by, block)
    expect(block).toEqual(copy)
    block.fill(0)
    expect(held(by)).toEqual(['name: value'])
  })
})
