import { describe, expect, test } from '@jest/globals'
import type { Role } from '@plexus/contract'
import {
  block,
  codec,
  continuation,
  data,
  decode,
  decodeByByte,
  faults,
  frame,
  greeted,
  headers,
  hex,
  int,
  join,
  latin1,
  NO_BYTES,
  padded,
  price,
  REQUEST,
  request,
  response,
  settings,
  upload,
  zeros,
} from './dialogue.test.kit.js'
import { http2 } from './index.js'
import { FLAG, PREFACE, SETTING, TYPE } from './wire.js'

const WHOLE = FLAG.END_HEADERS
const SESSION = ['session PROTOCOL_ERROR']
const SIZE = ['session FRAME_SIZE_ERROR']
const CALM = ['session ENHANCE_YOUR_CALM']

type Row = readonly [name: string, said: Uint8Array, wanted: readonly string[], role?: Role]
const costs = (rows: readonly Row[]) =>
  test.each(rows.map(([name, said, wanted, role = 'server']) => [name, said, wanted, role] as const))(
    '%s',
    (_name, said, wanted, role) => {
      expect(price(said, role)).toEqual(wanted)
      // And nothing is taken in afterwards (H44).
      if (wanted.at(-1)?.startsWith('session')) expect(price(join(said, request(9)), role)).toEqual(wanted)
    },
  )

describe('H38 the nine bytes are enough to refuse', () => {
  const announced = (type: number, length: number, id = 0, flags = 0) =>
    frame(type, NO_BYTES, { length, id, flags })
  costs([
    ['DATA longer than we take', announced(TYPE.DATA, 65_537, 1), SIZE],
    ['HEADERS longer than we take', announced(TYPE.HEADERS, 65_537, 1, WHOLE), SIZE],
    ['an unknown frame longer than we take', announced(0x99, 65_537), SIZE],
    ['RST_STREAM of 5 bytes', announced(TYPE.RST_STREAM, 5, 1), SIZE],
    ['RST_STREAM of 3 bytes', announced(TYPE.RST_STREAM, 3, 1), SIZE],
    ['PING of 9 bytes', announced(TYPE.PING, 9), SIZE],
    ['PING of 7 bytes', announced(TYPE.PING, 7), SIZE],
    ['WINDOW_UPDATE of 3 bytes', announced(TYPE.WINDOW_UPDATE, 3), SIZE],
    ['WINDOW_UPDATE of 5 bytes', announced(TYPE.WINDOW_UPDATE, 5, 1), SIZE],
    ['GOAWAY of 7 bytes', announced(TYPE.GOAWAY, 7), SIZE],
    ['SETTINGS of 7 bytes', announced(TYPE.SETTINGS, 7), SIZE],
    ['H45 an acknowledgement with a body', announced(TYPE.SETTINGS, 6, 0, FLAG.ACK), SIZE],
    ['padded DATA without a byte', announced(TYPE.DATA, 0, 1, FLAG.PADDED), SIZE],
    ['HEADERS too short for its flags', announced(TYPE.HEADERS, 5, 1, FLAG.PADDED | FLAG.PRIORITY), SIZE],
    ['PRIORITY_UPDATE of 3 bytes', announced(TYPE.PRIORITY_UPDATE, 3), SIZE],
    ['PRIORITY of 4 bytes for a stream nobody opened', announced(TYPE.PRIORITY, 4, 1), SIZE],
  ])

  test('PRIORITY of another length costs an open stream, and no more', () => {
    const said = join(upload(1), frame(TYPE.PRIORITY, zeros(4), { id: 1 }), frame(TYPE.PING, zeros(8)))
    expect(price(said)).toEqual(['open', 'stream FRAME_SIZE_ERROR', 'ping'])
  })

  test('as long as we take is not too long; what that is can be said', () => {
    const one = greeted({}, 'server', { maxFrameSize: 16_384 })
    expect(decode(one, data(1, zeros(16_384)))).toMatchObject([{ type: 'data', charge: 16_384 }])
    expect(faults(decode(one, data(1, zeros(16_385))))).toMatchObject([{ code: 'FRAME_SIZE_ERROR' }])
  })
})

describe('H40 ids', () => {
  costs([
    ['HEADERS on stream 0', headers(0, block(...REQUEST)), SESSION],
    ['HEADERS on an even stream', headers(2, block(...REQUEST)), SESSION],
    ['DATA on stream 0', data(0, zeros(1)), SESSION],
    ['RST_STREAM on stream 0', frame(TYPE.RST_STREAM, int(8)), SESSION],
    ['PRIORITY on stream 0', frame(TYPE.PRIORITY, zeros(5)), SESSION],
    ['CONTINUATION on stream 0', continuation(0, NO_BYTES), SESSION],
    ['SETTINGS on a stream', frame(TYPE.SETTINGS, NO_BYTES, { id: 1 }), SESSION],
    ['PING on a stream', frame(TYPE.PING, zeros(8), { id: 1 }), SESSION],
    ['GOAWAY on a stream', frame(TYPE.GOAWAY, zeros(8), { id: 1 }), SESSION],
    ['PRIORITY_UPDATE on a stream', frame(TYPE.PRIORITY_UPDATE, zeros(4), { id: 1 }), SESSION],
    ['PRIORITY_UPDATE for stream 0', frame(TYPE.PRIORITY_UPDATE, zeros(4)), SESSION],
    ['PRIORITY_UPDATE for a push that there is not', frame(TYPE.PRIORITY_UPDATE, int(2)), SESSION],
    ['PRIORITY_UPDATE from a server', frame(TYPE.PRIORITY_UPDATE, int(1)), SESSION, 'client'],
  ])

  test('a lower id than one before opens nothing: whether it was ever open is for the engine to know', () => {
    const said = join(request(5), headers(3, block(['a', 'b'])))
    expect(decode(greeted(), said)).toMatchObject([
      { type: 'open', id: 5 },
      { type: 'headers', id: 3 },
    ])
  })
})

describe('H41 inside a header block nothing else can stand', () => {
  const begun = headers(1, block(...REQUEST), 0)
  costs([
    ['DATA', join(begun, data(1, zeros(1))), SESSION],
    ['HEADERS', join(begun, request(3)), SESSION],
    ['PING', join(begun, frame(TYPE.PING, zeros(8))), SESSION],
    ['an unknown frame', join(begun, frame(0x99, NO_BYTES, { id: 1 })), SESSION],
    ['CONTINUATION of another stream', join(begun, continuation(3, NO_BYTES, WHOLE)), SESSION],
    ['CONTINUATION alone', continuation(1, NO_BYTES, WHOLE), SESSION],
    [
      'CONTINUATION after a block that is whole',
      join(upload(1), continuation(1, NO_BYTES, WHOLE)),
      ['open', ...SESSION],
    ],
    [
      'CONTINUATION after DATA',
      join(upload(1), data(1, zeros(1)), continuation(1, NO_BYTES)),
      ['open', 'data', ...SESSION],
    ],
  ])
})

describe('L07 a header block', () => {
  test.each([
    [7, ['open']],
    [8, ['open']],
    [9, CALM],
  ])('H14 of %i CONTINUATIONs, empty ones too', (count, wanted) => {
    const parts = Array.from({ length: count }, (_, i) =>
      continuation(1, NO_BYTES, i === count - 1 ? WHOLE : 0),
    )
    expect(price(join(headers(1, block(...REQUEST), 0), ...parts))).toEqual(wanted)
  })

  test.each([
    [-1, ['open']],
    [0, ['open']],
    [1, CALM],
  ])('H13 of as many bytes as it may have and %i', (more, wanted) => {
    const filler = (bytes: number) => block(['x', 'y'.repeat(bytes - 6)])
    const first = block(...REQUEST)
    const limits = { maxHeaderBlock: 1000 }
    const rest = filler(1000 - first.length + more)
    const whole = headers(1, join(first, rest))
    const parts = join(headers(1, first, FLAG.END_STREAM), continuation(1, rest, WHOLE))
    expect([whole, parts].map((said) => price(said, 'server', limits))).toEqual([wanted, wanted])
  })

  test('H15 of more decoded bytes than it may have costs its stream, and of twice as many the session', () => {
    const limits = { maxHeaderBytes: 300 }
    const said = join(request(1, ['big', 'x'.repeat(300)]), request(3))
    expect(price(said, 'server', limits)).toEqual(['stream ENHANCE_YOUR_CALM', 'open'])
    const twice = join(said, request(5, ['big', 'x'.repeat(600)]))
    expect(price(twice, 'server', limits)).toEqual(['stream ENHANCE_YOUR_CALM', 'open', ...CALM])
  })

  test.each([
    [-1, ['open']],
    [0, ['open']],
    [1, ['stream ENHANCE_YOUR_CALM']],
  ])('H16 of as many fields as it may have and %i, each crumb of a cookie counted', (more, wanted) => {
    const crumbs = Array.from({ length: 128 - REQUEST.length + more }, () => ['cookie', 'a=b'] as const)
    expect(price(request(1, ...crumbs))).toEqual(wanted)
  })
})

describe('H39 padding', () => {
  costs([
    ['of DATA, as long as the payload', data(1, join(int(3, 1), zeros(2)), FLAG.PADDED), SESSION],
    ['of DATA, one byte of nothing else', data(1, int(1, 1), FLAG.PADDED), SESSION],
    [
      'of HEADERS, longer than what is left',
      headers(1, join(int(3, 1), zeros(2)), WHOLE | FLAG.PADDED),
      SESSION,
    ],
    [
      'of HEADERS, with the old priority',
      headers(1, join(int(1, 1), zeros(5)), WHOLE | FLAG.PADDED | FLAG.PRIORITY),
      SESSION,
    ],
    ['that is all there is, and legal', padded(1, NO_BYTES, 9), ['data']],
  ])
})

describe('settings', () => {
  const entry = (id: number, value: number) => settings([id, value])
  const FLOW = ['session FLOW_CONTROL_ERROR']
  costs([
    ['H30 an initial window of 2^31', entry(SETTING.INITIAL_WINDOW_SIZE, 0x8000_0000), FLOW],
    ['H30 one of 2^31-1', entry(SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff), ['settings']],
    ['H36 frames of 16,383', entry(SETTING.MAX_FRAME_SIZE, 16_383), SESSION],
    ['H36 frames of 0', entry(SETTING.MAX_FRAME_SIZE, 0), SESSION],
    ['H36 frames of 16,384', entry(SETTING.MAX_FRAME_SIZE, 16_384), ['settings']],
    ['H36 frames of 2^24-1', entry(SETTING.MAX_FRAME_SIZE, 0xff_ffff), ['settings']],
    ['H36 frames of 2^24', entry(SETTING.MAX_FRAME_SIZE, 0x100_0000), SESSION],
    ['H36 the same from a server', entry(SETTING.MAX_FRAME_SIZE, 1), SESSION, 'client'],
    ['H05 a bad value that a good one follows', settings([5, 1], [5, 16_384]), SESSION],
    ['ENABLE_PUSH 2', entry(SETTING.ENABLE_PUSH, 2), SESSION],
    ['ENABLE_PUSH 1 from a client', entry(SETTING.ENABLE_PUSH, 1), ['settings']],
    ['ENABLE_PUSH 1 from a server', entry(SETTING.ENABLE_PUSH, 1), SESSION, 'client'],
    ['ENABLE_PUSH 0 from a server', entry(SETTING.ENABLE_PUSH, 0), ['settings'], 'client'],
    ['ENABLE_CONNECT_PROTOCOL 2', entry(SETTING.ENABLE_CONNECT_PROTOCOL, 2), SESSION, 'client'],
    [
      'ENABLE_CONNECT_PROTOCOL taken back',
      join(entry(8, 1), entry(8, 0)),
      ['settings', ...SESSION],
      'client',
    ],
    ['ENABLE_CONNECT_PROTOCOL taken back in the same frame', settings([8, 1], [8, 0]), SESSION, 'client'],
    ['NO_RFC7540_PRIORITIES 2', entry(SETTING.NO_RFC7540_PRIORITIES, 2), SESSION],
    ['an id that nobody knows', entry(0xfafa, 0xffff_ffff), ['settings']],
  ])

  test('H05 of one id the last value holds', () => {
    const said = settings([3, 1], [4, 7], [3, 2])
    expect(decode(greeted(), said)).toMatchObject([
      { settings: { maxConcurrentStreams: 2, initialWindow: 7 } },
    ])
  })

  test.each([
    [31, ['settings']],
    [32, ['settings']],
    [33, CALM],
  ])('L09 H05 %i entries', (count, wanted) => {
    const entries = Array.from({ length: count }, () => [0xfafa, 1] as const)
    expect(price(settings(...entries))).toEqual(wanted)
  })
})

describe('H46 the beginning', () => {
  const first = (said: Uint8Array, role: Role = 'server') => faults(decode(codec({}, role), said))
  const fault = (name: string) => [{ scope: 'session', id: 0, code: 'PROTOCOL_ERROR', frame: name }]

  test.each([
    ['HTTP/1.1', latin1('GET / HTTP/1.1\r\nhost: here\r\n\r\n')],
    ['a preface with another last byte', join(PREFACE.subarray(0, 23), hex('00'))],
    ['SETTINGS without a preface', settings()],
  ])('is no preface: %s', (_name, said) => {
    expect(first(said)).toEqual(fault('preface'))
    expect(faults(decodeByByte(codec(), said))).toEqual(fault('preface'))
  })

  test('says what came instead, whatever the pieces', () => {
    const said = latin1('GET / HTTP/1.1\r\n')
    const message = 'expected the preface of HTTP/2, "PRI * HTTP/2.0…", got "G" at byte 0 of it'
    expect(decode(codec(), said)).toMatchObject([{ message }])
    expect(decodeByByte(codec(), said)).toMatchObject([{ message }])
  })

  test.each([
    ['PING', frame(TYPE.PING, zeros(8))],
    ['SETTINGS', frame(TYPE.SETTINGS, NO_BYTES, { flags: FLAG.ACK })],
    ['HEADERS', request(1)],
    ['frame of type 153', frame(0x99)],
  ])('settings come first, not %s', (name, said) => {
    expect(first(join(PREFACE, said))).toEqual(fault(name))
    expect(first(said, 'client')).toEqual(fault(name))
  })
})

describe('H47 a push that nobody allowed', () => {
  const promise = frame(TYPE.PUSH_PROMISE, join(int(2), block(...REQUEST)), { id: 1, flags: WHOLE })
  costs([
    ['from a server', promise, SESSION, 'client'],
    ['from a client', promise, SESSION],
  ])
})

describe('what costs the stream only', () => {
  test('DG-22 and leaves the tables in step', () => {
    const frames = decode(greeted(), join(request(1, ['Upper', 'x']), request(3)))
    expect(frames).toMatchObject([
      { type: 'fault', scope: 'stream', id: 1, code: 'PROTOCOL_ERROR', frame: 'HEADERS', opens: true },
      { type: 'open', id: 3 },
    ])
  })

  test('trailers that do not end it, and are marked as such', () => {
    const said = join(upload(1), headers(1, block(['a', 'b']), WHOLE))
    expect(decode(greeted(), said)).toMatchObject([
      { type: 'open' },
      { type: 'fault', scope: 'stream', id: 1, code: 'PROTOCOL_ERROR', follows: true },
    ])
  })

  costs([
    ['pseudo fields in trailers', join(upload(1), request(1)), ['open', 'stream PROTOCOL_ERROR']],
    [
      'an interim response that ends',
      response(1, '100', WHOLE | FLAG.END_STREAM),
      ['stream PROTOCOL_ERROR'],
      'client',
    ],
    [
      'HEADERS that depends on itself',
      headers(1, join(hex('00000001 10'), block(...REQUEST)), WHOLE | FLAG.PRIORITY),
      ['stream PROTOCOL_ERROR'],
    ],
    [
      'PRIORITY that depends on itself',
      join(upload(1), frame(TYPE.PRIORITY, hex('00000001 10'), { id: 1 })),
      ['open', 'stream PROTOCOL_ERROR'],
    ],
    [
      'the same where nobody opened it costs all',
      frame(TYPE.PRIORITY, hex('00000001 10'), { id: 1 }),
      SESSION,
    ],
  ])
})

test('H17 compression that cannot be undone costs the session', () => {
  expect(price(headers(1, hex('c0')))).toEqual(['session COMPRESSION_ERROR'])
})

test.each([0, -1, 1, 16_383, 2 ** 24, 1.5, Number.NaN])(
  'H36 we do not announce frames of %d either',
  (size) => {
    expect(() => http2({ maxFrameSize: size })).toThrow(RangeError)
  },
)

test.each([-1, 4097, 0.5])('L08 nor a table of %d', (size) => {
  expect(() => http2({ headerTableSize: size })).toThrow(RangeError)
})
