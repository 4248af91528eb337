import { describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CASTS, failureOf, type Stage, stage } from './stage.test.kit.js'

/** How a session may come to its end. */
const endings: Readonly<Record<string, (set: Stage) => unknown>> = {
  'the session is destroyed': ({ session }) => session.destroy(),
  'the session is destroyed with a code': ({ session }) => session.destroy('INTERNAL_ERROR'),
  'the session is closed and nobody hurries': ({ session }) => void session.close(),
  'the peer breaks the protocol': ({ peer }) => peer.sends(frames.data(0, 'for nobody')),
  'the peer ends the connection': ({ peer }) => peer.ends(),
  'the connection is reset': ({ carrier }) => carrier.incoming.cut('reset'),
  'the peer falls silent': () => undefined,
}

/** What a stream may wait for. */
const parked: Readonly<Record<string, (set: Stage, stream: MuxStream) => Promise<unknown>>> = {
  'bytes to read': (_, stream) => stream.read(),
  headers: (_, stream) => stream.readHeaders(),
  'its window': (_, stream) => stream.write('x'.repeat(200_000)),
  'the carrier': ({ carrier }, stream) => {
    carrier.outgoing.stall()
    return stream.write('x'.repeat(200_000))
  },
  'its end to go out': (_, stream) => {
    void stream.write('x'.repeat(200_000))
    return stream.close()
  },
}

/** Parks one of each that can wait on a session. */
async function parkAll({ session, clock, peer, begin }: Stage): Promise<Record<string, Promise<unknown>>> {
  const settings = frames.settings({ initialWindow: 0, maxConcurrentStreams: 5 })
  await peer.sends(settings, frames.window(0, 2 ** 20))
  const [onWindow, onCarrier, reader] = [await begin(), await begin(), await begin()]
  const unanswered = await session.open()
  const waits: Record<string, Promise<unknown>> = {
    'a writer out of window': onWindow.write('x'.repeat(100_000)),
    'a writer’s end': onWindow.close(),
    'a reader': reader.read(),
    'a reader of headers': reader.readHeaders(),
    'an opener without a reply': unanswered.replied,
    'an acceptor': session[Symbol.asyncIterator]().next(),
    'a ping': session.ping({ timeoutMs: 0 }),
  }
  for (let i = 0; i < 5; i++) waits['an opener without a place'] = session.open()
  await peer.sends(frames.window(onCarrier.id, 2 ** 20))
  peer.stalls()
  waits['a writer in line'] = onCarrier.write('x'.repeat(200_000))
  await clock.settle()
  expect(session.pendingOpens).toBeGreaterThan(0)
  expect([onWindow.blocked?.on, onCarrier.blocked?.on]).toEqual(['streamWindow', 'carrier'])
  return waits
}

describe.each(CASTS)('the end of a session, $charts, as $role', (cast) => {
  test.each(Object.keys(endings))('DM-3 every wait settles when %s', async (how) => {
    const set = await stage(cast)
    const { session, clock } = set
    const waits = await parkAll(set)
    await endings[how]!(set)
    await clock.advance(120_000)
    const settled: string[] = []
    for (const [name, wait] of Object.entries(waits)) {
      const settle = () => void settled.push(name)
      wait.then(settle, settle)
    }
    await clock.settle()
    expect(settled.sort()).toEqual(Object.keys(waits).sort())
    expect([session.streamCount, session.pendingOpens, clock.pending]).toEqual([0, 0, 0])
    await session.closed
  })

  test('DM-3 the waits of a session that is destroyed say so', async () => {
    const { session, peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 0 }))
    const stream = await begin()
    const waits = [stream.read(), stream.write('x'.repeat(100_000)), stream.close(), session.ping()]
    session.destroy()
    await peer.ends()
    for (const wait of waits)
      expect(await failureOf(wait)).toMatchObject({ scope: 'session', code: 'CANCEL' })
    expect(await failureOf(session.open())).toMatchObject({ scope: 'session', processed: 'no' })
    expect(await stream.closed).toMatchObject({ scope: 'session', code: 'CANCEL' })
  })

  test.each(Object.keys(parked))(
    'DM-5 a reset reaches a stream that waits for %s, and no other',
    async (what) => {
      const set = await stage(cast)
      const { peer, carrier, begin } = set
      const [stream, other] = [await begin(), await begin()]
      const wait = parked[what]!(set, stream)
      await peer.sends(frames.reset(stream.id, 'CANCEL'))
      expect(await failureOf(wait)).toMatchObject({
        scope: 'stream',
        code: 'CANCEL',
        blame: 'peer',
        streamId: 1,
      })
      carrier.outgoing.unstall()
      peer.ignores({ type: 'data', id: 1 })
      await peer.sends(
        frames.window(0, 2 ** 20),
        frames.window(3, 100),
        frames.data(3, 'ping', { end: true }),
      )
      expect(new TextDecoder().decode(await other.read())).toBe('ping')
      await other.write('pong', { end: true })
      await peer.wantsPayload(3, 'pong', { end: true })
      expect(await other.closed).toBeUndefined()
    },
  )

  test('DM-21 a session that nobody uses for as long as it may idle ends with OK', async () => {
    const { session, clock, peer } = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
    await clock.advance(session.limits.sessionIdleTimeoutMs - 1)
    await peer.idle()
    await peer.wants({ type: 'goAway', lastId: 0, code: 'NO_ERROR' })
    await peer.wantsEnd()
    await peer.ends()
    expect(await session.closed).toBeUndefined()
  })

  test('DM-21 a peer that ends the connection gets no last frame', async () => {
    const { session, peer } = await stage(cast)
    await peer.ends()
    await peer.wantsEnd()
    expect(await session.closed).toBeUndefined()
  })

  test('DM-21 a peer that ends the connection after its request still gets the response', async () => {
    const { session, peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, 'done', { end: true }))
    await peer.ends()
    await peer.idle()
    await stream.write('the response', { end: true })
    await peer.wants({ type: 'data', id: 1, payload: 'the response', end: true })
    await peer.wantsEnd()
    expect([await stream.closed, await session.closed]).toEqual([undefined, undefined])
  })

  test.each([
    ['a ping of the wrong length', '80030006 00000005 0000000100'],
    ['a flag where there is none', '80030007 01000008 00000000 00000000'],
    ['settings that do not fill their frame', '80030004 00000004 00000001'],
    ['headers that do not inflate', '80030008 00000008 00000001 deadbeef'],
    ['data for stream zero', '00000000 00000000'],
  ])('DM-21 %s ends the session with PROTOCOL_ERROR', async (_, bytes) => {
    const { session, peer } = await stage(cast)
    await peer.sendsBytes(bytes)
    await peer.wants({ type: 'goAway', lastId: 0, code: 'PROTOCOL_ERROR' })
    await peer.wantsEnd()
    await peer.ends()
    expect((await session.closed)?.blame).toBe('peer')
  })

  test('DM-21 another version of the protocol costs the stream and the session', async () => {
    const { peer } = await stage(cast)
    await peer.sendsBytes('80020001 0000000a 00000009 00000000 0000')
    await peer.wants({ type: 'reset', id: 9, code: 'UNSUPPORTED_VERSION' })
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
  })

  test.each([
    ['after a fault', 'PROTOCOL_ERROR', 100],
    ['of an orderly end', 'NO_ERROR', 1000],
  ] as const)(
    'DM-21 the last frame %s (%s) waits %d ms for a full carrier, no longer',
    async (_, code, ms) => {
      const { session, clock, carrier, begin } = await stage(cast)
      const stream = await begin()
      carrier.outgoing.stall()
      void stream.write('in line')
      await clock.settle()
      session.destroy(code)
      expect(await endOf(session.closed, clock)).toBe(ms)
    },
  )

  test('DM-21 the last frame after a fault gets through if the carrier drains within 100 ms', async () => {
    const { session, clock, carrier, peer } = await stage(cast)
    carrier.outgoing.stall()
    session.destroy('PROTOCOL_ERROR')
    await clock.advance(99)
    carrier.outgoing.unstall()
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
  })

  test('DM-21 a graceful end is over within its time, even with a writer that nobody reads', async () => {
    const { session, clock, carrier, begin } = await stage(cast)
    const stream = await begin()
    carrier.outgoing.stall()
    void stream.write('in line')
    const endedAt = await endOf(session.close({ timeoutMs: 5000 }), clock)
    expect(endedAt).toBeGreaterThanOrEqual(5000)
    expect(endedAt).toBeLessThanOrEqual(5000 + session.limits.lingerTimeoutMs)
  })

  describe('DM-21 the time of a close counts where the session drains already', () => {
    const drains = {
      'the peer has ended the connection': (at: Stage) => at.peer.ends(),
      'the peer went away': (at: Stage) => at.peer.sends(frames.goAway(99)),
      'it was closed with more time': (at: Stage) => void at.session.close({ timeoutMs: 20_000 }),
    }
    test.each(Object.entries(drains))('%s', async (_, drain) => {
      for (const timeoutMs of [0, 200]) {
        const at = await stage({ ...cast, role: 'server', handler: () => new Promise(() => {}) })
        await at.peer.sends(frames.open(1, { end: true }))
        await drain(at)
        await at.clock.advance(100)
        expect(await endOf(at.session.closed, at.clock, 0)).toBeUndefined()
        const endedAt = await endOf(at.session.close({ timeoutMs }), at.clock)
        expect(endedAt).toBeGreaterThanOrEqual(100 + timeoutMs)
        expect(endedAt).toBeLessThanOrEqual(101 + timeoutMs + at.session.limits.lingerTimeoutMs)
      }
    })
  })

  test('DM-21 a second close puts nothing off', async () => {
    const { session, clock, begin } = await stage(cast)
    await begin()
    void session.close({ timeoutMs: 200 })
    const endedAt = await endOf(session.close({ timeoutMs: 20_000 }), clock)
    expect(endedAt).toBeGreaterThanOrEqual(200)
    expect(endedAt).toBeLessThanOrEqual(200 + session.limits.lingerTimeoutMs)
  })
})

/** When `promise` settles, ms of the clock, if that is within so many, a minute by default. */
async function endOf(
  promise: Promise<unknown>,
  clock: Stage['clock'],
  withinMs = 60_000,
): Promise<number | undefined> {
  let at: number | undefined
  void promise.then(() => {
    at = clock.now()
  })
  await clock.advance(withinMs)
  return at
}
