import { describe, expect, test } from '@jest/globals'
import type { Bytes, Codec, InFrame } from '@plexus/contract'
import * as fc from 'fast-check'
import {
  block,
  codec,
  continuation,
  data,
  decodeInPieces,
  frame,
  headers,
  int,
  join,
  latin1,
  merge,
  NO_BYTES,
  padded,
  plain,
  REQUEST,
  settings,
  upload,
  zeros,
} from './dialogue.test.kit.js'
import { FLAG, PREFACE, TYPE } from './wire.js'

// Small bounds, so that few bytes reach them.
const LIMITS = {
  maxContinuations: 3,
  maxHeaderBlock: 512,
  maxHeaderBytes: 512,
  maxHeaderFields: 8,
  maxSettingsEntries: 4,
}
const server = (): Codec => codec(LIMITS)

/** A conversation that is right, of every type of frame. */
function conversation(): Bytes[] {
  return [
    settings([3, 100], [4, 70_000]),
    upload(1, ['cookie', 'x=y']),
    data(1, latin1('hello there')),
    padded(1, latin1('padded'), 5),
    frame(TYPE.PING, zeros(8)),
    frame(TYPE.PRIORITY, zeros(5), { id: 1 }),
    headers(3, block(...REQUEST).subarray(0, 9), FLAG.END_STREAM),
    continuation(3, NO_BYTES),
    continuation(3, block(...REQUEST).subarray(9), FLAG.END_HEADERS),
    headers(1, block(['late', 'yes'])),
    frame(TYPE.WINDOW_UPDATE, int(1000)),
    frame(TYPE.PRIORITY_UPDATE, join(int(3), latin1('u=1'))),
    frame(TYPE.SETTINGS, NO_BYTES, { flags: FLAG.ACK }),
    frame(0x77, zeros(30)),
    frame(TYPE.RST_STREAM, int(5), { id: 1 }),
    frame(TYPE.GOAWAY, join(int(0), int(0), latin1('bye'))),
  ]
}

/** Whatever came, this holds. */
function expectBounds(frames: readonly InFrame[]): void {
  let isShut = false
  for (const one of frames) {
    expect(isShut).toBe(false)
    if (one.type === 'fault') isShut = one.scope === 'session'
    if (one.type === 'fault' && one.scope === 'stream') expect(one.id).toBeGreaterThan(0)
    if ('headers' in one) {
      expect(one.headers.size).toBeLessThanOrEqual(LIMITS.maxHeaderFields)
      expect(one.headers.flat.join('').length).toBeLessThanOrEqual(LIMITS.maxHeaderBytes)
    }
  }
}

const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 })

/** Reads `bytes` behind a preface, whole and in pieces: no throw, within bounds, the same. */
function expectSound(bytes: Bytes, at: readonly number[]): void {
  const said = join(PREFACE, bytes)
  const whole = decodeInPieces(server(), said, [])
  const inPieces = decodeInPieces(
    server(),
    said,
    at.map((cut) => Math.min(cut, said.length)),
  )
  expectBounds(whole)
  expect(plain(merge(inPieces))).toEqual(plain(merge(whole)))
}

describe('B05', () => {
  test('any bytes at all are frames within bounds, and the same however they are cut', () => {
    const some = fc.uint8Array({ maxLength: 600 })
    fc.assert(
      fc.property(some, cuts, (bytes, at) => {
        expectSound(bytes, at)
        expectSound(join(settings(), bytes), at)
        expectBounds(decodeInPieces(codec(LIMITS, 'client'), join(settings(), bytes), []))
      }),
      { numRuns: 200 },
    )
  })

  test('any payload behind any head', () => {
    const type = fc.oneof(fc.integer({ min: 0, max: 17 }), fc.constant(TYPE.HEADERS))
    const flags = fc.integer({ min: 0, max: 0x2d })
    const said = fc
      .tuple(
        type,
        flags,
        fc.integer({ min: 0, max: 4 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: -2, max: 2 }),
      )
      .map(([kind, flag, id, payload, off]) =>
        frame(kind, payload, { flags: flag, id, length: Math.max(0, payload.length + off) }),
      )
    fc.assert(
      fc.property(fc.array(said, { maxLength: 8 }), cuts, (frames, at) =>
        expectSound(join(settings(), ...frames), at),
      ),
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
          const one = frames[i]!
          if (what === 'flip') one[(where >>> 4) % one.length]! ^= value
          else if (what === 'double') frames.splice(i, 0, one)
          else if (what === 'drop' && frames.length > 1) frames.splice(i, 1)
          else if (what === 'swap') frames.push(...frames.splice(i, 1))
          else frames.splice(i, 0, new Uint8Array(value % 20).fill(value))
        }
        expectSound(join(...frames), at)
      }),
      { numRuns: 250 },
    )
  })

  test('the conversation itself has no fault in it', () => {
    const frames = decodeInPieces(server(), join(PREFACE, ...conversation()), [])
    const kinds =
      'settings open data data ping ignored open headers window priority settings ignored reset goAway'
    expect(frames.map(({ type }) => type).join(' ')).toBe(kinds)
  })
})

test('SS-15 memory follows what came, not what was announced', () => {
  const readers = Array.from({ length: 2000 }, () => codec())
  for (const one of readers) one.decode(join(PREFACE, settings()), () => true)
  const before = process.memoryUsage().arrayBuffers
  // A head that announces 64 KiB of a header block, and three bytes of them.
  const said = frame(TYPE.HEADERS, zeros(3), { id: 1, length: 65_536 })
  for (const one of readers) one.decode(said, () => true)
  expect(readers).toHaveLength(2000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2000 * 1024)
})
