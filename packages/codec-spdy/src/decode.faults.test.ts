import { describe, expect, test } from '@jest/globals'
import { LIMITS, type LimitName } from '@plexus/contract'
import {
  codec,
  compressor,
  control,
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
const session = (frame: string, code = 'PROTOCOL_ERROR') => ({ scope: 'session', id: 0, code, frame })
const stream = (frame: string, id: number, code = 'PROTOCOL_ERROR') => ({ scope: 'stream', id, code, frame })

describe('a head that is wrong', () => {
  const fixed = [
    ['RST_STREAM', TYPE.RST_STREAM, 8],
    ['PING', TYPE.PING, 4],
    ['GOAWAY', TYPE.GOAWAY, 8],
    ['WINDOW_UPDATE', TYPE.WINDOW_UPDATE, 8],
  ] as const

  test.each(fixed)('P10 P12 %s of any other length is a session fault', (name, type, size) => {
    for (let length = 0; length <= size * 2; length++) {
      const frames = decode(codec(), join(control(type, new Uint8Array(length)), PING))
      expect(faults(frames)).toEqual(length === size ? [] : [session(name)])
      expect(frames).toHaveLength(length === size ? 2 : 1)
    }
  })

  test.each(fixed)('P10 P12 %s with flags is a session fault', (name, type, size) => {
    for (let flags = 1; flags < 256; flags++) {
      expect(faults(decode(codec(), control(type, new Uint8Array(size), { flags })))).toEqual([session(name)])
    }
  })

  test.each([
    ['SYN_STREAM', TYPE.SYN_STREAM, 10],
    ['SYN_REPLY', TYPE.SYN_REPLY, 4],
    ['HEADERS', TYPE.HEADERS, 4],
    ['SETTINGS', TYPE.SETTINGS, 4],
  ])('P12 %s shorter than its fixed part is a session fault', (name, type, least) => {
    for (let length = 0; length < least; length++) {
      expect(faults(decode(codec(), control(type, new Uint8Array(length))))).toEqual([session(name)])
    }
    expect(faults(decode(codec(), control(type, new Uint8Array(least))))).toEqual([])
  })

  test.each([0, 1, 2, 4, 0x7fff])(
    'P12 SYN_STREAM of version %i resets its stream and ends the session',
    (version) => {
      const said = control(TYPE.SYN_STREAM, synStream(NO_BYTES, 9).subarray(8), { version })
      const wanted = [stream('SYN_STREAM', 9, 'UNSUPPORTED_VERSION'), session('SYN_STREAM')]
      expect(faults(decode(codec(), said))).toEqual(wanted)
      expect(faults(decodeByByte(codec(), said))).toEqual(wanted)
    },
  )

  test('P12 SYN_STREAM of another version that names no stream ends the session', () => {
    expect(faults(decode(codec(), control(TYPE.SYN_STREAM, int(0), { version: 2 })))).toEqual([
      session('SYN_STREAM'),
    ])
    expect(faults(decode(codec(), control(TYPE.SYN_STREAM, int(0, 3), { version: 2 })))).toEqual([
      session('SYN_STREAM'),
    ])
  })

  test.each([2, 3, 4, 6, 7, 8, 9, 12])('P12 control type %i of version 2 is a session fault', (type) => {
    expect(faults(decode(codec(), control(type, new Uint8Array(8), { version: 2 })))).toMatchObject([
      { scope: 'session', code: 'PROTOCOL_ERROR' },
    ])
  })
})

describe('frames that are skipped', () => {
  test.each([
    [TYPE.NOOP, 'NOOP'],
    [TYPE.CREDENTIAL, 'CREDENTIAL'],
    [0, 'control frame of type 0'],
    [11, 'control frame of type 11'],
    [0xffff, 'control frame of type 65535'],
  ])('P12 SS-19 type %i is named, skipped, and the next frame is read', (type, name) => {
    const said = join(control(type, new Uint8Array(1000).fill(0x80)), control(type, NO_BYTES), PING)
    const ignored = { type: 'ignored', what: 'unknown', name }
    expect(decode(codec(), said)).toEqual([ignored, ignored, PONG])
    expect(decodeByByte(codec(), said)).toEqual([ignored, ignored, PONG])
  })
})

describe('SETTINGS', () => {
  const entry = (flags: number, id: number, value: number) => join(int(flags, 1), int(id, 3), int(value))
  const settings = (count: number, ...entries: Uint8Array[]) =>
    control(TYPE.SETTINGS, join(int(count), ...entries))

  test('the engine hears of ids 4 and 7 and of no other', () => {
    const said = settings(
      4,
      entry(0, 1, 5),
      entry(0, 4, 100),
      entry(1, 7, 0xffff_ffff),
      entry(0, 0xff_ffff, 1),
    )
    expect(decode(codec(), said)).toEqual([
      { type: 'settings', settings: { maxConcurrentStreams: 100, initialWindow: 0xffff_ffff }, ack: false },
    ])
    expect(decode(codec(), settings(0))).toEqual([{ type: 'settings', settings: {}, ack: false }])
  })

  test('within a frame the first value of an id counts, in the next frame a new one', () => {
    const said = join(settings(2, entry(0, 4, 1), entry(0, 4, 2)), settings(1, entry(0, 4, 3)))
    expect(decode(codec(), said)).toMatchObject([
      { settings: { maxConcurrentStreams: 1 } },
      { settings: { maxConcurrentStreams: 3 } },
    ])
  })

  test.each([
    ['larger than the frame', 2],
    ['smaller than the frame', 0],
    ['so large that its bytes wrap', 0x2000_0001],
    ['the largest there is', 0xffff_ffff],
  ])('P01 SS-15 settings with a count %s are a session fault', (_name, count) => {
    expect(faults(decode(codec(), settings(count, entry(0, 4, 1))))).toEqual([session('SETTINGS')])
  })

  test('P01 entries that are not whole are a session fault, from the head', () => {
    const head = settings(1, entry(0, 4, 1), hex('00')).subarray(0, 8)
    expect(faults(decode(codec(), head))).toEqual([session('SETTINGS')])
  })

  test.each([-1, 0, 1])(
    'L09 settings of maxSettingsEntries %i: a session fault only above, from the head',
    (off) => {
      const count = LIMITS.maxSettingsEntries.value + off
      const head = control(TYPE.SETTINGS, NO_BYTES, { length: 4 + count * 8 })
      expect(faults(decode(codec(), head))).toEqual(off > 0 ? [session('SETTINGS', 'ENHANCE_YOUR_CALM')] : [])
    },
  )
})

describe('P11 L09 a control frame of maxControlFrame', () => {
  const limit = LIMITS.maxControlFrame.value

  test.each([-1, 0])('%i bytes is read', (off) => {
    for (const say of [synStream, synReply, headers]) {
      const head = say(NO_BYTES).slice()
      head.set(int(limit + off, 3), 5)
      expect(decode(codec(), head)).toEqual([])
    }
    expect(decode(codec(), control(99, NO_BYTES, { length: limit + off }))).toMatchObject([
      { type: 'ignored' },
    ])
  })

  test.each([
    ['SYN_STREAM', synStream],
    ['SYN_REPLY', synReply],
    ['HEADERS', headers],
  ])('+1 byte of %s resets its stream and, its block being lost, ends the session', (name, say) => {
    const said = say(NO_BYTES, 7).slice(0, 12)
    said.set(int(limit + 1, 3), 5)
    const wanted = [stream(name, 7, 'FRAME_SIZE_ERROR'), session(name, 'FRAME_SIZE_ERROR')]
    expect(faults(decode(codec(), said))).toEqual(wanted)
    expect(faults(decodeByByte(codec(), said))).toEqual(wanted)
    expect(faults(decode(codec(), said.subarray(0, 8)))).toEqual([])
  })

  test.each([
    ['SETTINGS', TYPE.SETTINGS],
    ['control frame of type 99', 99],
  ])('+1 byte of %s ends the session', (name, type) => {
    const head = control(type, NO_BYTES, { length: limit + 1 })
    expect(faults(decode(codec({ maxSettingsEntries: Infinity }), head))).toEqual([
      session(name, 'FRAME_SIZE_ERROR'),
    ])
  })

  test('holds not for frames of a fixed length, which are small', () => {
    expect(decode(codec({ maxControlFrame: 0 }), PING)).toEqual([PONG])
  })
})

describe('header blocks', () => {
  const ok = pairs([['ok', 'yes']])
  const okHeaders = [['ok', 'yes']]

  test.each([
    ['SYN_STREAM', synStream],
    ['SYN_REPLY', synReply],
    ['HEADERS', headers],
  ])(
    'P06 P08 headers of %s that are wrong cost its stream, and the next block is still in step',
    (name, say) => {
      const compress = compressor()
      const frames = decode(codec(), join(say(compress(pairs([['Bad', '1']])), 3), say(compress(ok), 5)))
      expect(faults(frames)).toEqual([stream(name, 3)])
      expect(plain(frames)[1]).toMatchObject({ id: 5, headers: okHeaders })
    },
  )

  test('P08 wrong headers on stream 0 cost the session', () => {
    const said = synStream(compressor()(pairs([['', '']])), 0)
    expect(faults(decode(codec(), said))).toEqual([session('SYN_STREAM')])
  })

  test.each([
    ['P02 a pair count larger than what is left', pairs([['a', 'b']], 2)],
    ['P02 the largest pair count', join(hex('ffffffff'), ok)],
    ['P03 a name longer than what is left', join(int(1), int(100), hex('6161'))],
    ['P03 a value longer than what is left', join(int(1), int(1), hex('61'), int(0xffff_ffff))],
    ['P05 bytes left over behind the pairs', join(ok, hex('00'))],
  ])('SS-15 %s is a session fault', (_name, block) => {
    expect(faults(decode(codec(), synStream(compressor()(block))))).toEqual([session('SYN_STREAM')])
  })

  test('P05 a block that does not inflate is a session fault, and nothing is read after it', () => {
    const block = compressor()(ok)
    const lost = session('SYN_STREAM', 'COMPRESSION_ERROR')
    for (let cut = 1; cut < block.length; cut++) {
      // The head of the zlib stream alone is whole, and inflates to nothing, which is no header block.
      const wanted = cut === 6 ? session('SYN_STREAM') : lost
      expect(faults(decode(codec(), join(synStream(block.slice(0, cut)), PING)))).toEqual([wanted])
    }
    expect(decode(codec(), join(synStream(join(block, hex('00'))), PING))).toHaveLength(1)
    expect(faults(decode(codec(), synStream(hex('789c'))))).toEqual([lost])
  })

  test.each([-1, 0, 1])(
    'L07 a block of maxHeaderBlock %i on the wire: above, its stream is refused and the context lives',
    (off) => {
      const compress = compressor(0)
      const block = compress(pairs([['x', 'y'.repeat(500)]]))
      const decoder = codec({ maxHeaderBlock: block.length - off })
      const frames = decode(decoder, join(synStream(block), synStream(compress(ok), 3)))
      expect(faults(frames)).toEqual(off > 0 ? [stream('SYN_STREAM', 1, 'FRAME_SIZE_ERROR')] : [])
      expect(plain(frames).at(-1)).toMatchObject({ type: 'open', id: 3, headers: okHeaders })
    },
  )

  test.each([
    [0, []],
    [1, [stream('SYN_STREAM', 1, 'FRAME_SIZE_ERROR')]],
  ])(
    'L07 headers of maxHeaderBytes %+i, counted with 32 a field: above, the stream is refused and the context lives',
    (off, wanted) => {
      const compress = compressor()
      const value = 'v'.repeat(1000 - 64 - 2 - 3 + off)
      const block = compress(
        pairs([
          ['a', value],
          ['b', 'xyz'],
        ]),
      )
      const frames = decode(
        codec({ maxHeaderBytes: 1000 }),
        join(synStream(block), synStream(compress(ok), 3)),
      )
      expect(faults(frames)).toEqual(wanted)
      expect(plain(frames).at(-1)).toMatchObject({ type: 'open', id: 3, headers: okHeaders })
    },
  )

  test.each([
    [-1, stream('SYN_STREAM', 1, 'FRAME_SIZE_ERROR')],
    [0, stream('SYN_STREAM', 1, 'FRAME_SIZE_ERROR')],
    [1, session('SYN_STREAM', 'COMPRESSION_ERROR')],
  ])(
    'L08 P04 a block that inflates to twice maxHeaderBytes %+i: above, the session is lost',
    (off, wanted) => {
      const block = pairs([['a', 'v'.repeat(2000 + off - 13)]])
      expect(block).toHaveLength(2000 + off)
      expect(faults(decode(codec({ maxHeaderBytes: 1000 }), synStream(compressor()(block))))).toEqual([
        wanted,
      ])
    },
  )

  test.each([-1, 0, 1])('L07 a block of maxHeaderFields %i, every part of a joined value counted', (off) => {
    const limit = LIMITS.maxHeaderFields.value
    const crumbs = Array.from({ length: limit + off - 2 }, (_, i) => `c${i}`).join('\0')
    const compress = compressor()
    const block = compress(
      pairs([
        ['a', '1'],
        ['cookie', crumbs],
        ['b', '2'],
      ]),
    )
    const frames = decode(codec(), join(synStream(block), synStream(compress(ok), 3)))
    expect(faults(frames)).toEqual(off > 0 ? [stream('SYN_STREAM', 1, 'FRAME_SIZE_ERROR')] : [])
    expect(plain(frames).at(-1)).toMatchObject({ id: 3, headers: okHeaders })
  })

  test('P04 L08 a bomb is stopped inside the loop, and nothing of it stays', () => {
    const bomb = compressor(9)(new Uint8Array(20_000_000))
    expect(bomb.length).toBeLessThan(LIMITS.maxControlFrame.value)
    // Whoever inflates on to here meets another fault.
    bomb.fill(0xff, 2000)
    const before = process.memoryUsage().arrayBuffers
    const frames = Array.from({ length: 100 }, () => decode(codec(), synStream(bomb)))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000)
    for (const said of frames) {
      expect(faults(said)).toEqual([session('SYN_STREAM', 'COMPRESSION_ERROR')])
      expect(said).toMatchObject([
        { message: 'expected a header block of at most 131072 bytes inflated, more came' },
      ])
    }
  })
})

test('each limit the decoder knows stands in the table of limits', () => {
  const used: LimitName[] = [
    'maxControlFrame',
    'maxDataFrame',
    'maxHeaderBlock',
    'maxHeaderBytes',
    'maxHeaderFields',
    'maxSettingsEntries',
  ]
  expect(used.map((name) => LIMITS[name].value)).toEqual([65_536, 1_048_576, 65_536, 65_536, 128, 32])
})
