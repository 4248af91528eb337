import { describe, expect, test } from '@jest/globals'
import { HpackEncoder } from './encoder.js'
import { decode, decoder, held, hex, toHex } from './hpack.test.kit.js'

const encode = (by: HpackEncoder, ...fields: string[]) => toHex(by.encode(fields))

describe('secrets', () => {
  test.each([
    ['authorization', 'Basic YTpi', '1f08'],
    ['proxy-authorization', 'Basic YTpi', '1f22'],
    ['set-cookie', 'a=b', '1f28'],
    ['cookie', 'sid=short', '1f11'],
  ])('%s goes out never-indexed, however often', (name, value, prefix) => {
    const by = new HpackEncoder()
    for (let i = 0; i < 3; i++) {
      const wire = encode(by, name, value)
      expect(wire.startsWith(prefix)).toBe(true)
      expect(decode(decoder(), wire).fields).toEqual([[name, value]])
    }
    expect(held(by)).toEqual([])
  })

  test('so does what the options name', () => {
    const by = new HpackEncoder({ secrets: ['x-api-key'] })
    expect(encode(by, 'x-api-key', '1')).toMatch(/^10/)
    expect(encode(by, 'x-api-key', '1')).toMatch(/^10/)
    expect(encode(by, 'authorization', '1')).toMatch(/^1f08/)
    expect(held(by)).toEqual([])
  })

  test('a long cookie enters the table', () => {
    const by = new HpackEncoder()
    encode(by, 'cookie', 'c'.repeat(20))
    expect(encode(by, 'cookie', 'c'.repeat(20))).toBe('be')
    expect(encode(by, 'cookie', 'c'.repeat(19))).toMatch(/^1f11/)
  })
})

describe('what enters the table', () => {
  test('most do when they come', () => {
    const by = new HpackEncoder()
    encode(by, 'accept', '*/*', 'x-own', '1')
    expect(held(by)).toEqual(['x-own: 1', 'accept: */*'])
    expect(encode(by, 'accept', '*/*', 'x-own', '1')).toBe('bfbe')
  })

  test('what mostly comes once does when it comes again', () => {
    const by = new HpackEncoder()
    for (let i = 0; i < 50; i++) encode(by, ':path', `/items/${i}`)
    expect(held(by)).toEqual([])
    encode(by, ':path', '/items/49')
    expect(held(by)).toEqual([':path: /items/49'])
    expect(encode(by, ':path', '/items/49')).toBe('be')
  })

  test('one that takes more than three quarters of the table does not', () => {
    const by = new HpackEncoder()
    encode(by, 'a', 'v'.repeat(3072 - 32 - 1))
    expect(by.tableSize).toBe(3072)
    encode(by, 'b', 'v'.repeat(3072 - 32))
    expect(held(by)).toHaveLength(1)
  })

  test('a field that has left the table is not taken for one that is in it', () => {
    const by = new HpackEncoder({ maxTableSize: 200 })
    const reader = decoder({ maxTableSize: 200 })
    const round = (...fields: string[]) => decode(reader, by.encode(fields)).fields.flat()
    expect(round('a', '1')).toEqual(['a', '1'])
    for (let i = 0; i < 20; i++) expect(round('z', 'same', 'b', `${i}`, 'c', `${i}`)).toContain(`${i}`)
    expect(round('a', '1')).toEqual(['a', '1'])
    expect(held(by)).toEqual(held(reader))
  })

  test('a field in another place, and twice in one block, is known', () => {
    const by = new HpackEncoder()
    encode(by, 'x', '1', 'y', '2')
    expect(encode(by, 'y', '2', 'x', '1', 'x', '1')).toBe('bebfbf')
  })
})

describe('L08 H18 the size of the table', () => {
  test.each([4096, 4097, 65_536, 2 ** 31, 2 ** 32 - 1])(
    'H18 L08 a peer that offers %i gets 4,096',
    (size) => {
      const by = new HpackEncoder()
      by.setPeerTableSize(size)
      expect(encode(by, ':method', 'GET')).toBe('82')
      for (let i = 0; i < 500; i++) encode(by, `name-${i}`, 'v'.repeat(50))
      expect(by.tableSize).toBeGreaterThan(3900)
      expect(by.tableSize).toBeLessThanOrEqual(4096)
    },
  )

  test('a smaller one is said at the beginning of the next block, once', () => {
    const by = new HpackEncoder()
    encode(by, 'a', '1')
    by.setPeerTableSize(100)
    by.setPeerTableSize(100)
    expect(encode(by, ':method', 'GET')).toBe('3f4582')
    expect(encode(by, ':method', 'GET')).toBe('82')
    expect(held(by)).toEqual(['a: 1'])
  })

  test('of several the smallest and the last are said (§4.2)', () => {
    const by = new HpackEncoder()
    encode(by, 'a', '1')
    for (const size of [1000, 0, 30, 4096]) by.setPeerTableSize(size)
    expect(encode(by, ':method', 'GET')).toBe('203fe11f82')
    expect(held(by)).toEqual([])
    for (const size of [200, 100, 150]) by.setPeerTableSize(size)
    expect(encode(by, ':method', 'GET')).toBe('3f453f7782')
    // Larger, then larger still: nothing was ever smaller.
    for (const size of [160, 300]) by.setPeerTableSize(size)
    expect(encode(by, ':method', 'GET')).toBe('3f8d0282')
  })

  test('a table of nothing makes literals that enter none', () => {
    const by = new HpackEncoder()
    by.setPeerTableSize(0)
    expect(encode(by, 'x', '1')).toBe('2000 01 78 01 31'.replaceAll(' ', ''))
    expect(encode(by, 'x', '1')).toBe('0001780131')
  })

  test('an option below what the protocol begins with is said too', () => {
    expect(encode(new HpackEncoder({ maxTableSize: 0 }), ':method', 'GET')).toBe('2082')
    expect(encode(new HpackEncoder({ maxTableSize: 8192 }), ':method', 'GET')).toBe('82')
  })

  test('one above it is used when the peer offers it', () => {
    const by = new HpackEncoder({ maxTableSize: 8192 })
    by.setPeerTableSize(65_536)
    expect(encode(by, ':method', 'GET')).toBe('3fe13f82')
  })
})

describe('the block', () => {
  test('a string is Huffman coded where that is shorter', () => {
    expect(encode(new HpackEncoder(), 'x-a', 'aaaaaaaa')).toBe(
      '40 03 782d61 85 18c6318c63'.replaceAll(' ', ''),
    )
    expect(encode(new HpackEncoder(), 'x', '\x01\x02')).toBe('40 01 78 02 0102'.replaceAll(' ', ''))
  })

  test('no fields are no octets', () => {
    expect(new HpackEncoder().encode([])).toHaveLength(0)
  })

  test('a large one fits, and its slab is not kept for ever', () => {
    const by = new HpackEncoder()
    const value = '\x01'.repeat(200_000)
    const block = by.encode(['a', value])
    expect(block).toHaveLength(2 + 1 + 4 + 200_000)
    expect(block.buffer.byteLength).toBeLessThan(210_000)
    expect(by.encode(['a', 'b']).buffer.byteLength).toBeLessThan(2000)
    expect(decode(decoder({ maxDecoded: 1 << 20 }), block.slice()).fields[0]![1]).toBe(value)
  })

  test('B20 a block of the longest numbers stays in its room', () => {
    const by = new HpackEncoder({ secrets: ['n'] })
    const fields = Array.from({ length: 3000 }, () => ['n', '\x01'.repeat(16_600)])
      .flat()
      .slice(0, 200)
    const flat: string[] = []
    decoder({ maxDecoded: 1 << 30, maxFields: 1 << 20 }).decode(by.encode(fields), flat)
    expect(flat).toEqual(fields)
  })

  test('a character that is no octet costs its block nothing but itself', () => {
    const wire = new HpackEncoder().encode(['a', 'x\u0100y\u{1f600}z'])
    const { verdict, fields } = decode(decoder(), wire)
    expect(verdict).toBe('ok')
    expect(fields[0]![1]).toHaveLength(6)
    expect(decode(decoder(), hex('82')).verdict).toBe('ok')
  })
})
