import { describe, expect, test } from '@jest/globals'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import { countOf, couple } from './couple.test.kit.js'
import { CASTS, CHART_MODES, failureOf, stage } from './stage.test.kit.js'

const FOR_EVER = 2 ** 31 - 1

/** The token of the last ping that the peer got. */
function asked(peer: ScriptedPeer) {
  const ping = peer.frames.findLast((frame) => frame.type === 'ping')
  if (ping?.type !== 'ping') throw new Error('expected a ping')
  return ping.token
}

describe.each(CASTS)('time that jumps, $charts, as $role', (cast) => {
  test('B12 a machine that slept for an hour asks before it gives a peer up', async () => {
    const { session, peer, clock } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    clock.jump(3_600_000)
    await clock.settle()
    await peer.sends(frames.ping(asked(peer), { ack: true }))
    await clock.advance(20_000)
    await expect(session.open()).resolves.toBeDefined()
  })

  test('B12 a machine that slept while it waited for an answer hears the answer that lies there', async () => {
    const { session, peer, clock } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    await clock.advance(30_000)
    const answered = peer.sends(frames.ping(asked(peer), { ack: true }))
    clock.jump(60_000)
    await answered
    await clock.settle()
    await expect(session.open()).resolves.toBeDefined()
  })

  test('B12 a machine that slept and woke alone finds that out', async () => {
    const { session, carrier, clock } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    carrier.incoming.cut('silence')
    clock.jump(3_600_000)
    await clock.advance(45_000)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT' })
    expect(clock.pending).toBe(0)
  })

  test('B12 every time-out that a sleep made late comes once, and the session ends in order', async () => {
    const { session, clock, begin } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    const streams = [await begin(), await begin()]
    const pinging = failureOf(session.ping({ timeoutMs: 1000 }))
    clock.jump(24 * 3_600_000)
    await clock.advance(60_000)
    expect((await pinging).code).toBe('TIMEOUT')
    for (const stream of streams) expect((await stream.closed)?.code).toBe('TIMEOUT')
    await session.closed
    expect([session.streamCount, clock.pending]).toEqual([0, 0])
  })

  test.each([FOR_EVER, FOR_EVER + 1, 2 ** 40, Number.POSITIVE_INFINITY])(
    'B12 a time-out of %d ms is long, not short',
    async (ms) => {
      const limits = { sessionIdleTimeoutMs: ms, streamIdleTimeoutMs: ms, keepaliveIntervalMs: ms }
      const { session, clock, begin } = await stage({ ...cast, limits })
      const stream = await begin()
      const pinging = session.ping({ timeoutMs: ms })
      await clock.advance(1_000_000)
      expect(stream.state).toBe('open')
      session.destroy()
      await clock.advance(2000)
      await failureOf(pinging)
      expect(clock.pending).toBe(0)
    },
  )

  test('B12 a clock that starts below zero or far above 2^31 counts the same', async () => {
    for (const startMs of [-1e6, 2 ** 31 - 20_000, 2 ** 41]) {
      const { clock, client, server } = couple({ charts: cast.charts, startMs })
      const stream = await client.open()
      void stream.write('hello', { end: true })
      expect(await countOf(stream)).toBe(5)
      await clock.advance(60_000)
      const session = cast.role === 'client' ? client : server
      expect([session.stats.streamsReset, session.stats.pingMs]).toEqual([0, 0])
      await Promise.all([client.close(), clock.advance(2000)])
      expect(clock.pending).toBe(0)
    }
  })
})

describe.each(CHART_MODES)('timers of one tick, %s', (charts) => {
  test('B13 streams whose time is up in the same tick are told in the order they were opened', async () => {
    const { session, peer, clock } = await stage({
      charts,
      role: 'client',
      limits: { openTimeoutMs: 1000, keepaliveIntervalMs: 0 },
    })
    const ended: number[] = []
    for (let i = 0; i < 20; i += 1) {
      const stream = await session.open()
      void stream.closed.then(() => ended.push(stream.id))
    }
    await clock.advance(1000)
    expect(ended).toEqual(Array.from({ length: 20 }, (_, i) => 1 + 2 * i))
    expect(peer.frames.flatMap((frame) => (frame.type === 'reset' ? [frame.id] : []))).toEqual(ended)
  })

  test('B13 a reply in the tick of its time-out comes too late or in time, and never both', async () => {
    for (const isFirst of [true, false]) {
      const { session, peer, clock, events } = await stage({
        charts,
        role: 'client',
        limits: { openTimeoutMs: 1000, keepaliveIntervalMs: 0 },
      })
      const stream = await session.open()
      await clock.advance(999)
      const ticked = isFirst ? undefined : clock.advance(1)
      const replied = peer.sends(frames.reply(1, { end: true }))
      if (isFirst) clock.jump(1)
      await Promise.all([ticked, replied])
      void stream.close()
      await clock.advance(1)
      const told = events.filter(({ type }) => type === 'ended' || type === 'reset')
      expect(told.length).toBe(1)
    }
  })

  test('B13 a close, a destroy and a time-out in one tick end it once', async () => {
    const { session, peer, clock, events } = await stage({
      charts,
      limits: { sessionIdleTimeoutMs: 1000, keepaliveIntervalMs: 0 },
    })
    clock.setTimer(() => void session.close({ timeoutMs: 0 }), 1000)
    clock.setTimer(() => session.destroy('INTERNAL_ERROR'), 1000)
    await clock.advance(3000)
    await session.closed
    await clock.settle()
    expect(events.filter(({ type }) => type === 'closed').length).toBe(1)
    expect(peer.frames.filter(({ type }) => type === 'goAway').length).toBe(1)
    expect(clock.pending).toBe(0)
  })
})

describe.each(CASTS)('a loop that blocks, $charts, as $role', (cast) => {
  test('B22 500 ms of it at the end of the wait for a pong kill no peer whose pong is there', async () => {
    const { session, peer, clock } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    await clock.advance(30_000)
    const token = asked(peer)
    await clock.advance(14_700)
    const answered = peer.sends(frames.ping(token, { ack: true }))
    clock.jump(500)
    await answered
    await expect(session.open()).resolves.toBeDefined()
    await clock.advance(1000)
    expect(session.streamCount).toBe(1)
  })

  test('B22 500 ms of it at the end of the wait for the first sign of life kill no peer', async () => {
    const { session, peer, clock } = await stage({ ...cast, limits: { sessionIdleTimeoutMs: 0 } })
    await clock.advance(29_900)
    clock.jump(500)
    await clock.settle()
    await peer.sends(frames.ping(asked(peer), { ack: true }))
    await clock.advance(20_000)
    await expect(session.open()).resolves.toBeDefined()
  })

  test('B22 blocks of 500 ms, again and again at any time, kill no healthy peer', async () => {
    const { clock, client, server, host } = couple({ charts: cast.charts, latencyMs: [1, 80], seed: 3 })
    const streams = await Promise.all(Array.from({ length: 5 }, () => client.open()))
    for (let i = 0; i < 400; i += 1) {
      for (const stream of streams) void stream.write('x'.repeat(300))
      await clock.advance(host.chance.int(0, 600))
      clock.jump(500)
    }
    for (const stream of streams) void stream.close()
    const counts = Promise.all(streams.map(countOf))
    await clock.advance(10_000)
    expect(await counts).toEqual(Array.from({ length: 5 }, () => 400 * 300))
    expect((cast.role === 'client' ? client : server).stats.streamsReset).toBe(0)
  })
})
