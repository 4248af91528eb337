import { constants, deflateSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { headerDictionary } from '@plexus/codec-spdy'
import { bytesOfHex, frames } from '@plexus/testkit'
import { CHART_MODES, type Stage, stage } from './stage.test.kit.js'

/** The golden C1 of the fact sheet: SYN_STREAM 1 with FIN, the first block of a compression context. */
const C1 =
  '80030001010000530000000100000000400078f9e3c6a7c2026525507ab442a45a77d71090a8554122b86c62d40725522bec0996d50a5a90f0a756248222442fbf28ddcac4c4186c6631b0f4cc0517b119252505c500000000ffff'

/** As every block on the wire is: with the dictionary, ended by a sync flush. */
const SYNC = { dictionary: headerDictionary(), finishFlush: constants.Z_SYNC_FLUSH } as const

/** The session ends with this GOAWAY, takes in nothing more, and the carrier is gone within a second. */
async function endsWith({ session, peer, clock }: Stage, wireCode: number): Promise<void> {
  await peer.wants({ type: 'goAway', wireCode })
  const before = peer.frames.length
  await peer.sends(frames.ping(1), frames.ping(3))
  expect(peer.frames.length).toBe(before)
  await clock.advance(1000)
  expect(await session.closed).toMatchObject({ scope: 'session', blame: 'peer' })
  expect(clock.pending).toBe(0)
}

/** Frames that are wrong in themselves, by row: what comes, and the number of the last frame. */
const FATAL: readonly (readonly [name: string, bytes: string])[] = [
  ['P01 a settings count larger than its frame', '80030004 0000000c 00000003 0000000400000064'],
  ['P01 a settings count smaller than its frame', '80030004 0000000c 00000000 0000000400000064'],
  ['P05 a header block without the dictionary', '80030001 01000012 00000001 00000000 0000 789c0300000000 01'],
  ['P05 a header block that is no zlib stream', '80030001 0100000e 00000001 00000000 0000 deadbeef'],
  ['P05 a header block cut off before its flush', `80030001 0100001e ${C1.slice(16, 76)}`],
  ['P11 a control frame over the limit that names no stream', '80030004 00ffffff 00000001'],
  ['P12 a ping of another length', '80030006 00000005 0000000100'],
  ['P12 a ping with flags', '80030006 01000004 00000001'],
  ['P12 a reset of another length', '80030003 00000007 00000001000000'],
  ['P12 a go-away of another length', '80030007 00000004 00000000'],
  ['P12 a stream of another version', '80020001 0100000a 00000001 00000000 4000'],
  ['P10 a window update of another length', '80030009 00000004 00000000'],
  ['P10 a window update with flags', '80030009 01000008 00000000 00000001'],
  ['P10 credit of zero for the session', '80030009 00000008 00000000 00000000'],
  ['P10 credit that overflows the session window', '80030009 00000008 00000000 7fffffff'],
]

describe.each(CHART_MODES)('frames that are wrong in themselves, %s', (charts) => {
  test.each(FATAL)('%s ends the session with GOAWAY PROTOCOL_ERROR', async (_name, bytes) => {
    const set = await stage({ charts })
    await set.peer.sendsBytes(bytes)
    set.peer.ignores({ type: 'reset' })
    await endsWith(set, 1)
  })

  test('P02 / P03 counts and lengths that point out of the block end the session before anything is made of them', async () => {
    for (const block of [
      '7fffffff',
      '00000001 7fffffff',
      '00000001 00000001 61 7fffffff',
      '00000002 00000001 61 00000001 62',
    ]) {
      const compressed = deflateSync(bytesOfHex(block), SYNC)
      const set = await stage({ charts })
      const before = process.memoryUsage().heapUsed
      await set.peer.sendsBytes(Buffer.concat([synStream(compressed.length), compressed]))
      await endsWith(set, 1)
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024)
    }
  })

  test('P04 a header block that inflates without end is stopped at the limit', async () => {
    const bomb = deflateSync(Buffer.alloc(40_000_000, 97), SYNC)
    expect(bomb.length).toBeLessThan(60_000)
    const set = await stage({ charts })
    const before = process.memoryUsage()
    await set.peer.sendsBytes(Buffer.concat([synStream(bomb.length), bomb]))
    await endsWith(set, 1)
    const after = process.memoryUsage()
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(
      4_000_000,
    )
  })

  test('P06 the header block of a refused stream is read, so that the next one is understood', async () => {
    const { session, peer, accept } = await stage({ charts, limits: { maxInboundStreams: 1 } })
    await peer.sends(frames.open(1, { headers: { ':path': '/one' } }))
    const one = await accept()
    await peer.sends(frames.open(3, { headers: { ':path': '/two', 'x-long': 'refused and read' } }))
    await peer.wants({ type: 'reset', id: 3, code: 'REFUSED_STREAM' })
    one.reset()
    await peer.wants({ type: 'reset', id: 1 })
    await peer.sends(frames.open(5, { headers: { ':path': '/three', 'x-long': 'refused and read' } }))
    expect((await accept()).headers.get('x-long')).toBe('refused and read')
    expect(session.streamCount).toBe(1)
  })

  test('P06 the header block of a stream after our go-away is read', async () => {
    const { session, peer, begin } = await stage({ charts })
    const stream = await begin()
    void session.close()
    await peer.wants({ type: 'goAway' })
    await peer.sends(frames.open(3, { headers: { 'x-late': 'one' } }))
    await peer.sends(frames.headers(1, { 'x-late': 'one' }))
    expect((await stream.readHeaders())?.get('x-late')).toBe('one')
  })

  test('P08 an upper-case, empty or repeated name resets its stream, and the next block is understood', async () => {
    const { serialise } = blocks()
    const { peer, accept } = await stage({ charts })
    await peer.sendsBytes(serialise(1, [['Upper', 'x']]))
    await peer.wants({ type: 'reset', id: 1, wireCode: 1 })
    await peer.sendsBytes(serialise(3, [['', 'x']]))
    await peer.wants({ type: 'reset', id: 3, wireCode: 1 })
    await peer.sendsBytes(
      serialise(5, [
        ['a', 'x'],
        ['a', 'y'],
      ]),
    )
    await peer.wants({ type: 'reset', id: 5, wireCode: 1 })
    await peer.sendsBytes(serialise(7, [['a', 'x\0\0y']]))
    await peer.wants({ type: 'reset', id: 7, wireCode: 1 })
    await peer.sendsBytes(
      serialise(9, [
        ['a', 'x\0y'],
        ['b', ''],
      ]),
    )
    const { headers } = await accept()
    expect(headers.toJSON()).toEqual([
      ['a', 'x'],
      ['a', 'y'],
      ['b', ''],
    ])
  })

  test('P10 credit of zero for a stream, or that overflows it, resets that stream only', async () => {
    const { session, peer, begin } = await stage({ charts })
    await begin()
    await begin()
    await begin()
    await peer.sends(frames.window(1, 0))
    await peer.wants({ type: 'reset', id: 1, wireCode: 1 })
    await peer.sends(frames.window(3, 0x7fffffff))
    await peer.wants({ type: 'reset', id: 3, wireCode: 7 })
    expect(session.streamCount).toBe(1)
  })

  test('P11 a control frame over the limit that names a stream resets it with FRAME_TOO_LARGE and ends the session', async () => {
    const set = await stage({ charts })
    await set.peer.sendsBytes('80030001 00ffffff 00000001 00000000 4000')
    await set.peer.wants({ type: 'reset', id: 1, wireCode: 11 })
    await endsWith(set, 1)
  })

  test('P11 a data frame over the limit resets its stream from the head', async () => {
    const { session, peer, begin } = await stage({ charts, limits: { maxDataFrame: 1000 } })
    await begin()
    await peer.sendsBytes('00000001 000003e9')
    await peer.wants({ type: 'reset', id: 1, wireCode: 11 })
    await peer.sendsBytes(new Uint8Array(1001))
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', ack: true })
    expect(session.streamCount).toBe(0)
  })

  test('P11 a data frame over the limit, for a stream that nobody opened, is worth one reset', async () => {
    const { session, peer } = await stage({ charts, limits: { maxDataFrame: 1000 } })
    await peer.sendsBytes('00000001 000003e9')
    await peer.wants({ type: 'reset', id: 1, wireCode: 11 })
    await peer.sendsBytes(new Uint8Array(1001))
    await peer.sends(frames.open(1), frames.ping(1))
    await peer.wants({ type: 'ping', ack: true })
    expect(session.streamCount).toBe(1)
  })

  test('P12 CREDENTIAL, NOOP and unknown types are skipped', async () => {
    const { peer } = await stage({ charts })
    await peer.sendsBytes('8003000a 00000004 00000000 80030005 00000000 800300ff 00000002 0000')
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1, ack: true })
  })

  test('P12 a reset with status 0 closes its stream as PROTOCOL_ERROR', async () => {
    const { peer, begin } = await stage({ charts })
    const stream = await begin()
    await peer.sendsBytes('80030003 00000008 00000001 00000000')
    expect(await stream.closed).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer', wireCode: 0 })
    await peer.idle()
  })

  test('P13 a flood of streams is refused past the limit and ends in calm, with never more than the limit running', async () => {
    let running = 0
    let most = 0
    const handler = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise(() => {})
    }
    const { session, peer } = await stage({ charts, handler, limits: { maxInboundStreams: 10 } })
    for (let id = 1; id < 1000; id += 2) {
      if (peer.frames.some((frame) => frame.type === 'goAway')) break
      await peer.sends(frames.open(id))
      await peer.sends(frames.reset(id))
    }
    expect(most).toBe(10)
    await peer.ends()
    expect(await session.closed).toMatchObject({ code: 'ENHANCE_YOUR_CALM', blame: 'peer' })
  })

  test('P14 a stream that is closed on one side only ends after the half-closed time', async () => {
    const { session, peer, clock, begin } = await stage({
      charts,
      limits: { halfClosedTimeoutMs: 2000, keepaliveIntervalMs: 0 },
    })
    const stream = await begin()
    await clock.advance(5000)
    await stream.close()
    await peer.wants({ type: 'data', id: 1, end: true })
    await clock.advance(1999)
    expect(session.streamCount).toBe(1)
    await clock.advance(1)
    expect(await stream.closed).toMatchObject({ code: 'TIMEOUT' })
    await peer.wants({ type: 'reset', id: 1, wireCode: 5 })
  })
})

function synStream(blockLength: number): Buffer {
  const head = Buffer.from(bytesOfHex('80030001 01000000 00000001 00000000 4000'))
  head.writeUIntBE(10 + blockLength, 5, 3)
  return head
}

/** SYN_STREAMs with whatever names and values, compressed in one context by zlib itself. */
function blocks() {
  // Level 0 makes each block of the stream stand for itself: the header goes out once, with the first.
  let isFirst = true
  const serialise = (id: number, pairs: readonly (readonly [string, string])[]) => {
    const parts = [u32(pairs.length)]
    for (const [name, value] of pairs)
      parts.push(
        u32(name.length),
        Buffer.from(name, 'latin1'),
        u32(value.length),
        Buffer.from(value, 'latin1'),
      )
    const raw = Buffer.concat(parts)
    const whole = deflateSync(raw, { ...SYNC, level: 0 })
    const block = isFirst ? whole : whole.subarray(6)
    isFirst = false
    const head = synStream(block.length)
    head.writeUInt32BE(id, 8)
    return Buffer.concat([head, block])
  }
  return { serialise }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
