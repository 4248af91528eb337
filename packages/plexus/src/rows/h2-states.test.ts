/** H42: each frame in each state of a stream, as octets on the wire, and what they cost. RFC 9113 §5.1, §6, §8. */
import { describe, expect, test } from '@jest/globals'
import { http2, PREFACE } from '@plexus/codec-http2'
import { ByteWriter, HeaderFields, type InFrame, type OutFrame, resolveLimits } from '@plexus/contract'
import { Session } from '@plexus/engine'
import { memoryPair, virtualHost } from '@plexus/testkit'
import { CHART_MODES } from './stage.test.kit.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

function frame(type: number, flags: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(id, 5)
  return new Uint8Array(Buffer.concat([head, payload]))
}

/** `:method GET`, `:scheme http`, `:path /` and nothing that needs a table. */
const GET = hex('82 86 84')
const TRAILERS = hex('00 01 61 01 62')
const get = (id: number) => frame(1, 5, id, GET)
const upload = (id: number) => frame(1, 4, id, GET)
const data = (id: number, flags = 0) => frame(0, flags, id, hex('61'))
const trailers = (id: number, flags = 5) => frame(1, flags, id, TRAILERS)
const reset = (id: number) => frame(3, 0, id, hex('00000008'))
const credit = (id: number, delta = '00000001') => frame(8, 0, id, hex(delta))
const priority = (id: number, on = '00000000') => frame(2, 0, id, hex(`${on} 10`))
const continuation = (id: number) => frame(9, 4, id, TRAILERS)

/** What a server of ours says to `said`, in short; a path of `/` is answered when its request has ended. */
async function answers(
  charts: (typeof CHART_MODES)[number],
  ...said: readonly Uint8Array[]
): Promise<string[]> {
  const host = virtualHost({ seed: 1 })
  const [near, far] = memoryPair({ clock: host.clock, chance: host.chance, record: false })
  const session = new Session({
    protocol: http2(),
    carrier: near,
    role: 'server',
    host,
    charts,
    async handler(stream) {
      for await (const _ of stream);
      stream.reply({}, { end: true })
    },
  })
  const heard: string[] = []
  const reader = http2().create({ role: 'client', limits: resolveLimits() })
  const note = (one: InFrame): boolean => {
    if (one.type === 'reset') heard.push(`stream ${one.id} ${one.code}`)
    if (one.type === 'goAway') heard.push(`session ${one.code}`)
    if (one.type === 'reply') heard.push(`reply ${one.id}`)
    return true
  }
  far.start({ receive: (chunk) => void reader.decode(chunk, note), drain() {}, end() {}, closed() {} })
  const greeting = [PREFACE, frame(4, 0, 0), frame(4, 1, 0)]
  for (const part of [...greeting, ...said]) {
    far.write([part])
    await host.clock.advance(1)
  }
  session.destroy()
  return heard
}

type Row = readonly [what: string, said: readonly Uint8Array[], wanted: readonly string[]]
const PROTOCOL = ['session PROTOCOL_ERROR']

const ROWS: readonly Row[] = [
  ['H42 idle: DATA', [data(1)], PROTOCOL],
  ['H42 idle: trailers open it, and have no method', [trailers(1)], ['stream 1 PROTOCOL_ERROR']],
  ['H42 idle: RST_STREAM', [reset(1)], PROTOCOL],
  ['H42 idle: WINDOW_UPDATE', [credit(1)], PROTOCOL],
  ['H42 idle: CONTINUATION', [continuation(1)], PROTOCOL],
  ['H42 idle: PRIORITY', [priority(1), get(1)], ['reply 1']],
  ['H42 open: all that may come', [upload(1), data(1), credit(1), priority(1), trailers(1)], ['reply 1']],
  ['H42 open: headers that do not end it', [upload(1), trailers(1, 4)], ['stream 1 PROTOCOL_ERROR']],
  ['H42 open: CONTINUATION', [upload(1), continuation(1)], PROTOCOL],
  ['H42 open: a second request', [upload(1), get(1)], ['stream 1 PROTOCOL_ERROR']],
  ['H42 closed by both ends: DATA', [get(1), data(1)], ['reply 1', 'session STREAM_CLOSED']],
  ['H42 closed by both ends: HEADERS', [get(1), get(1)], ['reply 1', 'session STREAM_CLOSED']],
  ['H42 closed by both ends: WINDOW_UPDATE', [get(1), credit(1), get(3)], ['reply 1', 'reply 3']],
  ['H42 closed by both ends: RST_STREAM', [get(1), reset(1), get(3)], ['reply 1', 'reply 3']],
  ['H42 closed by both ends: PRIORITY', [get(1), priority(1), get(3)], ['reply 1', 'reply 3']],
  ['H42 closed by its reset: DATA', [upload(1), reset(1), data(1)], ['stream 1 STREAM_CLOSED']],
  ['H42 closed by its reset: HEADERS', [upload(1), reset(1), get(1)], ['stream 1 STREAM_CLOSED']],
  [
    'H42 closed by our reset: what was on its way',
    [upload(1), credit(1, '00000000'), data(1), get(1), get(3)],
    ['stream 1 PROTOCOL_ERROR', 'reply 3'],
  ],
  ['H40 a lower id', [get(5), get(3)], ['reply 5', ...PROTOCOL]],
  ['H40 an even one', [get(2)], PROTOCOL],
  ['H32 credit of zero, stream', [upload(1), credit(1, '00000000')], ['stream 1 PROTOCOL_ERROR']],
  ['H32 credit of zero, session', [credit(0, '00000000')], PROTOCOL],
  ['H31 credit past 2^31-1, stream', [upload(1), credit(1, '7fffffff')], ['stream 1 FLOW_CONTROL_ERROR']],
  ['H31 credit past 2^31-1, session', [credit(0, '7fffffff')], ['session FLOW_CONTROL_ERROR']],
  [
    'H31 credit past 2^31-1, by settings',
    [upload(1), credit(1, '7fff0000'), frame(4, 0, 0, hex('0004 7fffffff'))],
    ['session FLOW_CONTROL_ERROR'],
  ],
  ['H09 a stream that depends on itself', [upload(1), priority(1, '00000001')], ['stream 1 PROTOCOL_ERROR']],
  ['H10 an empty name', [frame(1, 5, 1, hex('82 86 84 00 00 01 62'))], ['stream 1 PROTOCOL_ERROR']],
  ['H17 an index that is none', [frame(1, 5, 1, hex('ff 80 01'))], ['session COMPRESSION_ERROR']],
  ['H47 a push', [upload(1), frame(5, 4, 1, hex('00000002 82 86 84'))], PROTOCOL],
]

describe.each(CHART_MODES)('%s charts', (charts) => {
  test.each(ROWS)('%s', async (_what, said, wanted) => {
    expect(await answers(charts, ...said)).toEqual(wanted)
  })

  test('H34 one byte more than we granted, found out by the head', async () => {
    // 65,535 is the window of a stream; five frames of 16,384 are more.
    const full = frame(0, 0, 1, new Uint8Array(16_384))
    const host = virtualHost({ seed: 1 })
    const [near, far] = memoryPair({ clock: host.clock, chance: host.chance, record: false })
    const session = new Session({ protocol: http2(), carrier: near, role: 'server', host, charts })
    const heard: InFrame[] = []
    const reader = http2().create({ role: 'client', limits: resolveLimits() })
    const receive = (chunk: Uint8Array) => void reader.decode(chunk, (one) => heard.push(one) > 0)
    far.start({ receive, drain() {}, end() {}, closed() {} })
    far.write([PREFACE, frame(4, 0, 0), frame(4, 1, 0), upload(1), full, full, full, full.slice(), data(3)])
    await host.clock.advance(5)
    expect(heard.filter(({ type }) => type === 'reset')).toMatchObject([
      { id: 1, code: 'FLOW_CONTROL_ERROR' },
    ])
    session.destroy()
  })

  test('S09 of a server: a second answer, and an interim one behind it, cost the session', async () => {
    for (const second of ['reply', 'inform'] as const) {
      const host = virtualHost({ seed: 1 })
      const [near, far] = memoryPair({ clock: host.clock, chance: host.chance, record: false })
      const session = new Session({ protocol: http2(), carrier: near, role: 'client', host, charts })
      const writer = http2().create({ role: 'server', limits: resolveLimits() })
      const out = new ByteWriter()
      const says = (one: OutFrame) => writer.encode(one, out)
      far.start({ receive() {}, drain() {}, end() {}, closed() {} })
      await session.open({ headers: { ':path': '/' } })
      says({ type: 'settings', settings: {}, ack: false })
      says({ type: 'reply', id: 1, headers: HeaderFields.NONE, end: false })
      if (second === 'reply') says({ type: 'reply', id: 1, headers: HeaderFields.NONE, end: false })
      else says({ type: 'inform', id: 1, headers: HeaderFields.NONE })
      far.write(out.take())
      await host.clock.advance(2000)
      expect(await session.closed).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
    }
  })
})
