import { describe, expect, test } from '@jest/globals'
import { type ErrorCode, HeaderFields, type OutFrame, PlexusError, type Priority } from '@plexus/contract'
import * as fc from 'fast-check'
import {
  codec,
  decode,
  decodeInPieces,
  encode,
  encodeData,
  inflateElsewhere,
  merge,
  NO_BYTES,
  pairs,
  plain,
  toHex,
} from './dialogue.test.kit.js'

const id = fc.integer({ min: 0, max: 0x7fff_ffff })
const end = fc.boolean()
const name = fc.stringMatching(/^[!-@[-~]{1,12}$/)
const value = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 80 })
  .map((codes) => String.fromCharCode(...codes))
/** What the wire can say: values of one name side by side, no empty one among several. */
const headers = fc
  .uniqueArray(
    fc.tuple(
      name,
      fc.oneof(
        value.map((one) => [one]),
        fc.array(
          value.filter((one) => one !== ''),
          { minLength: 1, maxLength: 3 },
        ),
      ),
    ),
    {
      selector: ([key]) => key,
      maxLength: 20,
    },
  )
  .map((said) => HeaderFields.fromFlat(said.flatMap(([key, values]) => values.flatMap((one) => [key, one]))))

/** Codes that have a number of their own here, with that number. */
const resets: [ErrorCode, number][] = [
  ['PROTOCOL_ERROR', 1],
  ['INVALID_STREAM', 2],
  ['REFUSED_STREAM', 3],
  ['UNSUPPORTED_VERSION', 4],
  ['CANCEL', 5],
  ['INTERNAL_ERROR', 6],
  ['FLOW_CONTROL_ERROR', 7],
  ['STREAM_IN_USE', 8],
  ['STREAM_CLOSED', 9],
  ['FRAME_SIZE_ERROR', 11],
  ['UNKNOWN', 10],
  ['UNKNOWN', 0xffff_ffff],
]
const goAways: [ErrorCode, number][] = [
  ['NO_ERROR', 0],
  ['PROTOCOL_ERROR', 1],
  ['INTERNAL_ERROR', 2],
  ['UNKNOWN', 3],
]
const number32 = fc.integer({ min: 0, max: 0xffff_ffff })
const settings = fc.record({ maxConcurrentStreams: number32, initialWindow: number32 }, { requiredKeys: [] })

const frame: fc.Arbitrary<OutFrame> = fc.oneof(
  fc.record({
    type: fc.constant('open' as const),
    id,
    parent: id,
    priority: fc.integer({ min: 0, max: 7 }) as fc.Arbitrary<Priority>,
    headers,
    end,
    unidirectional: fc.boolean(),
  }),
  fc.record({ type: fc.constant('reply' as const), id, headers, end }),
  fc.record({ type: fc.constant('headers' as const), id, headers, end }),
  fc
    .tuple(id, fc.constantFrom(...resets))
    .map(([id, [code, wireCode]]) => ({ type: 'reset' as const, id, code, wireCode })),
  fc
    .tuple(id, fc.constantFrom(...goAways))
    .map(([lastId, [code, wireCode]]) => ({ type: 'goAway' as const, lastId, code, wireCode })),
  fc.record({ type: fc.constant('window' as const), id, delta: id }),
  fc.record({ type: fc.constant('settings' as const), settings, ack: fc.constant(false) }),
  // A server reads what a client writes, so an even id is the answer.
  number32.map((token) => ({ type: 'ping' as const, token, ack: (token & 1) === 0 })),
)

describe('what is encoded is decoded as it was', () => {
  test.each([0, 1, 6])(
    'frames of every type, any number of them, in any pieces, at level %i',
    (compressionLevel) => {
      fc.assert(
        fc.property(
          fc.array(frame, { maxLength: 12 }),
          fc.infiniteStream(fc.nat({ max: 3000 })),
          (frames, cuts) => {
            const bytes = encode(codec({}, 'client', { compressionLevel }), ...frames)
            const at = [...cuts.take(5)].map((cut) => Math.min(cut, bytes.length))
            expect(plain(decodeInPieces(codec(), bytes, at))).toEqual(plain(frames))
          },
        ),
        { numRuns: 100 },
      )
    },
  )

  test('data of any size, with an end or without', () => {
    fc.assert(
      fc.property(
        id,
        fc.uint8Array({ maxLength: 3000 }),
        end,
        fc.nat({ max: 3008 }),
        (stream, payload, isEnd, cut) => {
          const bytes = encodeData(codec(), stream, payload, isEnd)
          const frames = merge(decodeInPieces(codec(), bytes, [Math.min(cut, bytes.length)]))
          const wanted = {
            type: 'data',
            id: stream,
            payload: toHex(payload),
            charge: payload.length,
            padding: 0,
            end: isEnd,
          }
          expect(plain(frames)).toEqual([wanted])
        },
      ),
    )
  })
})

test('payload goes out by reference, a head of 8 bytes before it', () => {
  const payload = new Uint8Array(5000)
  const chunks: Uint8Array[] = []
  const out = {
    u32: (word: number) => chunks.push(Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word)),
    bytes: (bytes: Uint8Array) => chunks.push(bytes),
  }
  codec().encodeData(1, payload, true, out as never)
  expect(chunks[2]).toBe(payload)
  expect(chunks.slice(0, 2).map(toHex)).toEqual(['00000001', '01001388'])
})

test('payload larger than a frame can be is several frames, the end on the last', () => {
  const payload = new Uint8Array(0xff_ffff + 10)
  const reader = codec({ maxDataFrame: 0xff_ffff })
  expect(decode(reader, encodeData(codec(), 1, payload, true))).toMatchObject([
    { charge: 0xff_ffff, end: false },
    { charge: 10, end: true },
  ])
})

test('an end without payload is one empty frame', () => {
  expect(toHex(encodeData(codec(), 1, NO_BYTES, true))).toBe('0000000101000000')
})

test('headers larger than a slab are whole', () => {
  const fields = HeaderFields.fromFlat([
    'a',
    Array.from({ length: 20_000 }, (_, i) => ((i * 7919) % 10_007).toString(36)).join(''),
  ])
  const reader = codec({ maxHeaderBytes: 1_000_000, maxControlFrame: 1_000_000, maxHeaderBlock: 1_000_000 })
  for (const compressionLevel of [0, 1, 9]) {
    const bytes = encode(codec({}, 'client', { compressionLevel }), {
      type: 'reply',
      id: 1,
      headers: fields,
      end: false,
    })
    expect(
      plain(
        decode(
          codec({ maxHeaderBytes: 1_000_000, maxControlFrame: 1_000_000, maxHeaderBlock: 1_000_000 }),
          bytes,
        ),
      ),
    ).toMatchObject([{ headers: fields.toJSON() }])
  }
  expect(reader.traits.headers).toBe(true)
})

test('another zlib reads the blocks of open, reply and headers in the order they were encoded', () => {
  const writer = codec({}, 'client')
  const say = (text: string) => HeaderFields.fromFlat(['a', text])
  const blocks = [
    encode(writer, {
      type: 'open',
      id: 1,
      parent: 0,
      priority: 0,
      headers: say('x'),
      end: false,
      unidirectional: false,
    }).subarray(18),
    encode(writer, { type: 'reply', id: 2, headers: say('y'), end: false }).subarray(12),
    encode(writer, { type: 'headers', id: 1, headers: say('x'), end: true }).subarray(12),
  ]
  const wanted = ['x', 'y', 'x'].map((text) => toHex(pairs([['a', text]]))).join('')
  expect(toHex(inflateElsewhere(...blocks))).toBe(wanted)
})

test('S01 headers that the wire cannot carry throw before the context and the writer have seen a byte', () => {
  const writer = codec({}, 'client')
  const say = (...flat: string[]) =>
    encode(writer, { type: 'reply', id: 1, headers: HeaderFields.fromFlat(flat), end: false })
  const reader = codec()
  expect(decode(reader, say('a', '1'))).toHaveLength(1)
  expect(() => say('fine', '1', 'Wrong', '2')).toThrow(PlexusError)
  expect(() => say('fine', '1', 'wrong', '\0')).toThrow(/Latin-1 without NUL/)
  expect(plain(decode(reader, say('b', '2')))).toMatchObject([{ headers: [['b', '2']] }])
})

test('there is no acknowledgement of settings to be written', () => {
  expect(encode(codec(), { type: 'settings', settings: {}, ack: true })).toHaveLength(0)
})

test('SPDY has no place for a debug text or a largest frame', () => {
  const goAway = { type: 'goAway', lastId: 3, code: 'NO_ERROR' } as const
  expect(encode(codec(), { ...goAway, debug: 'why' })).toEqual(encode(codec(), goAway))
  const written = encode(codec(), { type: 'settings', settings: { maxFrameSize: 5 }, ack: false })
  expect(toHex(written)).toBe('800300040000000400000000')
})

test('a ping token of any kind of number goes out as 32 bits', () => {
  expect(toHex(encode(codec(), { type: 'ping', token: 0xffff_fffen, ack: false }))).toBe(
    '8003000600000004fffffffe',
  )
})

test.each([
  { type: 'inform', id: 1, headers: HeaderFields.NONE },
  { type: 'priority', id: 1, urgency: 2, incremental: false },
] as const)('S09 what SPDY has no frame for is refused, and nothing of it goes out: $type', (frame) => {
  expect(() => encode(codec(), frame)).toThrow(
    expect.objectContaining({ scope: 'request', blame: 'application', event: frame.type }),
  )
})
