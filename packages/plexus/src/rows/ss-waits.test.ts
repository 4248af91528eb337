import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { CHART_MODES, failureOf, stage } from './stage.test.kit.js'

describe.each(CHART_MODES)('the waits of a session, %s', (charts) => {
  test('SS-4 the wait for a reply settles on the reply', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    const stream = await session.open()
    await peer.sends(frames.reply(1, { headers: { ':status': '200' } }))
    expect((await stream.replied).get(':status')).toBe('200')
  })

  test('SS-4 the wait for a reply settles on a reset, with its code', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    const stream = await session.open()
    await peer.sends(frames.reset(1, 'REFUSED_STREAM'))
    expect(await failureOf(stream.replied)).toMatchObject({
      code: 'REFUSED_STREAM',
      scope: 'stream',
      blame: 'peer',
      processed: 'no',
    })
  })

  test('SS-4 the wait for a reply settles on its time-out, and the peer is told', async () => {
    const { session, peer, clock } = await stage({
      charts,
      role: 'client',
      limits: { openTimeoutMs: 500, keepaliveIntervalMs: 0 },
    })
    const stream = await session.open()
    await peer.wants({ type: 'open', id: 1 })
    await clock.advance(499)
    expect(stream.state).toBe('open')
    await clock.advance(1)
    expect(await failureOf(stream.replied)).toMatchObject({ code: 'TIMEOUT', scope: 'stream' })
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  })

  test('SS-4 the wait for a reply settles when the connection is lost', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    const stream = await session.open()
    await peer.cuts()
    expect(await failureOf(stream.replied)).toMatchObject({ code: 'CONNECTION_LOST', scope: 'session' })
    expect((await session.closed)?.code).toBe('CONNECTION_LOST')
  })

  test('SS-5 a reset before anyone waits holds up nobody', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    const streams = await Promise.all(Array.from({ length: 6 }, () => session.open()))
    await peer.sends(frames.reset(1))
    await peer.sends(frames.reply(11))
    await streams[5]!.replied
    expect(await failureOf(streams[0]!.replied)).toMatchObject({ code: 'CANCEL' })
  })

  test('SS-14 ten pings at once have ten ids and each gets its own answer', async () => {
    const { session, peer, clock } = await stage({ charts, role: 'client' })
    const answers = Array.from({ length: 10 }, () => session.ping())
    await peer.sends()
    const tokens = peer.frames.flatMap((frame) => (frame.type === 'ping' ? [frame.token] : []))
    expect(new Set(tokens).size).toBe(10)
    const order = [...tokens].reverse()
    for (const token of order) {
      await clock.advance(10)
      await peer.sends(frames.ping(token, { ack: true }))
    }
    const times = await Promise.all(answers)
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(new Set(times).size).toBe(10)
  })

  test('SS-14 all pings settle when the connection is lost', async () => {
    const { session, peer } = await stage({ charts, role: 'client' })
    const answers = Array.from({ length: 10 }, () => failureOf(session.ping()))
    await peer.cuts()
    for (const error of await Promise.all(answers)) expect(error.code).toBe('CONNECTION_LOST')
  })

  test('SS-9 a session on which nothing but pings moves ends after its idle time, and not before', async () => {
    const { session, peer, clock } = await stage({
      charts,
      limits: { sessionIdleTimeoutMs: 1000, keepaliveIntervalMs: 0 },
    })
    await clock.advance(600)
    await peer.sends(frames.settings())
    await clock.advance(900)
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1, ack: true })
    await peer.idle()
    await clock.advance(100)
    await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
    await peer.ends()
    expect(await session.closed).toBeUndefined()
  })

  test('SS-9 frames that go out keep a session from being idle', async () => {
    const { session, clock, begin } = await stage({
      charts,
      role: 'client',
      limits: { sessionIdleTimeoutMs: 1000, keepaliveIntervalMs: 0 },
    })
    const stream = await begin()
    await clock.advance(800)
    await stream.write('still here')
    await clock.advance(800)
    expect(session.streamCount).toBe(1)
    await clock.advance(1000)
    expect(session.streamCount).toBe(0)
  })

  test('SS-9 an idle time of 0 is for ever', async () => {
    const { session, clock } = await stage({
      charts,
      limits: { sessionIdleTimeoutMs: 0, keepaliveIntervalMs: 0 },
    })
    await clock.advance(24 * 3600 * 1000)
    await expect(session.open()).resolves.toBeDefined()
  })

  test('SS-9 the idle time can be set on a session that is lost', async () => {
    const { session, peer, clock } = await stage({ charts })
    await peer.cuts()
    await session.closed
    session.setIdleTimeout(10)
    await clock.advance(1000)
    expect(clock.pending).toBe(0)
  })

  test('SS-18 each stream has a deadline of its own', async () => {
    const { session, peer, clock, begin } = await stage({
      charts,
      role: 'client',
      limits: { streamIdleTimeoutMs: 1000, keepaliveIntervalMs: 0 },
    })
    const still = await begin()
    const busy = await begin()
    const end = failureOf(still.read())
    for (let i = 0; i < 4; i += 1) {
      await clock.advance(300)
      await peer.sends(frames.data(busy.id, 'tick'))
      await busy.read()
    }
    expect(await end).toMatchObject({ code: 'TIMEOUT', streamId: still.id })
    expect(busy.state).toBe('open')
    expect(session.streamCount).toBe(1)
  })
})
