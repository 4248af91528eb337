import { describe, expect, test } from '@jest/globals'
import { HeaderFields, resolveLimits } from '@plexus/contract'
import { spdy } from './codec.js'
import { codec, decode, encode, toHex } from './dialogue.test.kit.js'
import { TRAITS } from './traits.js'

const limits = resolveLimits()

test.each([
  ['compressionLevel', [-1, 10, 1.5, Number.NaN]],
  ['windowBits', [10, 16, 11.5]],
])('%s that does not exist is refused when the protocol is made', (name, values) => {
  for (const value of values) expect(() => spdy({ [name]: value })).toThrow(RangeError)
})

test('the first zlib header tells the window that was asked for, 11 bits by default', () => {
  const say = (options: object) =>
    toHex(
      encode(codec({}, 'client', options), { type: 'reply', id: 1, headers: HeaderFields.NONE, end: false }),
    ).slice(24, 26)
  expect([{}, ...[12, 13, 14, 15].map((windowBits) => ({ windowBits }))].map(say)).toEqual([
    '38',
    '48',
    '58',
    '68',
    '78',
  ])
})

test('each session has contexts of its own', () => {
  const protocol = spdy()
  const say = () =>
    encode(protocol.create({ role: 'client', limits }), {
      type: 'reply',
      id: 1,
      headers: HeaderFields.fromFlat(['a', 'b']),
      end: false,
    })
  expect(say()).toEqual(say())
})

describe('profiles', () => {
  test('each codec has the traits of its profile, spdy/3.1 by default', () => {
    expect(spdy().traits).toBe(TRAITS.spdy31)
    for (const profile of ['spdy31', 'spdy3', 'spdystream'] as const) {
      expect(spdy({ profile }).traits).toBe(TRAITS[profile])
      expect(spdy({ profile }).create({ role: 'client', limits }).traits).toBe(TRAITS[profile])
    }
  })

  test.each([
    ['spdy31', '00000002'],
    ['spdy3', '0000000b'],
    ['spdystream', '00000002'],
  ] as const)('%s: a fault of ours is GOAWAY %s, and every number of it is understood', (profile, status) => {
    const writer = codec({}, 'server', { profile })
    const bytes = encode(writer, { type: 'goAway', lastId: 1, code: 'INTERNAL_ERROR' })
    expect(toHex(bytes).slice(-8)).toBe(status)
    for (const other of ['spdy31', 'spdy3', 'spdystream'] as const) {
      expect(decode(codec({}, 'client', { profile: other }), bytes)).toMatchObject([
        { code: 'INTERNAL_ERROR' },
      ])
    }
  })

  test('spdystream: settings and window updates, which it never sends, are read and harm nobody', () => {
    const bytes = encode(
      codec({}, 'client'),
      { type: 'settings', settings: { initialWindow: 5 }, ack: false },
      { type: 'window', id: 0, delta: 0 },
      { type: 'window', id: 1, delta: 0x7fff_ffff },
    )
    const frames = decode(codec({}, 'server', { profile: 'spdystream' }), bytes)
    expect(frames.map(({ type }) => type)).toEqual(['settings', 'window', 'window'])
  })
})
