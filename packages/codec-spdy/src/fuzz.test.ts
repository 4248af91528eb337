import { describe, expect, test } from '@jest/globals'
import type { Bytes, Codec, InFrame } from '@plexus/contract'
import * as fc from 'fast-check'
import {
  codec,
  compressor,
  control,
  data,
  decodeInPieces,
  headers,
  int,
  join,
  merge,
  NO_BYTES,
  pairs,
  plain,
  synReply,
  synStream,
} from './dialogue.test.kit.js'
import { TYPE } from './wire.js'

// Small bounds, so that few bytes reach them.
const LIMITS = {
  maxControlFrame: 512,
  maxDataFrame: 512,
  maxHeaderBlock: 256,
  maxHeaderBytes: 512,
  maxHeaderFields: 8,
  maxSettingsEntries: 4,
}
const reader = (): Codec => codec(LIMITS)

/** A conversation that is right, of every type of frame. */
function conversation(): Bytes[] {
  const compress = compressor()
  return [
    control(TYPE.SETTINGS, join(int(2), int(0, 1), int(4, 3), int(100), int(1, 1), int(7, 3), int(70_000))),
    synStream(
      compress(
        pairs([
          ['a', 'b'],
          ['cookie', 'x\0y'],
        ]),
      ),
      1,
    ),
    data(1, new Uint8Array(40).fill(0x61)),
    control(TYPE.PING, int(1)),
    synReply(compress(pairs([['status', '200']])), 2),
    headers(compress(pairs([['late', 'yes']])), 1, 1),
    control(TYPE.WINDOW_UPDATE, join(int(0), int(1000))),
    control(TYPE.CREDENTIAL, new Uint8Array(30)),
    data(1, NO_BYTES, 1),
    control(TYPE.RST_STREAM, join(int(1), int(5))),
    control(TYPE.GOAWAY, join(int(1), int(0))),
  ]
}

/** Whatever came, this holds. */
function expectBounds(frames: readonly InFrame[]): void {
  let isShut = false
  for (const frame of frames) {
    expect(isShut).toBe(false)
    if (frame.type === 'fault') isShut = frame.scope === 'session'
    if (frame.type === 'fault' && frame.scope === 'stream') expect(frame.id).toBeGreaterThan(0)
    if ('headers' in frame) {
      expect(frame.headers.size).toBeLessThanOrEqual(LIMITS.maxHeaderFields)
      expect(frame.headers.flat.join('').length).toBeLessThanOrEqual(LIMITS.maxHeaderBytes)
    }
  }
}

const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 })

/** Reads `bytes` whole and in pieces: no throw, within bounds, the same. */
function expectSound(bytes: Bytes, at: readonly number[]): void {
  const whole = decodeInPieces(reader(), bytes, [])
  const inPieces = decodeInPieces(
    reader(),
    bytes,
    at.map((cut) => Math.min(cut, bytes.length)),
  )
  expectBounds(whole)
  expect(plain(merge(inPieces))).toEqual(plain(merge(whole)))
}

describe('B05', () => {
  test('any bytes at all are frames within bounds, and the same however they are cut', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), cuts, expectSound), { numRuns: 300 })
  })

  test('any payload behind any head of a control frame', () => {
    const head = fc.tuple(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(3, 3, 3, 3, 2),
    )
    const frame = fc
      .tuple(head, fc.uint8Array({ maxLength: 80 }), fc.integer({ min: -2, max: 2 }))
      .map(([[type, flags, version], payload, off]) =>
        control(type, payload, { flags, version, length: Math.max(0, payload.length + off) }),
      )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, at) => expectSound(join(...frames), at)),
      { numRuns: 250 },
    )
  })

  test('a right conversation with bytes flipped, frames doubled, dropped, swapped, or foreign bytes in it', () => {
    const change = fc.record({
      what: fc.constantFrom('flip', 'double', 'drop', 'swap', 'insert' as const),
      at: fc.nat(),
      value: fc.integer({ min: 1, max: 255 }),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), cuts, (changes, at) => {
        const frames = conversation()
        for (const { what, at: where, value } of changes) {
          const i = where % frames.length
          const frame = frames[i]!
          if (what === 'flip') frame[(where >>> 4) % frame.length]! ^= value
          else if (what === 'double') frames.splice(i, 0, frame)
          else if (what === 'drop' && frames.length > 1) frames.splice(i, 1)
          else if (what === 'swap') frames.push(...frames.splice(i, 1))
          else frames.splice(i, 0, new Uint8Array(value % 20).fill(value))
        }
        expectSound(join(...frames), at)
      }),
      { numRuns: 250 },
    )
  })

  test('valid compression of any block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 }), { maxLength: 4 }),
        cuts,
        (blocks, at) => {
          const compress = compressor()
          expectSound(join(...blocks.map((block, i) => synStream(compress(block), i * 2 + 1))), at)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('the conversation itself has no fault in it', () => {
    const frames = decodeInPieces(reader(), join(...conversation()), [])
    expect(frames.map(({ type }) => type)).toEqual([
      'settings',
      'open',
      'data',
      'ping',
      'reply',
      'headers',
      'window',
      'ignored',
      'data',
      'reset',
      'goAway',
    ])
  })
})

test('SS-15 memory follows what came, not what was announced', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 2000 }, () => codec())
  // A head that announces 64 KiB, and three bytes of them.
  const said = join(synStream(NO_BYTES).subarray(0, 5), int(65_536, 3), int(1, 3))
  for (const one of readers) one.decode(said, () => true)
  expect(readers).toHaveLength(2000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2000 * 1024)
})
