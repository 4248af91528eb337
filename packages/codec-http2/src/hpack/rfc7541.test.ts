import { describe, expect, test } from '@jest/globals'
import { HpackEncoder } from './encoder.js'
import { decode, decoder, type Field, held, hex, pairs, toHex } from './hpack.test.kit.js'
import { IntegerReader, writeInteger } from './integers.js'

describe('RFC 7541 appendix C', () => {
  test.each([
    ['C.1.1', 10, 0x1f, '0a'],
    ['C.1.2', 1337, 0x1f, '1f9a0a'],
    ['C.1.3', 42, 0xff, '2a'],
  ])('%s the integer %i', (_, value, mask, wire) => {
    const target = new Uint8Array(8)
    expect(toHex(target.subarray(0, writeInteger(target, 0, 0, mask, value)))).toBe(wire)
    const reader = new IntegerReader(hex(wire))
    expect(reader.integer(mask)).toBe(value)
    expect(reader.at).toBe(wire.length / 2)
  })

  const REQUESTS = [
    {
      fields: [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
      held: [':authority: www.example.com'],
      size: 57,
    },
    {
      fields: [
        ':method: GET',
        ':scheme: http',
        ':path: /',
        ':authority: www.example.com',
        'cache-control: no-cache',
      ],
      held: ['cache-control: no-cache', ':authority: www.example.com'],
      size: 110,
    },
    {
      fields: [
        ':method: GET',
        ':scheme: https',
        ':path: /index.html',
        ':authority: www.example.com',
        'custom-key: custom-value',
      ],
      held: ['custom-key: custom-value', 'cache-control: no-cache', ':authority: www.example.com'],
      size: 164,
    },
  ]

  const PRIVATE = 'cache-control: private'
  const DATE = 'date: Mon, 21 Oct 2013 20:13:21 GMT'
  const LATER = 'date: Mon, 21 Oct 2013 20:13:22 GMT'
  const LOCATION = 'location: https://www.example.com'
  const GZIP = 'content-encoding: gzip'
  const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'
  const RESPONSES = [
    {
      fields: [':status: 302', PRIVATE, DATE, LOCATION],
      held: [LOCATION, DATE, PRIVATE, ':status: 302'],
      size: 222,
    },
    {
      fields: [':status: 307', PRIVATE, DATE, LOCATION],
      held: [':status: 307', LOCATION, DATE, PRIVATE],
      size: 222,
    },
    {
      fields: [':status: 200', PRIVATE, LATER, LOCATION, GZIP, COOKIE],
      held: [COOKIE, GZIP, LATER],
      size: 215,
    },
  ]

  const CHAPTERS = [
    {
      name: 'C.2.1 a literal that enters the table',
      tableSize: 4096,
      steps: [
        {
          wire: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
          fields: ['custom-key: custom-header'],
          held: ['custom-key: custom-header'],
          size: 55,
        },
      ],
    },
    {
      name: 'C.2.2 a literal that does not',
      tableSize: 4096,
      steps: [
        {
          wire: '040c 2f73 616d 706c 652f 7061 7468',
          fields: [':path: /sample/path'],
          held: [],
          size: 0,
        },
      ],
    },
    {
      name: 'C.2.3 a literal that never may',
      tableSize: 4096,
      steps: [
        {
          wire: '1008 7061 7373 776f 7264 0673 6563 7265 74',
          fields: ['password: secret'],
          held: [],
          size: 0,
        },
      ],
    },
    {
      name: 'C.2.4 an index',
      tableSize: 4096,
      steps: [{ wire: '82', fields: [':method: GET'], held: [], size: 0 }],
    },
    {
      name: 'C.3 requests as they are',
      tableSize: 4096,
      steps: [
        { wire: '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', ...REQUESTS[0]! },
        { wire: '8286 84be 5808 6e6f 2d63 6163 6865', ...REQUESTS[1]! },
        {
          wire: '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
          ...REQUESTS[2]!,
        },
      ],
    },
    {
      name: 'C.4 requests, Huffman coded',
      tableSize: 4096,
      steps: [
        { wire: '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', ...REQUESTS[0]! },
        { wire: '8286 84be 5886 a8eb 1064 9cbf', ...REQUESTS[1]! },
        { wire: '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', ...REQUESTS[2]! },
      ],
    },
    {
      name: 'C.5 responses as they are, in a table that evicts',
      tableSize: 256,
      steps: [
        {
          wire: `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
                 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
          ...RESPONSES[0]!,
        },
        { wire: '4803 3330 37c1 c0bf', ...RESPONSES[1]! },
        {
          wire: `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
                 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541
                 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
          ...RESPONSES[2]!,
        },
      ],
    },
    {
      name: 'C.6 responses, Huffman coded, in a table that evicts',
      tableSize: 256,
      steps: [
        {
          wire: `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
                 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
          ...RESPONSES[0]!,
        },
        { wire: '4883 640e ffc1 c0bf', ...RESPONSES[1]! },
        {
          wire: `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
                 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587
                 3160 65c0 03ed 4ee5 b106 3d50 07`,
          ...RESPONSES[2]!,
        },
      ],
    },
  ]

  test.each(CHAPTERS)('$name', ({ tableSize, steps }) => {
    const by = decoder({ maxTableSize: tableSize })
    for (const { wire, fields, held: after, size } of steps) {
      expect(decode(by, wire)).toEqual({ verdict: 'ok', fields: fields.map(field) })
      expect(held(by)).toEqual(after)
      expect(by.tableSize).toBe(size)
    }
  })

  test('C.4 our encoder writes these very octets', () => {
    const encoder = new HpackEncoder()
    for (const { wire, fields, held: after, size } of CHAPTERS.find(({ name }) => name.startsWith('C.4'))!
      .steps) {
      expect(toHex(encoder.encode(fields.flatMap(field)))).toBe(wire.replaceAll(' ', ''))
      expect(held(encoder)).toEqual(after)
      expect(encoder.tableSize).toBe(size)
    }
  })

  test('C.6 what our encoder makes of the responses decodes to them', () => {
    const encoder = new HpackEncoder({ maxTableSize: 256 })
    const by = decoder({ maxTableSize: 256 })
    for (const { fields } of RESPONSES) {
      const flat: string[] = []
      expect(by.decode(encoder.encode(fields.flatMap(field)), flat)).toBe('ok')
      expect(pairs(flat)).toEqual(fields.map(field))
      expect(held(by)).toEqual(held(encoder))
    }
  })
})

/** `':path: /'` → its name and its value. */
function field(line: string): Field {
  const colon = line.indexOf(': ')
  return [line.slice(0, colon), line.slice(colon + 2)]
}
