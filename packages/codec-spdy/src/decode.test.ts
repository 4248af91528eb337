import { describe, expect, test } from '@jest/globals'
import type { InFrame } from '@plexus/contract'
import {
  codec,
  compressor,
  control,
  data,
  decode,
  decodeByByte,
  faults,
  headers,
  hex,
  int,
  join,
  NO_BYTES,
  pairs,
  plain,
  synReply,
  synStream,
} from './dialogue.test.kit.js'
import { TYPE } from './wire.js'

const PING = control(TYPE.PING, int(7))
const PONG = { type: 'ping', token: 7, ack: false }
const HELLO = hex('68656c6c6f')
const session = (frame: string, code = 'PROTOCOL_ERROR') => ({ scope: 'session', id: 0, code, frame })
const stream = (frame: string, id: number, code = 'PROTOCOL_ERROR') => ({ scope: 'stream', id, code, frame })

describe('what a frame of the right shape says', () => {
  test('reserved bits of ids and deltas are read as 0', () => {
    const compress = compressor()
    const said = join(
      control(TYPE.WINDOW_UPDATE, hex('8000000580000001')),
      control(TYPE.RST_STREAM, hex('8000000500000005')),
      control(TYPE.GOAWAY, hex('8000000500000000')),
      control(TYPE.SYN_STREAM, join(hex('8000000580000003 7fff'), compress(pairs([])))),
      control(TYPE.SYN_REPLY, join(hex('80000005'), compress(pairs([])))),
      control(TYPE.HEADERS, join(hex('80000005'), compress(pairs([])))),
    )
    const frames = decode(codec(), said)
    expect(frames.map((frame) => ('id' in frame ? frame.id : undefined))).toEqual([5, 5, undefined, 5, 5, 5])
    expect(frames[0]).toMatchObject({ delta: 1 })
    expect(frames[2]).toMatchObject({ lastId: 5 })
    expect(frames[3]).toMatchObject({ parent: 3, priority: 3 })
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'priority %i is the three top bits, the rest and the slot do not count',
    (priority) => {
      const payload = join(
        int(1),
        int(0),
        int((priority << 5) | 0x1f, 1),
        int(0xff, 1),
        compressor()(pairs([])),
      )
      expect(decode(codec(), control(TYPE.SYN_STREAM, payload))[0]).toMatchObject({ priority })
    },
  )

  test.each([
    [0, false, false],
    [1, true, false],
    [2, false, true],
    [3, true, true],
    // Flags nobody defined mean nothing.
    [0xfc, false, false],
  ])('flags %i of SYN_STREAM: end %s, unidirectional %s', (flags, end, unidirectional) => {
    expect(decode(codec(), synStream(compressor()(pairs([])), 1, flags))[0]).toMatchObject({
      end,
      unidirectional,
    })
  })

  test.each([
    ['SYN_REPLY', synReply],
    ['HEADERS', headers],
  ])('%s with FIN ends its stream', (_name, say) => {
    const compress = compressor()
    const ends = decode(codec(), join(say(compress(pairs([])), 1, 1), say(compress(pairs([])), 1, 0)))
    expect(ends).toMatchObject([{ end: true }, { end: false }])
  })

  test('a frame with no header block at all has no headers', () => {
    const frames = decode(codec(), join(synStream(NO_BYTES), synReply(NO_BYTES), headers(NO_BYTES)))
    expect(plain(frames)).toMatchObject([{ headers: [] }, { headers: [] }, { headers: [] }])
  })

  test.each([
    ['client', 1, true],
    ['client', 2, false],
    ['server', 1, false],
    ['server', 2, true],
    ['client', 0xffff_ffff, true],
    ['server', 0xffff_fffe, true],
  ] as const)('P12 to a %s a ping with id %i is an answer: %s', (role, token, ack) => {
    expect(decode(codec({}, role), control(TYPE.PING, int(token)))).toEqual([{ type: 'ping', token, ack }])
  })

  test('P12 RST_STREAM with the invalid status 0 ends its stream with PROTOCOL_ERROR', () => {
    const said = control(TYPE.RST_STREAM, join(int(3), int(0)))
    expect(decode(codec(), said)).toEqual([{ type: 'reset', id: 3, code: 'PROTOCOL_ERROR', wireCode: 0 }])
  })

  test('P10 WINDOW_UPDATE of 0 and of the most there is are handed on as they are, stream and session', () => {
    const say = (id: number, delta: number) => control(TYPE.WINDOW_UPDATE, join(int(id), int(delta)))
    expect(decode(codec(), join(say(0, 0), say(1, 0), say(0, 0x7fff_ffff), say(1, 0x7fff_ffff)))).toEqual([
      { type: 'window', id: 0, delta: 0 },
      { type: 'window', id: 1, delta: 0 },
      { type: 'window', id: 0, delta: 0x7fff_ffff },
      { type: 'window', id: 1, delta: 0x7fff_ffff },
    ])
  })
})

describe('data', () => {
  test('is handed on as views of the chunk it came in', () => {
    const chunk = join(PING, data(1, HELLO))
    const [, frame] = decode(codec(), chunk)
    expect(frame?.type === 'data' && frame.payload.buffer).toBe(chunk.buffer)
  })

  test('that spans chunks is charged with its first piece and ends with its last', () => {
    const frames = decodeByByte(codec(), data(1, HELLO, 1))
    expect(plain(frames)).toEqual([
      { type: 'data', id: 1, payload: '68', charge: 5, padding: 0, end: false },
      { type: 'data', id: 1, payload: '65', charge: 0, padding: 0, end: false },
      { type: 'data', id: 1, payload: '6c', charge: 0, padding: 0, end: false },
      { type: 'data', id: 1, payload: '6c', charge: 0, padding: 0, end: false },
      { type: 'data', id: 1, payload: '6f', charge: 0, padding: 0, end: true },
    ])
  })

  test('without payload is one frame, with an end or without', () => {
    expect(plain(decode(codec(), join(data(1, NO_BYTES), data(1, NO_BYTES, 1))))).toEqual([
      { type: 'data', id: 1, payload: '', charge: 0, padding: 0, end: false },
      { type: 'data', id: 1, payload: '', charge: 0, padding: 0, end: true },
    ])
  })

  test('flags nobody defined mean nothing', () => {
    expect(decode(codec(), data(1, HELLO, 0xfe))[0]).toMatchObject({ end: false })
  })

  test.each([-1, 0, 1])(
    'P11 L09 a data frame of maxDataFrame %i: the stream is at fault only above, from the head',
    (off) => {
      const limit = 100
      const decoder = codec({ maxDataFrame: limit })
      const payload = new Uint8Array(limit + off)
      expect(faults(decode(decoder, data(5, payload).subarray(0, 8)))).toEqual(
        off > 0 ? [stream('DATA', 5, 'FRAME_SIZE_ERROR')] : [],
      )
      // Its payload is charged for and dropped by whoever keeps the windows; what follows is read.
      expect(decode(decoder, join(payload, PING))).toMatchObject([
        { type: 'data', charge: limit + off },
        PONG,
      ])
    },
  )

  test('P11 a data frame over the limit on stream 0 is the session’s fault', () => {
    const decoder = codec({ maxDataFrame: 100 })
    expect(faults(decode(decoder, data(0, new Uint8Array(101))))).toEqual([session('DATA')])
  })
})

describe('how it goes on', () => {
  const emitNone = (decoder: ReturnType<typeof codec>, said: Uint8Array) => {
    const frames: InFrame[] = []
    const taken = decoder.decode(said, (frame) => {
      frames.push(frame)
      return false
    })
    return { frames, taken }
  }

  test('after each frame for which emit says false it stops, and the rest gives the rest', () => {
    const compress = compressor()
    const said = join(
      synStream(compress(pairs([['a', 'b']]))),
      data(1, HELLO),
      data(1, NO_BYTES),
      control(99, new Uint8Array(30)),
      control(TYPE.SETTINGS, int(0)),
      synReply(compress(pairs([['A', 'b']])), 3),
      PING,
    )
    const decoder = codec()
    const frames: InFrame[] = []
    for (let rest = said; rest.length > 0; ) {
      const one = emitNone(decoder, rest)
      expect(one.frames.length).toBeLessThanOrEqual(1)
      frames.push(...one.frames)
      rest = rest.subarray(one.taken)
    }
    expect(plain(frames)).toEqual(plain(decode(codec(), said)))
    expect(frames).toHaveLength(7)
  })

  test('the reason a session ends is told even if emit said false before it', () => {
    const said = control(TYPE.SYN_STREAM, int(9), { version: 2 })
    const decoder = codec()
    const first = emitNone(decoder, said)
    expect(faults(first.frames)).toEqual([stream('SYN_STREAM', 9, 'UNSUPPORTED_VERSION')])
    expect(first.taken).toBeLessThan(said.length)
    const second = emitNone(decoder, said.subarray(first.taken))
    expect(faults(second.frames)).toEqual([session('SYN_STREAM')])
    expect(decode(decoder, join(PING, PING))).toEqual([])
  })

  test('after a session fault nothing is taken in', () => {
    const decoder = codec()
    expect(decode(decoder, join(control(TYPE.PING, NO_BYTES), PING))).toHaveLength(1)
    expect(decode(decoder, PING)).toEqual([])
  })

  test('after close nothing is taken in', () => {
    const decoder = codec()
    decoder.close()
    expect(decode(decoder, PING)).toEqual([])
  })
})

describe('every type at every length', () => {
  const compress = compressor()
  const whole = [
    synStream(compress(pairs([['a', 'b']]))),
    synReply(compress(pairs([['a', 'b']]))),
    headers(compress(pairs([['a', 'c']]))),
    control(TYPE.RST_STREAM, join(int(1), int(5))),
    control(TYPE.SETTINGS, join(int(1), int(4), int(100))),
    PING,
    control(TYPE.GOAWAY, join(int(1), int(0))),
    control(TYPE.WINDOW_UPDATE, join(int(1), int(100))),
    control(TYPE.CREDENTIAL, new Uint8Array(20)),
    data(1, HELLO),
  ]

  test('AM-27 a frame whose length is not what it holds is a value, never a throw', () => {
    for (const frame of whole) {
      for (let length = 0; length < frame.length + 8; length++) {
        const said = frame.slice()
        said.set(int(length, 3), 5)
        for (const read of [decode, decodeByByte]) {
          const frames = read(codec(), said)
          expect(frames.every(({ type }) => typeof type === 'string')).toBe(true)
        }
      }
    }
  })

  test('AM-27 a frame cut short gives nothing that is not said in its first bytes, and the rest completes it', () => {
    for (const [i, frame] of whole.entries()) {
      for (let cut = 0; cut < frame.length; cut++) {
        const decoder = codec()
        if (i > 0 && i < 3) decode(decoder, whole[0]!)
        if (i === 2) decode(decoder, whole[1]!)
        const early = decode(decoder, frame.subarray(0, cut))
        if (i < 8) expect(early).toEqual([])
        const late = decode(decoder, frame.subarray(cut))
        expect(faults([...early, ...late])).toEqual([])
        expect(early.length + late.length).toBeGreaterThan(0)
      }
    }
  })
})

test('H13 a codec says when the rest of a head or a control frame is still to come, and not of data', () => {
  const reader = codec()
  const long = data(1, new Uint8Array(100))
  const pieces = [
    PING.subarray(0, 3),
    PING.subarray(3, 10),
    PING.subarray(10),
    long.subarray(0, 20),
    long.subarray(20),
  ]
  const waits = pieces.map((piece) => {
    reader.decode(piece, () => true)
    return reader.awaitsRest
  })
  expect(waits).toEqual([true, true, false, false, false])
})
