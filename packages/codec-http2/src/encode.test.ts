import { describe, expect, test } from '@jest/globals'
import {
  type Bytes,
  ByteWriter,
  type Codec,
  HeaderFields,
  type OpenFrame,
  type OutFrame,
  PlexusError,
} from '@plexus/contract'
import * as fc from 'fast-check'
import {
  codec,
  data,
  decode,
  decodeInPieces,
  encode,
  encodeData,
  frame,
  greeted,
  hex,
  int,
  join,
  latin1,
  merge,
  NO_BYTES,
  plain,
  settings,
  toHex,
  zeros,
} from './dialogue.test.kit.js'
import type { Http2Options } from './index.js'
import { ERROR, FLAG, PREFACE, SETTING, TYPE } from './wire.js'

const fields = (...pairs: [string, string][]): HeaderFields => HeaderFields.from(pairs)
const GET = fields([':method', 'GET'], [':scheme', 'https'], [':path', '/a'], [':authority', 'here'])
const open = (headers: HeaderFields, more: Partial<OpenFrame> = {}): OpenFrame => ({
  type: 'open',
  id: 1,
  parent: 0,
  priority: 3,
  headers,
  end: false,
  unidirectional: false,
  ...more,
})
const GREETING: OutFrame = { type: 'settings', settings: { maxConcurrentStreams: 100 }, ack: false }

const client = (options: Http2Options = {}) => codec({}, 'client', options)
/** What a peer that knows of no stream yet reads. */
const heard = (bytes: Bytes, role: 'client' | 'server' = 'server') => plain(decode(greeted({}, role), bytes))

describe('the first settings', () => {
  test('DG-24 of a client stand behind the preface, and say that it takes no pushes', () => {
    const [head, ...entries] = [
      '00002a 04 00 00000000',
      '0001 00001000',
      '0002 00000000',
      '0003 00000064',
      '0005 0000ffff',
      '0006 00010000',
      '0009 00000001',
    ]
    const wanted = join(PREFACE, hex([head!.replace('2a', '24'), ...entries].join('')))
    expect(toHex(encode(client(), GREETING))).toBe(toHex(wanted))
  })

  test('of a server say nothing of pushes, and of CONNECT what its options say', () => {
    const said = settings([1, 0], [3, 100], [5, 16_384], [6, 65_536], [8, 1], [9, 1])
    const server = codec({}, 'server', { maxFrameSize: 16_384, headerTableSize: 0, extendedConnect: true })
    expect(toHex(encode(server, GREETING))).toBe(toHex(said))
  })

  test('H36 of a server take frames that all may send, of a client no more than a window', () => {
    const said = (one: Codec) => toHex(encode(one, GREETING))
    expect(said(codec({}, 'server'))).toContain('000500004000')
    expect(said(client())).toContain('00050000ffff')
  })

  test('are followed by those of the engine alone', () => {
    const one = client()
    encode(one, GREETING)
    const later: OutFrame = { type: 'settings', settings: { initialWindow: 2 ** 33 }, ack: false }
    expect(toHex(encode(one, later))).toBe(toHex(settings([4, 0xffff_ffff])))
    expect(toHex(encode(one, { type: 'settings', settings: {}, ack: true }))).toBe('000000040100000000')
  })
})

describe('a stream that speaks no HTTP', () => {
  test('is a POST of / with scheme, and a good answer', () => {
    expect(heard(encode(client(), open(fields(['x-a', 'b']))))).toMatchObject([
      {
        headers: [
          [':method', 'POST'],
          [':scheme', 'http'],
          [':path', '/'],
          ['x-a', 'b'],
        ],
      },
    ])
    expect(
      heard(encode(codec(), { type: 'reply', id: 1, headers: HeaderFields.NONE, end: false }), 'client'),
    ).toEqual([{ type: 'reply', id: 1, headers: [[':status', '200']], end: false }])
    expect(heard(encode(codec(), { type: 'inform', id: 1, headers: fields(['a', 'b']) }), 'client')).toEqual([
      {
        type: 'inform',
        id: 1,
        headers: [
          [':status', '103'],
          ['a', 'b'],
        ],
      },
    ])
  })

  test('has what it says, and pseudo fields first wherever they stood', () => {
    const said = open(fields(['x-a', 'b'], [':path', '/c']))
    expect(heard(encode(client({ scheme: 'https' }), said))).toMatchObject([
      {
        headers: [
          [':method', 'POST'],
          [':scheme', 'https'],
          [':path', '/c'],
          ['x-a', 'b'],
        ],
      },
    ])
  })

  test('S07 a tunnel gets no scheme and no path', () => {
    const tunnel = fields([':method', 'CONNECT'], [':authority', 'a:1'])
    expect(heard(encode(client(), open(tunnel)))).toMatchObject([{ headers: tunnel.toJSON() }])
  })
})

describe('urgency', () => {
  test.each([
    [{}, undefined],
    [{ priority: 0 }, 'u=0'],
    [{ priority: 5, incremental: true }, 'u=5, i'],
    [{ incremental: true }, 'i'],
  ] as const)('%j goes out as %s and is heard', (said, wanted) => {
    const [frame] = decode(greeted(), encode(client(), open(GET, said)))
    expect(frame?.type === 'open' && frame.headers.get('priority')).toBe(wanted)
    if (wanted !== undefined) expect(frame).toMatchObject(said)
  })

  test('that the headers say already is not said twice', () => {
    const headers = HeaderFields.from([...GET, ['priority', 'u=1']])
    expect(heard(encode(client(), open(headers, { priority: 6 })))).toMatchObject([
      { priority: 1, headers: headers.toJSON() },
    ])
  })

  test('that changes is a PRIORITY_UPDATE on stream 0', () => {
    const said = encode(client(), { type: 'priority', id: 5, urgency: 1, incremental: true })
    expect(toHex(said)).toBe(toHex(frame(TYPE.PRIORITY_UPDATE, join(int(5), latin1('u=1, i')))))
  })
})

describe('what cannot go out is thrown before anything is sent, and the tables stay in step', () => {
  const refusal = (run: () => unknown): PlexusError => {
    try {
      run()
    } catch (error) {
      if (error instanceof PlexusError) return error
      throw error
    }
    throw new Error('expected a throw')
  }

  test.each([
    ['a name in upper case', 'client', open(HeaderFields.fromFlat(['A', 'b'])), 'lower-case'],
    ['S01 a value of two lines', 'client', open(fields(['a', 'b\r\nc: d'])), 'without NUL, CR, LF'],
    ['a value that is no bytes', 'client', open(fields(['a', '€'])), 'without NUL'],
    ['S04 connection', 'client', open(fields(['connection', 'close'])), "no 'connection'"],
    ['a word of SPDY', 'client', open(fields([':host', 'here'])), "no ':host'"],
    [
      'a status with words',
      'server',
      { type: 'reply', id: 1, headers: fields([':status', '200 OK']), end: false },
      'three digits',
    ],
    [
      'an interim reply as the reply',
      'server',
      { type: 'reply', id: 1, headers: fields([':status', '103']), end: false },
      'a final status',
    ],
    [
      'a reply as an interim one',
      'server',
      { type: 'inform', id: 1, headers: fields([':status', '200']) },
      'an interim status',
    ],
    [
      ':protocol that the peer does not take',
      'client',
      open(fields([':method', 'CONNECT'], [':protocol', 'websocket'])),
      "no ':protocol'",
    ],
  ] as const)('%s', (_name, role, said, message) => {
    const one = codec({}, role)
    const out = new ByteWriter()
    const error = refusal(() => one.encode(said, out))
    expect(error).toMatchObject({ scope: 'request', blame: 'application', processed: 'no' })
    expect(error.message).toContain(message)
    expect(out.length).toBe(0)
  })

  test('a stream of a server, which would be a push; whoever offers one may do without', () => {
    const refused = { scope: 'request', code: 'REFUSED_STREAM', blame: 'us', processed: 'no' }
    expect(refusal(() => encode(codec(), open(GET)))).toMatchObject(refused)
  })

  test('H37 more headers than the peer says it takes; it takes few or many, nothing is made for them', () => {
    const one = client()
    decode(one, settings([SETTING.MAX_HEADER_LIST_SIZE, 200]))
    expect(refusal(() => encode(one, open(fields(['a', 'x'.repeat(100)])))).message).toContain('200 bytes')
    expect(heard(encode(one, open(HeaderFields.NONE)))).toHaveLength(1)
    const other = client()
    decode(other, settings([SETTING.MAX_HEADER_LIST_SIZE, 0xffff_ffff]))
    expect(heard(encode(other, open(GET)))).toHaveLength(1)
  })

  test('headers after the first that do not end the stream, or have pseudo fields', () => {
    const one = codec()
    expect(() => one.checkHeaders(fields(['a', 'b']), true)).not.toThrow()
    expect(refusal(() => one.checkHeaders(fields(['a', 'b']), false)).message).toContain('to end the stream')
    expect(refusal(() => one.checkHeaders(fields([':status', '200']), true)).message).toContain(
      "no ':status'",
    )
  })

  test('extended CONNECT goes where the peer takes it', () => {
    const one = client()
    decode(one, settings([SETTING.ENABLE_CONNECT_PROTOCOL, 1]))
    const said = fields(
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'a'],
    )
    const taker = greeted({}, 'server', { extendedConnect: true })
    expect(decode(taker, encode(one, open(said)))).toMatchObject([{ type: 'open' }])
  })
})

describe('a header block longer than the peer’s largest frame', () => {
  const long = fields(
    [':status', '200'],
    ...Array.from({ length: 9 }, (_, i): [string, string] => [`x-${i}`, '~'.repeat(4000)]),
  )

  test.each([
    [16_384, 3],
    [20_000, 2],
    [65_536, 1],
  ])('of %i is split into %i, and END_HEADERS stands on the last alone', (size, count) => {
    const one = codec()
    decode(one, join(PREFACE, settings([SETTING.MAX_FRAME_SIZE, size])))
    const said = encode(one, { type: 'reply', id: 1, headers: long, end: true })
    const heads: number[][] = []
    for (let at = 0; at < said.length; ) {
      const length = (said[at]! << 16) | (said[at + 1]! << 8) | said[at + 2]!
      heads.push([said[at + 3]!, said[at + 4]!])
      expect(length).toBeLessThanOrEqual(size)
      at += 9 + length
    }
    const wanted = heads.map((_, i) => [
      i === 0 ? TYPE.HEADERS : TYPE.CONTINUATION,
      (i === 0 ? FLAG.END_STREAM : 0) | (i === count - 1 ? FLAG.END_HEADERS : 0),
    ])
    expect(heads).toEqual(wanted)
    expect(heads).toHaveLength(count)
    expect(heard(said, 'client')).toMatchObject([{ type: 'reply', headers: long.toJSON(), end: true }])
  })
})

describe('secrets', () => {
  test('the names in the options never enter a table', () => {
    const one = client({ secrets: ['x-api-key'] })
    const request = open(
      fields([':method', 'GET'], [':scheme', 'https'], [':path', '/'], ['x-api-key', '\x01'], ['x', '\x01']),
    )
    encode(one, request)
    const again = toHex(encode(one, { ...request, id: 3 }))
    // §6.2.3: the pattern 0001, the name in full, the value in full; and an index for the other.
    expect(again).toMatch(/828784(?:10[0-9a-f]{2}[0-9a-f]+0101)be$/)
  })
})

describe('data', () => {
  test('has one head, and its payload goes by reference', () => {
    const out = new ByteWriter()
    const payload = latin1('hello')
    codec().encodeData(3, payload, true, out)
    const [head, body] = out.take()
    expect(toHex(head!)).toBe('000005000100000003')
    expect(body).toBe(payload)
  })

  test('is never in frames longer than the peer takes', () => {
    const said = encodeData(codec(), 1, zeros(40_000), true)
    const parts = [data(1, zeros(16_384)), data(1, zeros(16_384)), data(1, zeros(7232), FLAG.END_STREAM)]
    expect(toHex(said)).toBe(toHex(join(...parts)))
  })
})

test('pings keep all of their sixty-four bits', () => {
  const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(bits, fc.boolean(), (token, ack) => {
      const [heard] = decode(greeted(), encode(client(), { type: 'ping', token, ack }))
      expect(heard?.type === 'ping' && [BigInt(heard.token), heard.ack]).toEqual([token, ack])
    }),
  )
})

describe('what goes out is what comes in', () => {
  const id = fc.integer({ min: 1, max: 0x7fff_fffe }).map((one) => one | 1)
  const name = fc
    .stringMatching(/^[!#$%&'*+\-.^_`|~0-9a-z]{1,12}$/)
    .filter((one) => !/^(te|connection|keep-alive|upgrade)$/.test(one))
  const value = fc.stringMatching(/^(?:[!-~\xa0-\xff](?:[ -~\x80-\xff]{0,60}[!-~\x80-\xff])?)?$/)
  const regular = fc.array(fc.tuple(name, value), { maxLength: 12 })
  const listOf = (first: [string, string][]) => regular.map((more) => fields(...first, ...more))
  const end = fc.boolean()
  const code = fc.constantFrom(...(Object.keys(ERROR) as (keyof typeof ERROR)[]))
  const both = fc.oneof(
    fc.record({ type: fc.constant('window' as const), id, delta: fc.integer({ min: 0, max: 0x7fff_ffff }) }),
    code
      .filter((one) => one !== 'NO_ERROR')
      .chain((one) => id.map((on): OutFrame => ({ type: 'reset', id: on, code: one, wireCode: ERROR[one] }))),
    code.map(
      (one): OutFrame => ({
        type: 'goAway',
        lastId: 7,
        code: one === 'CANCEL' ? 'NO_ERROR' : one,
        wireCode: one === 'CANCEL' ? 0 : ERROR[one],
      }),
    ),
    fc.record({ type: fc.constant('ping' as const), token: fc.nat(), ack: end }),
  )
  const asClient = fc.oneof(
    both,
    listOf([...GET])
      .filter((one) => !one.has('priority'))
      .map((headers) => open(headers)),
  )
  const asServer = fc.oneof(
    both,
    fc.record({ type: fc.constant('reply' as const), id, headers: listOf([[':status', '404']]), end }),
    fc.record({ type: fc.constant('inform' as const), id, headers: listOf([[':status', '103']]) }),
    fc.record({ type: fc.constant('headers' as const), id, headers: listOf([]), end: fc.constant(true) }),
  )
  const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 8 })

  test.each([
    ['client', 'server', asClient],
    ['server', 'client', asServer],
  ] as const)('B02 of a %s, in any pieces, with the tables in step', (from, to, frame) => {
    fc.assert(
      fc.property(fc.array(frame as fc.Arbitrary<OutFrame>, { maxLength: 12 }), cuts, (frames, at) => {
        // A stream is opened once, and in order.
        const said = frames.map((one, i) => (one.type === 'open' ? { ...one, id: i * 2 + 1 } : one))
        const bytes = encode(codec({}, from), ...said)
        const heard = decodeInPieces(
          greeted({}, to),
          bytes,
          at.map((cut) => Math.min(cut, bytes.length)),
        )
        expect(plain(merge(heard))).toEqual(plain(said))
      }),
      { numRuns: 200 },
    )
  })
})

test('a table of another size is used when the peer knows of it, and says so', () => {
  const reader = codec({}, 'server', { headerTableSize: 0 })
  const writer = client()
  decode(reader, join(PREFACE, settings()))
  decode(writer, encode(reader, GREETING))
  decode(reader, encode(writer, { type: 'settings', settings: {}, ack: true }))
  for (const id of [1, 3, 5]) {
    const said = encode(writer, open(HeaderFields.from([...GET, ['x-long', 'again and again']]), { id }))
    expect(decode(reader, said)).toMatchObject([{ type: 'open', id }])
  }
})

test('a stream that says neither authority nor host goes to where its session leads; a tunnel says its own', () => {
  const one = client({ authority: 'here:1' })
  const placeOf = (...pairs: [string, string][]) => {
    const [frame] = decode(greeted(), encode(client({ authority: 'here:1' }), open(fields(...pairs))))
    return frame?.type === 'open' && frame.headers.get(':authority')
  }
  expect(placeOf([':path', '/a'])).toBe('here:1')
  expect(placeOf([':authority', 'there'])).toBe('there')
  expect(placeOf(['host', 'there'])).toBe(undefined)
  expect(() => encode(one, open(fields([':method', 'CONNECT'])))).toThrow(/CONNECT with ':authority'/)
})

test('H05 of tables that one frame names the smallest counts before the last: what it evicted is not referred to', () => {
  const reader = codec()
  const writer = client()
  decode(reader, encode(writer, GREETING))
  const again = (id: number) =>
    encode(writer, open(HeaderFields.from([...GET, ['x-long', 'again and again']]), { id }))
  const first = again(1)
  decode(reader, first)
  // The reader empties its table for the first entry, and has room again for the second.
  decode(writer, settings([SETTING.HEADER_TABLE_SIZE, 0], [SETTING.HEADER_TABLE_SIZE, 4096]))
  const second = again(3)
  expect(toHex(second.subarray(9, 13))).toBe('203fe11f')
  expect(second.length).toBeGreaterThanOrEqual(first.length)
  expect(decode(reader, second)).toMatchObject([{ type: 'open', id: 3 }])
})

test('go-away says why, in the peer’s number and in words', () => {
  const said: OutFrame = { type: 'goAway', lastId: 5, code: 'ENHANCE_YOUR_CALM', debug: 'slow' }
  expect(toHex(encode(codec(), said))).toBe('00000c070000000000000000050000000b736c6f77')
  expect(decode(greeted({}, 'client'), encode(codec(), said))).toMatchObject([{ ...said, wireCode: 11 }])
})

test('nothing is left after close', () => {
  const one = greeted()
  one.close()
  expect(decode(one, data(1, NO_BYTES))).toEqual([])
})
