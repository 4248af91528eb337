import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { CASTS, CHART_MODES, failureOf, stage } from './stage.test.kit.js'

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

describe.each(CASTS)('how a session ends, $charts, as $role', (cast) => {
  test('SS-6 after the peer’s go-away its streams go on, no new ones are opened, and the session ends with the last', async () => {
    const { session, peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.goAway(1))
    expect(await failureOf(session.open())).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    await peer.sends(frames.data(1, 'still here', { end: true }))
    expect(text(await stream.read())).toBe('still here')
    expect(await stream.read()).toBeUndefined()
    await stream.write('me too', { end: true })
    await peer.wants({ type: 'data', id: 1, payload: 'me too', end: true })
    await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
    await peer.wantsEnd()
    await peer.ends()
    expect(await session.closed).toBeUndefined()
  })

  test('SS-7 data that came before the go-away is delivered, however late it is read', async () => {
    const { peer, clock, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, 'first '), frames.data(1, 'second', { end: true }), frames.goAway(1))
    await clock.advance(5000)
    expect(text(await stream.read())).toBe('first ')
    expect(text(await stream.read())).toBe('second')
    expect(await stream.read()).toBeUndefined()
  })

  test('SS-8 a graceful close waits for its streams, says so at once, and settles with the last', async () => {
    const { session, peer, begin } = await stage(cast)
    const stream = await begin()
    let isClosed = false
    const closing = session.close().then(() => (isClosed = true))
    await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
    await peer.idle(1000)
    expect(isClosed).toBe(false)
    await peer.sends(frames.data(1, '', { end: true }))
    await stream.close()
    await peer.wants({ type: 'data', id: 1, end: true })
    await peer.wantsEnd()
    await peer.ends()
    await closing
    expect(await stream.closed).toBeUndefined()
  })

  test('SS-8 a graceful close ends by force when its time is up', async () => {
    const { session, peer, clock, begin } = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
    const stream = await begin()
    const closing = session.close({ timeoutMs: 2000 })
    await clock.advance(1999)
    expect(session.streamCount).toBe(1)
    await clock.advance(1)
    expect(session.streamCount).toBe(0)
    expect(await stream.closed).toMatchObject({ scope: 'session', code: 'TIMEOUT' })
    await clock.advance(1000)
    await closing
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'application' })
    expect(clock.pending).toBe(0)
    await peer.wants({ type: 'goAway' })
  })

  test('SS-8 the default time to close is finite', async () => {
    const { session, clock, begin } = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
    await begin()
    const closing = session.close()
    await clock.advance(31_000)
    await closing
    expect(session.streamCount).toBe(0)
  })

  test('SS-17 the last bytes reach a slow peer that pings while we close', async () => {
    const { session, peer, clock, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    peer.stalls()
    const ping = frames.ping(cast.role === 'server' ? 1 : 2)
    await stream.write('x'.repeat(60_000), { end: true })
    const closing = session.close()
    for (let i = 0; i < 5; i += 1) {
      await clock.advance(100)
      await peer.sends(ping)
    }
    await peer.resumes()
    const received = peer.frames.filter((frame) => frame.type === 'data')
    expect(received.reduce((sum, frame) => sum + frame.payload.length, 0)).toBe(60_000)
    expect(received.at(-1)?.end).toBe(true)
    await peer.ends()
    await closing
  })

  test('SS-17 a half-close is on the wire before the carrier ends', async () => {
    const { session, peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, '', { end: true }))
    void stream.write('bye')
    void stream.close()
    void session.close()
    await peer.wantsAny([
      { type: 'data', id: 1, payload: 'bye', end: true },
      { type: 'goAway', code: 'NO_ERROR' },
    ])
    await peer.wantsEnd()
  })
})

describe.each(CHART_MODES)('a session that is over, %s', (charts) => {
  test('SS-8 closing twice and closing what is lost settle', async () => {
    const { session, peer } = await stage({ charts })
    const first = session.close()
    const second = session.close()
    await peer.ends()
    await Promise.all([first, second])
    await session.close()
    expect(await session.closed).toBeUndefined()
  })

  test('SS-4 iteration over new streams ends with the session', async () => {
    const { session, peer } = await stage({ charts })
    const next = session[Symbol.asyncIterator]().next()
    await peer.cuts()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
