import { describe, expect, test } from '@jest/globals'
import { HeaderFields, type InFrame } from '@plexus/contract'
import {
  block,
  codec,
  continuation,
  data,
  decode,
  decodeByByte,
  encode,
  frame,
  greeted,
  headers,
  hex,
  int,
  join,
  latin1,
  merge,
  NO_BYTES,
  padded,
  plain,
  REQUEST,
  request,
  response,
  settings,
  upload,
  zeros,
} from './dialogue.test.kit.js'
import { ERROR, FLAG, PREFACE, SETTING, TYPE } from './wire.js'

const WHOLE = FLAG.END_HEADERS
const pairs = REQUEST.map(([name, value]) => [name, value])

/** Read in any pieces, `said` is `wanted`. */
function expectRead(said: Uint8Array, wanted: unknown[], role: 'client' | 'server' = 'server'): void {
  expect(plain(decode(greeted({}, role), said))).toEqual(wanted)
  expect(plain(merge(decodeByByte(greeted({}, role), said)))).toEqual(wanted)
}

describe('B02 whole and byte by byte', () => {
  test('the preface and the first settings', () => {
    const said = join(
      PREFACE,
      settings([SETTING.MAX_CONCURRENT_STREAMS, 7], [SETTING.MAX_FRAME_SIZE, 20_000]),
    )
    const wanted = [
      { type: 'settings', settings: { maxConcurrentStreams: 7, maxFrameSize: 20_000 }, ack: false },
    ]
    expect(decode(codec(), said)).toEqual(wanted)
    expect(decodeByByte(codec(), said)).toEqual(wanted)
  })

  test('a request opens a stream, and what names it again are its trailers', () => {
    const open = {
      type: 'open',
      id: 5,
      parent: 0,
      priority: 3,
      headers: pairs,
      end: false,
      unidirectional: false,
    }
    expectRead(join(upload(5), headers(5, block(['sum', '1']))), [
      open,
      { type: 'headers', id: 5, headers: [['sum', '1']], end: true },
    ])
  })

  test('DG-23 a response: what comes before it, it, and its trailers', () => {
    const said = join(response(1, '103'), response(1), headers(1, block(['sum', '1'])))
    expectRead(
      said,
      [
        { type: 'inform', id: 1, headers: [[':status', '103']] },
        { type: 'reply', id: 1, headers: [[':status', '200']], end: false },
        { type: 'headers', id: 1, headers: [['sum', '1']], end: true },
      ],
      'client',
    )
  })

  test('DG-23 a block in several frames, padded and with the old priority before it', () => {
    const whole = block(...REQUEST)
    const first = join(int(3, 1), hex('00000000 10'), whole.subarray(0, 9), zeros(3))
    const said = join(
      headers(1, first, FLAG.PADDED | FLAG.PRIORITY | FLAG.END_STREAM),
      continuation(1, whole.subarray(9, 12)),
      continuation(1, NO_BYTES),
      continuation(1, whole.subarray(12), WHOLE),
    )
    expectRead(said, [
      { type: 'open', id: 1, parent: 0, priority: 3, headers: pairs, end: true, unidirectional: false },
    ])
  })

  test('data, with and without padding, which is charged and given back', () => {
    const first = { type: 'data', id: 1, padding: 0, end: false }
    expectRead(
      join(data(1, latin1('ab')), padded(1, latin1('c'), 4), padded(1, NO_BYTES, 2, FLAG.END_STREAM)),
      [
        { ...first, payload: '6162', charge: 2 },
        { ...first, payload: '63', charge: 6, padding: 5 },
        { ...first, payload: '', charge: 3, padding: 3, end: true },
      ],
    )
  })

  test('resets, pings, credit, go-aways', () => {
    const said = join(
      frame(TYPE.RST_STREAM, int(ERROR.CANCEL), { id: 3 }),
      frame(TYPE.RST_STREAM, int(99), { id: 3 }),
      frame(TYPE.PING, hex('0000000000000007')),
      frame(TYPE.PING, hex('ffffffff00000007'), { flags: FLAG.ACK }),
      frame(TYPE.WINDOW_UPDATE, hex('80000005'), { id: 3 }),
      frame(TYPE.SETTINGS, NO_BYTES, { flags: FLAG.ACK }),
      frame(TYPE.GOAWAY, join(hex('80000009'), int(ERROR.ENHANCE_YOUR_CALM), latin1('too many'))),
      frame(TYPE.GOAWAY, join(int(0), int(0))),
    )
    expectRead(said, [
      { type: 'reset', id: 3, code: 'CANCEL', wireCode: 8 },
      { type: 'reset', id: 3, code: 'UNKNOWN', wireCode: 99 },
      { type: 'ping', token: 7, ack: false },
      { type: 'ping', token: 0xffff_ffff_0000_0007n, ack: true },
      { type: 'window', id: 3, delta: 5 },
      { type: 'settings', settings: {}, ack: true },
      { type: 'goAway', lastId: 9, code: 'ENHANCE_YOUR_CALM', wireCode: 11, debug: 'too many' },
      { type: 'goAway', lastId: 0, code: 'NO_ERROR', wireCode: 0 },
    ])
  })

  test('H21 DG-26 frames of unknown type, ALTSVC and ORIGIN are skipped, each for a token', () => {
    const said = join(
      frame(0x77, zeros(9)),
      frame(TYPE.ALTSVC, zeros(3), { id: 1 }),
      frame(TYPE.ORIGIN),
      frame(TYPE.PING, zeros(8)),
    )
    expectRead(said, [
      { type: 'ignored', what: 'unknown', name: 'frame of type 119' },
      { type: 'ignored', what: 'unknown', name: 'ALTSVC' },
      { type: 'ignored', what: 'unknown', name: 'ORIGIN' },
      { type: 'ping', token: 0, ack: false },
    ])
  })

  test('H09 the old priority scheme is looked at and forgotten, the new one handed on', () => {
    const said = join(
      upload(1, ['priority', 'u=1']),
      frame(TYPE.PRIORITY, hex('00000000 10'), { id: 9 }),
      frame(TYPE.PRIORITY_UPDATE, join(int(1), latin1('u=6, i'))),
      frame(TYPE.PRIORITY_UPDATE, join(int(7), latin1('u=9, i=1, x;u=2'))),
    )
    const [open, ...others] = decode(greeted(), said)
    expect(open).toMatchObject({ type: 'open', priority: 1, incremental: false })
    expect(others).toEqual([
      { type: 'ignored', what: 'priority', name: 'PRIORITY' },
      { type: 'priority', id: 1, urgency: 6, incremental: true },
      { type: 'priority', id: 7, urgency: 3, incremental: false },
    ])
  })
})

describe('L12 of a go-away', () => {
  test('H49 as much debug data is kept as anybody reads, and the rest skipped', () => {
    const said = join(
      frame(TYPE.GOAWAY, join(int(0), int(2), new Uint8Array(3000).fill(0x61))),
      frame(TYPE.PING, zeros(8)),
    )
    for (const frames of [decode(greeted(), said), decodeByByte(greeted(), said)]) {
      expect(frames.map(({ type }) => type)).toEqual(['goAway', 'ping'])
      expect(frames[0]).toMatchObject({ debug: 'a'.repeat(256) })
    }
  })
})

test('payload is a view of the chunk', () => {
  const said = data(1, latin1('hello'))
  const [piece] = decode(greeted(), said)
  expect(piece).toMatchObject({ type: 'data' })
  if (piece?.type === 'data') expect(piece.payload.buffer).toBe(said.buffer)
})

test('the first piece of a data frame says what all of it takes', () => {
  const said = padded(1, zeros(100), 20)
  const pieces: InFrame[] = []
  const one = greeted()
  for (const part of [said.subarray(0, 12), said.subarray(12, 60), said.subarray(60)])
    one.decode(part, (piece) => pieces.push(piece) > 0)
  expect(
    pieces.map((piece) => piece.type === 'data' && [piece.payload.length, piece.charge, piece.padding]),
  ).toEqual([
    [2, 121, 21],
    [48, 0, 0],
    [50, 0, 0],
  ])
})

test('stops after a frame for which emit said no, and goes on from there', () => {
  const one = greeted()
  const said = join(request(1), request(3), request(5))
  const ids: number[] = []
  const emit = (piece: InFrame) => {
    if (piece.type === 'open') ids.push(piece.id)
    return false
  }
  let at = 0
  for (let calls = 0; at < said.length && calls < 9; calls += 1) at += one.decode(said.subarray(at), emit)
  expect([at, ids]).toEqual([said.length, [1, 3, 5]])
})

test('B11 an onSettings that throws is an oddity, and the settings hold', () => {
  const one = codec({}, 'client', {
    onSettings() {
      throw new Error('oh')
    },
  })
  expect(decode(one, settings([SETTING.INITIAL_WINDOW_SIZE, 9]))).toEqual([
    { type: 'settings', settings: { initialWindow: 9 }, ack: false },
    { type: 'ignored', what: 'oddity', name: 'onSettings threw: oh' },
  ])
})

test('DG-25 later settings that say less leave the rest as it was', () => {
  const one = codec()
  const long = HeaderFields.from([['x', 'y'.repeat(30_000)]])
  decode(one, join(PREFACE, settings([SETTING.MAX_FRAME_SIZE, 65_536])))
  decode(one, settings([SETTING.MAX_CONCURRENT_STREAMS, 1]))
  const said = encode(one, { type: 'reply', id: 1, headers: long, end: true })
  expect(said[4]).toBe(FLAG.END_HEADERS | FLAG.END_STREAM)
})

test('onSettings is told all that the peer says, also what the engine does not act upon', () => {
  const told: unknown[] = []
  const one = codec({}, 'client', { onSettings: (values) => told.push([...values]) })
  decode(one, settings([SETTING.MAX_HEADER_LIST_SIZE, 9], [0xfafa, 1], [SETTING.MAX_HEADER_LIST_SIZE, 10]))
  expect(told).toEqual([
    [
      [6, 10],
      [0xfafa, 1],
    ],
  ])
})
