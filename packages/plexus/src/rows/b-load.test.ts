import { describe, expect, test } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { type InFrame, LIMITS, type MuxStream } from '@plexus/contract'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import { countOf, couple, echo } from './couple.test.kit.js'
import { CASTS, CHART_MODES, failureOf, stage, withTraits } from './stage.test.kit.js'

/** Sends as much of `bytes` on stream `id` as the session's credit lets it. @returns what was sent. */
async function fill(peer: ScriptedPeer, id: number, bytes: number): Promise<number> {
  let sent = 0
  for (let rounds = 0; rounds < 10_000 && sent < bytes; rounds += 1) {
    const size = Math.min(creditOf(peer, id), creditOf(peer, 0), bytes - sent, 16_384)
    if (size <= 0) break
    await peer.sends(frames.data(id, new Uint8Array(size)))
    sent += size
  }
  return sent
}

/** What the peer may still send on stream `id`; in all, where that is 0. */
function creditOf(peer: ScriptedPeer, id: number): number {
  let credit = 65_536
  for (const frame of peer.frames) if (frame.type === 'window' && frame.id === id) credit += frame.delta
  for (const frame of peer.sent)
    if (frame.type === 'data' && (id === 0 || frame.id === id)) credit -= frame.payload.length
  return credit
}

async function readAll(stream: MuxStream): Promise<void> {
  for await (const _chunk of stream);
}

describe.each(CASTS)('slow readers, $charts, as $role', (cast) => {
  test('B09 one that does not read holds what its window lets it, and its neighbour reads a megabyte', async () => {
    const { session, peer, begin } = await stage(cast)
    const [slow, quick] = [await begin(), await begin()]
    expect(await fill(peer, slow.id, 1_000_000)).toBe(65_536)
    void readAll(quick)
    expect(await fill(peer, quick.id, 1_000_000)).toBe(1_000_000)
    expect(session.receiver.unread.used).toBe(65_536)
    expect(slow.state).toBe('open')
  })

  test('B09 one that reads again goes on where it stood', async () => {
    const { peer, begin } = await stage(cast)
    const slow = await begin()
    await fill(peer, slow.id, 1_000_000)
    void readAll(slow)
    await peer.sends()
    expect(await fill(peer, slow.id, 200_000)).toBe(200_000)
  })

  test.each([7, 15, 40, 99])(
    'B09 %i of them hold no more than their windows, and harm no neighbour',
    async (slowReaders) => {
      const { session, peer, begin } = await stage(cast)
      peer.ignores({ type: 'window' })
      const quick = await begin()
      for (let i = 0; i < slowReaders; i += 1)
        expect(await fill(peer, (await begin()).id, 100_000)).toBe(65_536)
      expect(session.receiver.unread.used).toBe(slowReaders * 65_536)
      void readAll(quick)
      expect(await fill(peer, quick.id, 500_000)).toBe(500_000)
    },
  )

  test('B09 streams whose far readers do not read fill our queue, and hold up no other writer', async () => {
    const limits = { streamSend: 10_000, sessionSend: 20_000 }
    const { peer, begin } = await stage({ ...cast, limits })
    const stuck = [await begin(), await begin(), await begin()]
    const quick = await begin()
    await peer.sends(frames.settings({ initialWindow: 0 }), frames.window(quick.id, 1_000_000))
    for (const stream of stuck) stream.write(new Uint8Array(10_000)).catch(() => {})
    await peer.sends()
    let written = 0
    const writing = (async () => {
      for (; written < 50_000; written += 1000) await quick.write(new Uint8Array(1000))
    })()
    await peer.sends()
    await writing
    expect(peer.frames.filter((frame) => frame.type === 'data' && frame.id === quick.id)).not.toEqual([])
    expect(written).toBe(50_000)
  })

  test('B09 a peer that reads nothing leaves us with what our limits say, and is left in the end', async () => {
    const limits = { streamSend: 10_000, sessionSend: 50_000, keepaliveIntervalMs: 0 }
    const { session, carrier, clock, begin } = await stage({ ...cast, limits, highWater: 10_000 })
    const streams = [await begin(), await begin(), await begin()]
    carrier.outgoing.stall()
    let taken = 0
    for (const stream of streams)
      void (async () => {
        for (;;) {
          await stream.write(new Uint8Array(1000))
          taken += 1000
        }
      })().catch(() => {})
    await clock.advance(29_000)
    expect(taken).toBeLessThanOrEqual(3 * 11_000 + 10_000)
    await clock.advance(1000)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
    expect(clock.pending).toBe(0)
  })
})

describe.each(CASTS)('slow writers, $charts, as $role', (cast) => {
  test('B10 a peer that does not come to the end of a frame is left after ten seconds, however busy it looks', async () => {
    const { session, peer, clock, begin } = await stage(cast)
    const stream = await begin()
    const ping = '80 03 00 06 00 00 00 04 00 00'.split(' ')
    for (const byte of ping) {
      expect(stream.state).toBe('open')
      await peer.sendsBytes(byte)
      await clock.advance(1000)
    }
    expect(await stream.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer', event: 'frameTimeoutMs' })
    await clock.advance(1000)
    expect([session.streamCount, clock.pending]).toEqual([0, 0])
  })

  test('B10 a writer who says a word a minute keeps its stream', async () => {
    const { peer, clock, begin } = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
    const stream = await begin()
    for (let minute = 0; minute < 60; minute += 1) {
      void stream.read()
      await peer.sends(frames.data(1, 'word'))
      await clock.advance(60_000)
    }
    expect(stream.state).toBe('open')
  })

  test('B10 a writer of ours that says nothing is found by its stream’s time', async () => {
    const { peer, clock, begin } = await stage({
      ...cast,
      limits: { keepaliveIntervalMs: 0, sessionIdleTimeoutMs: 0 },
    })
    const stream = await begin()
    await clock.advance(LIMITS.streamIdleTimeoutMs.value)
    expect(await stream.closed).toMatchObject({ code: 'TIMEOUT', scope: 'stream' })
    await peer.wants({ type: 'reset', id: 1 })
  })
})

describe.each(CHART_MODES)('settings in flight, %s', (charts) => {
  const sizes = (peer: ScriptedPeer) =>
    peer.frames.flatMap((frame) => (frame.type === 'data' ? [frame.payload.length] : []))

  test('B18 a window that shrinks under what is on its way goes below zero, and credit first pays that back', async () => {
    const { peer, begin } = await stage({ charts, role: 'client' })
    const stream = await begin()
    void stream.write('x'.repeat(60_000))
    await peer.sends(frames.settings({ initialWindow: 10_000 }))
    const before = sizes(peer).reduce((sum, size) => sum + size, 0)
    expect(before).toBe(60_000)
    void stream.write('y')
    await peer.sends(frames.window(1, 50_000))
    expect(sizes(peer).reduce((sum, size) => sum + size, 0)).toBe(before)
    await peer.sends(frames.window(1, 1))
    expect(sizes(peer).reduce((sum, size) => sum + size, 0)).toBe(before + 1)
  })

  test('B18 a limit on streams that falls below what is open ends none of them, and lets no new one in', async () => {
    const { session, peer, begin } = await stage({ charts, role: 'client' })
    const streams = [await begin(), await begin(), await begin()]
    await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
    const waiting = session.open()
    await peer.idle()
    expect([session.streamCount, session.pendingOpens]).toEqual([3, 1])
    streams[0]!.reset()
    streams[1]!.reset()
    await peer.sends()
    expect(session.pendingOpens).toBe(1)
    streams[2]!.reset()
    await waiting
    expect([session.streamCount, session.pendingOpens]).toEqual([1, 0])
  })

  test('B18 the last of several settings holds, and each is applied in its place', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    await peer.sends(
      frames.settings({ maxConcurrentStreams: 0, initialWindow: 5 }),
      frames.settings({ maxConcurrentStreams: 2 }),
      frames.settings({ initialWindow: 7 }),
    )
    const [one, two, three] = [session.open(), session.open(), session.open()]
    void (await one).write('x'.repeat(20))
    await two
    void three
    await peer.sends(frames.reply(1))
    expect(sizes(peer)).toEqual([7])
    expect(session.pendingOpens).toBe(1)
  })
})

describe.each(CHART_MODES)('more than there is place for, %s', (charts) => {
  test('B19 each stream is served or refused, at once, and none is left without an answer', async () => {
    const limits = { maxInboundStreams: 20, refusalBurst: 1000 }
    const { session, peer } = await stage({ charts, limits, handler: () => new Promise(() => {}) })
    for (let i = 0; i < 120; i += 1) await peer.sends(frames.open(1 + 2 * i))
    const refused = peer.frames.flatMap((frame) => (frame.type === 'reset' ? [frame] : []))
    expect(refused.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => 41 + 2 * i))
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['REFUSED_STREAM']))
    expect([session.streamCount, session.stats.streamsRefused]).toEqual([20, 100])
  })

  test('B19 those who were refused are served as soon as there is a place', async () => {
    const { peer } = await stage({ charts, limits: { maxInboundStreams: 1 }, handler: echo })
    await peer.sends(frames.open(1), frames.open(3))
    await peer.sends(frames.data(1, 'x', { end: true }))
    await peer.sends(frames.open(5), frames.data(5, 'y', { end: true }))
    expect([count(peer, 'reset'), peer.frames.at(-1)]).toMatchObject([1, { type: 'data', id: 5, end: true }])
  })

  test('B19 two hundred requests to a server that announced twenty places are all served', async () => {
    const { clock, client } = couple({ charts, limits: { maxInboundStreams: 20 }, latencyMs: 5 })
    await clock.advance(10)
    const counts = Promise.all(
      Array.from({ length: 200 }, async () => {
        const stream = await client.open()
        await stream.write('x'.repeat(300), { end: true })
        return countOf(stream)
      }),
    )
    await clock.advance(5000)
    expect(new Set(await counts)).toEqual(new Set([300]))
  })
})

describe.each(CHART_MODES)('counters near their end, %s', (charts) => {
  const LAST = 0x7fffffff

  test('B20 the last stream id is used, and then an open fails at once', async () => {
    const protocol = withTraits(spdy(), { maxStreamId: 5 })
    const { session, peer } = await stage({ charts, role: 'client', protocol })
    for (const id of [1, 3, 5]) expect((await session.open()).id).toBe(id)
    await peer.sends()
    expect(peer.frames.at(-1)).toMatchObject({ type: 'open', id: 5 })
    expect(await failureOf(session.open())).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
  })

  test('B20 a peer may open its last stream id, and none after it', async () => {
    const { session, peer, accept } = await stage({ charts })
    await peer.sends(frames.open(LAST))
    expect((await accept()).id).toBe(LAST)
    await peer.sends(frames.open(LAST - 2))
    await peer.ends()
    expect(await session.closed).toMatchObject({ blame: 'peer', event: 'openLower' })
  })

  test.each([
    ['one below the largest window', LAST - 65_536 - 1, false],
    ['the largest window', LAST - 65_536, false],
    ['one above it', LAST - 65_536 + 1, true],
  ])('B20 credit to %s', async (_name, delta, isOver) => {
    const { session, peer, begin } = await stage({ charts, role: 'client' })
    const stream = await begin()
    await peer.sends(frames.window(stream.id, delta))
    expect(stream.state).toBe(isOver ? 'closed' : 'open')
    await peer.sends(frames.window(0, delta))
    expect(session.streamCount === 0).toBe(isOver)
    await peer.sends(frames.ping(2))
    expect(count(peer, 'goAway')).toBe(isOver ? 1 : 0)
  })

  test('B20 a window of 2^31 - 1 by settings is one, and one more byte is a fault', async () => {
    const { session, peer, begin } = await stage({ charts, role: 'client' })
    const stream = await begin()
    await peer.sends(frames.settings({ initialWindow: LAST }))
    expect(stream.state).toBe('open')
    await peer.sends(frames.window(stream.id, 1))
    expect(await stream.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR' })
    expect(session.streamCount).toBe(0)
  })

  test('B20 a ping with the largest token is answered as it came', async () => {
    const { peer } = await stage({ charts })
    await peer.sends(frames.ping(0xffffffff))
    await peer.wants({ type: 'ping', token: 0xffffffff, ack: true })
  })
})

const count = (peer: ScriptedPeer, type: InFrame['type']) =>
  peer.frames.filter((frame) => frame.type === type).length
