import { constants, deflateSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { headerDictionary } from '@plexus/codec-spdy'
import type { MuxStream } from '@plexus/contract'
import { bytesOfHex, frames } from '@plexus/testkit'
import { CASTS, CHART_MODES, failureOf, stage } from './stage.test.kit.js'

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

async function readAll(stream: MuxStream): Promise<string> {
  let all = ''
  for await (const bytes of stream) all += text(bytes)
  return all
}

describe.each(CASTS)('the streams of a session, $charts, as $role', (cast) => {
  test('SS-1 frames of one stream are handled in order however streams interleave', async () => {
    const { peer, begin } = await stage(cast)
    const [one, three] = [await begin({ priority: 7 }), await begin({ priority: 0 })]
    const sent = Array.from({ length: 50 }, (_, i) => [
      frames.data(1, `a${i} `),
      frames.data(3, `b${i} `),
    ]).flat()
    await peer.sends(...sent, frames.data(1, '', { end: true }), frames.data(3, '', { end: true }))
    expect(await readAll(one)).toBe(Array.from({ length: 50 }, (_, i) => `a${i} `).join(''))
    expect(await readAll(three)).toBe(Array.from({ length: 50 }, (_, i) => `b${i} `).join(''))
  })

  test('SS-2 a write to a stream over its share waits, and goes on as it drains', async () => {
    const { peer, begin } = await stage({ ...cast, highWater: 1, limits: { streamSend: 1000 } })
    const stream = await begin()
    peer.ignores({ type: 'data' })
    peer.stalls()
    let written = 0
    const filling = (async () => {
      for (; written < 60; written += 1) await stream.write(new Uint8Array(1000))
    })()
    await peer.idle()
    // One lies at the carrier, one in the outbox, and the next has no room.
    expect(written).toBeLessThan(4)
    await peer.resumes()
    await filling
    expect(written).toBe(60)
    const received = peer.frames.reduce(
      (sum, frame) => sum + (frame.type === 'data' ? frame.payload.length : 0),
      0,
    )
    expect(received).toBe(60_000)
  })

  test('SS-2 a write that waits for room ends with its stream', async () => {
    const { peer, begin } = await stage({ ...cast, highWater: 1, limits: { streamSend: 1000 } })
    const stream = await begin()
    peer.stalls()
    const writes = Array.from({ length: 4 }, () => stream.write(new Uint8Array(1000)))
    await peer.idle()
    stream.reset()
    expect(await failureOf(writes[3]!)).toMatchObject({ code: 'CANCEL' })
  })

  test('SS-3 a stream that nobody reads holds up neither the others nor a ping', async () => {
    const { peer, begin } = await stage(cast)
    await begin()
    const three = await begin()
    await peer.sends(...Array.from({ length: 60 }, () => frames.data(1, 'x'.repeat(1000))))
    const reading = three.read()
    await peer.sends(frames.data(3, 'hello'), frames.ping(cast.role === 'server' ? 1 : 2))
    expect(text(await reading)).toBe('hello')
    await peer.wants({ type: 'ping', ack: true })
  })

  test('SS-12 a sub-stream says whose it is, both ways', async () => {
    const { session, peer, begin, accept } = await stage(cast)
    const parent = await begin()
    const child = await session.open({ parent })
    await peer.wants({ type: 'open', id: child.id, parent: parent.id })
    await peer.sends(frames.open(cast.role === 'server' ? 3 : 2, { parent: parent.id }))
    expect((await accept()).parent).toBe(parent.id)
  })

  test('SS-13 a thousand streams opened at once have rising ids in the order of the wire', async () => {
    const { session, peer } = await stage(cast)
    await peer.sends(frames.settings())
    const streams = await Promise.all(Array.from({ length: 1000 }, () => session.open({ end: true })))
    await peer.sends()
    const wire = peer.frames.flatMap((frame) => (frame.type === 'open' ? [frame.id] : []))
    expect(wire).toEqual(streams.map(({ id }) => id))
    expect(wire).toEqual([...wire].sort((a, b) => a - b))
  })

  test('SS-13 before the peer’s first word no more than 100 streams are opened, and after it as many as it lets', async () => {
    const { session, peer } = await stage(cast)
    const opened = Array.from({ length: 300 }, () => session.open({ end: true }))
    const wire = () => peer.frames.filter((frame) => frame.type === 'open').length
    await peer.sends()
    expect([wire(), session.pendingOpens]).toEqual([100, 200])
    await peer.sends(frames.settings({ maxConcurrentStreams: 250 }))
    expect([wire(), session.pendingOpens]).toEqual([250, 50])
    await peer.sends(frames.settings({ maxConcurrentStreams: 1000 }))
    await Promise.all(opened)
  })

  test('SS-16 a write of 200,000 bytes stops at the window and goes on with credit, for stream and session', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { streamSend: 1_000_000, sendFrame: 8192 } })
    const stream = await begin()
    void stream.write(new Uint8Array(200_000))
    const sent = () => peer.frames.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.charge : 0), 0)
    await peer.sends()
    expect(sent()).toBe(65_536)
    expect(stream.blocked?.on).toBe('streamWindow')
    await peer.sends(frames.window(1, 100_000))
    expect(sent()).toBe(65_536)
    expect(stream.blocked?.on).toBe('sessionWindow')
    await peer.sends(frames.window(0, 50_000))
    expect(sent()).toBe(115_536)
    await peer.sends(frames.window(0, 100_000), frames.window(1, 100_000))
    expect(sent()).toBe(200_000)
  })
})

describe.each(CHART_MODES)('streams that the peer opened, %s', (charts) => {
  test('SS-10 data that comes before the reply is read after it', async () => {
    const { peer, accept } = await stage({ charts })
    await peer.sends(frames.open(1), frames.data(1, 'early'))
    const stream = await accept()
    await peer.idle()
    stream.reply()
    expect(text(await stream.read())).toBe('early')
  })
})

describe.each(CHART_MODES)('how streams are turned down, %s', (charts) => {
  test('SS-11 refuse, cancel and reset say so once, with their code', async () => {
    const { peer, accept } = await stage({ charts })
    await peer.sends(frames.open(1), frames.open(3), frames.open(5))
    const [one, three, five] = [await accept(), await accept(), await accept()]
    one.refuse()
    one.reset()
    three.reset('CANCEL')
    three.reset('INTERNAL_ERROR')
    five.reset()
    await peer.wants({ type: 'reset', id: 1, wireCode: 3 })
    await peer.wants({ type: 'reset', id: 3, wireCode: 5 })
    await peer.wants({ type: 'reset', id: 5, wireCode: 5 })
    await peer.idle()
  })

  test('SS-11 a reset answers no reset', async () => {
    const { peer, begin } = await stage({ charts })
    const stream = await begin()
    await peer.sends(frames.reset(1))
    stream.reset()
    await peer.idle()
  })

  test('SS-11 writing and reading after a reset are errors', async () => {
    const { peer, begin } = await stage({ charts })
    const stream = await begin()
    await peer.sends(frames.reset(1))
    expect(await failureOf(stream.write('late'))).toMatchObject({ code: 'CANCEL', blame: 'peer' })
    expect(await failureOf(stream.read())).toMatchObject({ code: 'CANCEL' })
    await peer.idle()
  })

  test.each([
    // Each of these heads announces what would take gigabytes; none of it comes.
    ['a settings count', bytesOfHex('80030004 0000000c 0fffffff 0000000400000064')],
    ['a frame', bytesOfHex('80030001 00ffffff 00000001 00000000 4000')],
    ['a count of pairs', synStream(bytesOfHex('7fffffff'))],
    ['the length of a name', synStream(bytesOfHex('00000001 7fffffff 61'))],
    ['the length of a value', synStream(bytesOfHex('00000001 00000001 61 7fffffff'))],
    ['what a block inflates to', synStream(Buffer.alloc(40_000_000, 97))],
  ])('SS-15 the limit of %s is in force before anything is made', async (_, bytes) => {
    const { session, peer } = await stage({ charts })
    const before = process.memoryUsage()
    await peer.sendsBytes(bytes)
    peer.ignores({ type: 'reset', wireCode: 11 })
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    await peer.ends()
    expect(await session.closed).toMatchObject({ scope: 'session', blame: 'peer' })
    const after = process.memoryUsage()
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
    expect(grown).toBeLessThan(8 * 1024 * 1024)
  })

  test('SS-19 an unknown control type is skipped and the session answers', async () => {
    const { peer } = await stage({ charts })
    await peer.sendsBytes('8003000c 00000004 deadbeef')
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1, ack: true })
  })
})

/** SYN_STREAM 1, with these bytes as its header block before compression. */
function synStream(block: Uint8Array): Uint8Array {
  const compressed = deflateSync(block, {
    dictionary: headerDictionary(),
    finishFlush: constants.Z_SYNC_FLUSH,
  })
  const head = Buffer.from(bytesOfHex('80030001 01000000 00000001 00000000 4000'))
  head.writeUIntBE(10 + compressed.length, 5, 3)
  return Buffer.concat([head, compressed])
}
