import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { Bytes, InFrame, Role } from '@plexus/contract'
import * as fc from 'fast-check'
import {
  codec,
  decode,
  decodeByByte,
  decodeInPieces,
  encode,
  hex,
  merge,
  synReply,
  toHex,
} from './dialogue.test.kit.js'
import { goAwayCode, resetCode } from './neutral.js'

const FOLDER = joinPath(__dirname, '../golden')

interface Recorded {
  readonly dir: 'c2s' | 's2c'
  readonly offset: number
  readonly length: number
  readonly type: string
  readonly flags: number
  readonly streamId: number
  readonly headers?: Readonly<Record<string, readonly string[]>>
  readonly associatedTo: number
  readonly priority: number
  readonly status: number
  readonly lastGoodStreamId: number
  readonly pingId: number
  readonly delta: number
  readonly settings: readonly { id: number; value: number }[]
  readonly dataBase64?: string
  readonly dataSha256?: string
}

const recordings = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => {
    const { frames, upgradeBytes } = JSON.parse(
      readFileSync(joinPath(FOLDER, name, 'frames.json'), 'utf8'),
    ) as {
      frames: Recorded[]
      upgradeBytes: Record<'c2s' | 's2c', number>
    }
    return (['c2s', 's2c'] as const).map((dir) => {
      const bytes = new Uint8Array(readFileSync(joinPath(FOLDER, name, `${dir}.bin`))).subarray(
        upgradeBytes[dir],
      )
      const said = frames.filter((frame) => frame.dir === dir).sort((a, b) => a.offset - b.offset)
      const reader: Role = dir === 'c2s' ? 'server' : 'client'
      return { name: `${name} ${dir}`, bytes, reader, said: said.map((frame) => recorded(frame, reader)) }
    })
  })

/** What the recording says of a frame, in the words of {@link heard}. */
function recorded(frame: Recorded, reader: Role): unknown {
  const end = (frame.flags & 1) !== 0
  const { streamId: id } = frame
  switch (frame.type) {
    case 'SYN_STREAM': {
      const { associatedTo: parent, priority } = frame
      return {
        type: 'open',
        id,
        parent,
        priority,
        headers: sorted(frame),
        end,
        unidirectional: (frame.flags & 2) !== 0,
      }
    }
    case 'SYN_REPLY':
      return { type: 'reply', id, headers: sorted(frame), end }
    case 'HEADERS':
      return { type: 'headers', id, headers: sorted(frame), end }
    case 'RST_STREAM':
      return { type: 'reset', id, code: resetCode(frame.status), wireCode: frame.status }
    case 'GOAWAY': {
      const { lastGoodStreamId: lastId, status: wireCode } = frame
      return { type: 'goAway', lastId, code: goAwayCode(wireCode), wireCode }
    }
    case 'WINDOW_UPDATE':
      return { type: 'window', id, delta: frame.delta }
    case 'PING':
      return { type: 'ping', token: frame.pingId, ack: (frame.pingId & 1) === (reader === 'client' ? 1 : 0) }
    case 'SETTINGS': {
      const find = (id: number) => frame.settings.find((entry) => entry.id === id)?.value
      const entries = [
        ['maxConcurrentStreams', find(4)],
        ['initialWindow', find(7)],
      ].filter(([, value]) => value !== undefined)
      return { type: 'settings', settings: Object.fromEntries(entries), ack: false }
    }
    case 'DATA': {
      const charge = frame.length - 8
      const sum = frame.dataSha256 ?? sha256(Buffer.from(frame.dataBase64 ?? '', 'base64'))
      return { type: 'data', id, sum, charge, padding: 0, end }
    }
    default:
      throw new Error(`a recording with ${frame.type}`)
  }
}

/** What the decoder says of a frame: payload as a sum, fields in the order of their names, for Go has none. */
function heard(frame: InFrame): unknown {
  if (frame.type === 'data') {
    const { payload, ...rest } = frame
    return { ...rest, sum: sha256(payload) }
  }
  return 'headers' in frame ? { ...frame, headers: [...frame.headers].sort(byName) } : frame
}

function sorted({ headers = {} }: Recorded): [string, string][] {
  return flat(headers).sort(byName)
}

function flat(headers: Readonly<Record<string, readonly string[]>>): [string, string][] {
  return Object.entries(headers).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  )
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sha256(bytes: Bytes): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('the recordings are all there: twelve sessions, two ways', () => {
  expect(recordings).toHaveLength(24)
  expect(recordings.reduce((sum, { said }) => sum + said.length, 0)).toBeGreaterThan(400)
})

describe.each(recordings)('$name', ({ bytes, reader, said }) => {
  test('reads as recorded', () => {
    expect(decode(codec({}, reader), bytes).map(heard)).toEqual(said)
  })

  test('B02 reads the same one byte at a time', () => {
    // A large payload says nothing that its first kilobytes do not.
    const part = bytes.subarray(0, 6000)
    expect(merge(decodeByByte(codec({}, reader), part))).toEqual(merge(decode(codec({}, reader), part)))
  })

  test('B02 reads the same however it is cut', () => {
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 40 })
    fc.assert(
      fc.property(cuts, (at) => {
        expect(merge(decodeInPieces(codec({}, reader), bytes, at)).map(heard)).toEqual(said)
      }),
      { numRuns: 15 },
    )
  })

  test('says the same after it was encoded and read again', () => {
    const frames = decode(codec({}, reader), bytes)
    const writer = codec({}, reader === 'server' ? 'client' : 'server')
    const again = codec({}, reader)
    for (const frame of frames) {
      if (frame.type === 'data' || frame.type === 'ignored' || frame.type === 'fault') continue
      expect(decode(again, encode(writer, frame))).toEqual([frame])
    }
  })
})

describe.each(['header-blocks-go1_19_8.json', 'header-blocks-go1_26_10.json'])('%s', (file) => {
  const { blocks } = JSON.parse(readFileSync(joinPath(FOLDER, file), 'utf8')) as {
    blocks: { headers: Record<string, string[]>; hex: string }[]
  }

  test('each block of the one context reads as the headers it was made from', () => {
    // One set has 200 fields, more than the default lets in.
    const reader = codec({ maxHeaderFields: 200 }, 'client')
    expect(blocks).toHaveLength(53)
    for (const block of blocks) {
      const [frame] = decode(reader, synReply(hex(block.hex)))
      if (frame?.type !== 'reply') throw new Error(`expected a reply, ${JSON.stringify(frame)} came`)
      expect([...frame.headers].sort(byName)).toEqual(flat(block.headers).sort(byName))
    }
  })
})

/** Made elsewhere with zlib level 9 and a window of 15 bits, one context a direction. */
const FRAMES: readonly (readonly [reader: Role, bytes: string, frame: object])[] = [
  [
    'server',
    '80030001010000530000000100000000400078f9e3c6a7c2026525507ab442a45a77d71090a8554122b86c62d40725522bec0996d50a5a90f0a756248222442fbf28ddcac4c4186c6631b0f4cc0517b119252505c500000000ffff',
    {
      type: 'open',
      id: 1,
      parent: 0,
      priority: 2,
      end: true,
      unidirectional: false,
      headers: [
        [':method', 'GET'],
        [':path', '/'],
        [':version', 'HTTP/1.1'],
        [':host', 'example.org:443'],
        [':scheme', 'https'],
      ],
    },
  ],
  [
    'server',
    '80030001000000330000000300000000e0000289a1dac512e01f8c6219b37e690115adc32c69194165291b3c47b127da1a3224d91a01000000ffff',
    {
      type: 'open',
      id: 3,
      parent: 0,
      priority: 7,
      end: false,
      unidirectional: false,
      headers: [
        [':method', 'POST'],
        [':path', '/up'],
        [':version', 'HTTP/1.1'],
        [':host', 'example.org:443'],
        [':scheme', 'https'],
        ['content-length', '5'],
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    },
  ],
  [
    'server',
    '000000030100000568656c6c6f',
    { type: 'data', id: 3, payload: '68656c6c6f', charge: 5, padding: 0, end: true },
  ],
  [
    'server',
    '80030008000000130000000502c980ac070629886908000000ffff',
    { type: 'headers', id: 5, headers: [['x-a', '1']], end: false },
  ],
  [
    'client',
    '80030002000000240000000178f9e3c6a7c202253a507ab4c2924839acb0a752f492870be16400000000ffff',
    {
      type: 'reply',
      id: 1,
      end: false,
      headers: [
        [':status', '200 OK'],
        [':version', 'HTTP/1.1'],
        ['content-type', 'text/plain'],
      ],
    },
  ],
  [
    'client',
    '800300010200004a0000000200000001600002e54c8871c08233175cba6694941480cc65b5829639fca91589a0b8d3cb2f4ab732313106cb1524820b4236fd62bde4e262541731035d84cb3900000000ffff',
    {
      type: 'open',
      id: 2,
      parent: 1,
      priority: 3,
      end: false,
      unidirectional: true,
      headers: [
        [':scheme', 'https'],
        [':host', 'example.org:443'],
        [':path', '/s.css'],
        [':status', '200'],
        [':version', 'HTTP/1.1'],
      ],
    },
  ],
  ['client', '80030003000000080000000300000005', { type: 'reset', id: 3, code: 'CANCEL', wireCode: 5 }],
  ['client', '800300060000000400000001', { type: 'ping', token: 1, ack: true }],
  ['server', '800300060000000400000001', { type: 'ping', token: 1, ack: false }],
  [
    'client',
    '80030007000000080000000300000000',
    { type: 'goAway', lastId: 3, code: 'NO_ERROR', wireCode: 0 },
  ],
  ['client', '80030009000000080000000000010000', { type: 'window', id: 0, delta: 65_536 }],
  ['client', '80030009000000080000000100000001', { type: 'window', id: 1, delta: 1 }],
  ['client', '0000000101000000', { type: 'data', id: 1, payload: '', charge: 0, padding: 0, end: true }],
]

describe.each(['server', 'client'] as const)('the golden frames that a %s reads', (reader) => {
  const said = FRAMES.filter(([role]) => role === reader)

  test('AM-25 read as they were meant, settings in their layout among them', () => {
    const decoder = codec({}, reader)
    for (const [, bytes, frame] of said) {
      const [first, ...more] = decode(decoder, hex(bytes))
      expect(
        JSON.parse(
          JSON.stringify(first?.type === 'data' ? { ...first, payload: toHex(first.payload) } : first),
        ),
      ).toEqual(frame)
      expect(more).toEqual([])
    }
  })

  test('are written byte for byte by the same zlib settings', () => {
    const decoder = codec({}, reader)
    const writer = codec({}, 'client', { compressionLevel: 9, windowBits: 15 })
    for (const [, bytes] of said) {
      const [frame] = decode(decoder, hex(bytes))
      if (frame === undefined || frame.type === 'data' || frame.type === 'ignored' || frame.type === 'fault')
        continue
      expect(toHex(encode(writer, frame))).toBe(bytes)
    }
  })
})
