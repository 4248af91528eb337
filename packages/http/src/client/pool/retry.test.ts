/** What is tried again, and what is not? */
import { describe, expect, test } from '@jest/globals'
import { type MuxSession, PlexusError } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { HttpPool } from './http-pool.js'
import { fateOf, head, inTime, ok, PROTOCOLS, peerStage, serverStage, watched } from './pool.test.kit.js'

test.each(PROTOCOLS)(
  'DG-13 %s: a GOAWAY that took nothing: all in flight go to a new connection; what cannot is marked retryable',
  async (protocol) => {
    const { pool, clock, dials, peers } = peerStage({ protocol })
    const get = pool.do({ path: '/get' })
    const put = pool.do({ path: '/put', method: 'PUT', body: 'abc' })
    const read: number[] = []
    const streamed = fateOf(
      pool.do({
        path: '/stream',
        method: 'PUT',
        body: (async function* () {
          read.push(read.length)
          yield 'a'
          await new Promise(() => {})
        })(),
      }),
    )
    await clock.settle()
    await peers[0]!.sends(frames.goAway(0))
    await peers[1]!.wants({ type: 'open', headers: { ':path': '/get' } })
    await peers[1]!.wants({ type: 'open', headers: { ':path': '/put' } })
    await peers[1]!.wantsPayload(3, 'abc', { end: true })
    await peers[1]!.idle()
    await peers[1]!.sends(ok(1, protocol), ok(3, protocol))
    expect([(await get).status, (await put).status, await streamed]).toEqual([
      200,
      200,
      'REFUSED_STREAM, processed: no',
    ])
    expect([dials.length, pool.stats.retries, read]).toEqual([2, 2, [0]])
    const next = pool.do({ path: '/next' })
    await peers[1]!.wants({ type: 'open', id: 5, headers: { ':path': '/next' } })
    await peers[1]!.sends(ok(5, protocol))
    expect((await next).status).toBe(200)
    await inTime(clock, pool.destroy())
  },
)

test.each(PROTOCOLS)(
  'DG-14 %s: a GOAWAY with N: up to N all frames arrive, what is above fails at once and retryable',
  async (protocol) => {
    const { pool, clock, peers } = peerStage({ protocol, maxResends: 0 })
    const asked = ['/1', '/3', '/5'].map((path) => pool.do({ path }))
    const third = watched(fateOf(asked[2]!))
    await clock.settle()
    await peers[0]!.sends(frames.goAway(3))
    expect(third.value).toBe('REFUSED_STREAM, processed: no')
    expect(pool.stats.connections.draining).toBe(1)
    await peers[0]!.sends(head(3, protocol), frames.data(3, 'one '))
    await clock.advance(5_000)
    await peers[0]!.sends(head(1, protocol), frames.data(1, 'a'), frames.data(3, 'two '))
    await clock.advance(5_000)
    await peers[0]!.sends(frames.data(3, 'three', { end: true }), frames.data(1, 'b'))
    await peers[0]!.sends(frames.data(1, '', { end: true }))
    expect((await asked[1]!).text()).toBe('one two three')
    expect((await asked[0]!).text()).toBe('ab')
    await clock.advance(2_000)
    expect(pool.stats.origins).toBe(0)
  },
)

test.each(PROTOCOLS)(
  'DG-15 %s: a GOAWAY that names no stream and then one that does: only the second fails what is above it',
  async (protocol) => {
    const { pool, clock, dials, peers } = peerStage({ protocol })
    const asked = ['/1', '/3'].map((path) => fateOf(pool.do({ path })))
    await clock.settle()
    await peers[0]!.sends(frames.goAway(2 ** 31 - 1))
    await clock.settle()
    expect([pool.stats.connections.draining, dials.length]).toEqual([1, 1])
    const later = fateOf(pool.do({ path: '/later' }))
    await clock.settle()
    await peers[1]!.wants({ type: 'open', headers: { ':path': '/later' } })
    await peers[0]!.sends(frames.goAway(1))
    await peers[1]!.wants({ type: 'open', headers: { ':path': '/3' } })
    await peers[0]!.sends(ok(1, protocol))
    await peers[1]!.sends(ok(1, protocol), ok(3, protocol))
    expect(await Promise.all([...asked, later])).toEqual(['200', '200', '200'])
    await inTime(clock, pool.destroy())
  },
)

describe('DG-16 a request is tried again only if it was surely not processed:', () => {
  test.each([
    ['a stream that was refused', frames.reset(1, 'REFUSED_STREAM'), true],
    ['a stream above the last good one', frames.goAway(0), true],
    ['a reset with CANCEL', frames.reset(1, 'CANCEL'), false],
    ['a reset with INTERNAL_ERROR', frames.reset(1, 'INTERNAL_ERROR'), false],
    ['a reset with PROTOCOL_ERROR', frames.reset(1, 'PROTOCOL_ERROR'), false],
    ['a GOAWAY that took it', frames.goAway(1), false],
  ])('%s', async (_, frame, isRetried) => {
    const { pool, clock, peers } = peerStage()
    const asked = watched(fateOf(pool.do({ path: '/', method: 'POST', body: 'abc' })))
    await clock.settle()
    await peers[0]!.sends(frame)
    await clock.settle()
    expect([pool.stats.retries, asked.value === undefined]).toEqual(
      isRetried ? [1, true] : [0, frame.type === 'goAway'],
    )
    await inTime(clock, pool.destroy())
    if (!isRetried) expect(asked.value).toMatch(/processed: unknown$/)
  })

  test('a connection that is lost, before the answer and in its middle', async () => {
    const { pool, clock, peers, carriers } = peerStage()
    const early = fateOf(pool.do({ path: '/1' }))
    const middle = fateOf(pool.do({ path: '/3' }))
    await clock.settle()
    await peers[0]!.sends(head(3), frames.data(3, 'half'))
    carriers[0]!.outgoing.cut('reset')
    expect(await Promise.all([early, middle])).toEqual(Array(2).fill('CONNECTION_LOST, processed: unknown'))
    expect(pool.stats.retries).toBe(0)
    await inTime(clock, pool.destroy())
  })

  test('what the caller did wrong, and what took too long, stays so', async () => {
    const { pool, clock, dials } = peerStage()
    expect(await fateOf(pool.do({ path: '/', headers: { 'bad name': '1' } }))).toMatch(/processed: no$/)
    expect(await fateOf(pool.do({ url: 'ftp://example.test/' }))).toBe('PROTOCOL_ERROR, processed: no')
    expect(await fateOf(pool.do({ url: 'https://u:p@example.test/' }))).toBe('PROTOCOL_ERROR, processed: no')
    const late = fateOf(pool.do({ path: '/', timeoutMs: 50 }))
    expect(await inTime(clock, late)).toBe('TIMEOUT, processed: unknown')
    expect([pool.stats.retries, dials.length]).toEqual([0, 1])
    await inTime(clock, pool.destroy())
  })

  test('a body that was begun is not begun again, one that was not is', async () => {
    for (const kind of ['iterable', 'web'] as const) {
      let reads = 0
      const source = async function* () {
        reads += 1
        yield 'abc'
      }
      const body = () =>
        kind === 'iterable'
          ? source()
          : new ReadableStream<Uint8Array>(
              {
                pull(controller) {
                  reads += 1
                  controller.enqueue(new TextEncoder().encode('abc'))
                  controller.close()
                },
              },
              { highWaterMark: 0 },
            )
      const { pool, clock, peers } = peerStage()
      const asked = fateOf(pool.do({ path: '/', method: 'PUT', body: body() }))
      await clock.settle()
      await peers[0]!.sends(frames.reset(1, 'REFUSED_STREAM'))
      expect([await asked, reads, pool.stats.retries]).toEqual(['REFUSED_STREAM, processed: no', 1, 0])
      // A session that goes away before the stream is opened has not touched it.
      await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 0 }))
      const [session] = stub(1)
      const other = new HttpPool({
        ...pool.options,
        dial: async (target, signal) => session.next(() => pool.options.dial(target, signal)),
      })
      const again = fateOf(other.do({ path: '/', method: 'PUT', body: body() }))
      await clock.settle()
      const { id } = await peers.at(-1)!.wants({ type: 'open' })
      await peers.at(-1)!.wantsPayload(id, 'abc', { end: true })
      await peers.at(-1)!.sends(ok(id))
      expect([await again, reads, other.stats.retries]).toEqual(['200', 2, 1])
      await inTime(clock, Promise.all([pool.destroy(), other.destroy()]))
    }
  })

  test('four tries in all, of which two send again', async () => {
    const { pool, clock, peers } = peerStage()
    const refused = fateOf(pool.do({ path: '/' }))
    await clock.settle()
    for (const id of [1, 3, 5]) await peers[0]!.sends(frames.reset(id, 'REFUSED_STREAM'))
    expect([await refused, pool.stats.retries]).toEqual(['REFUSED_STREAM, processed: no', 2])
    expect(peers[0]!.frames.filter(({ type }) => type === 'open').length).toBe(3)
    const [unwilling] = stub(99)
    const other = new HttpPool({
      ...pool.options,
      dial: async (target, signal) => unwilling.next(() => pool.options.dial(target, signal)),
    })
    expect(await fateOf(other.do({ path: '/' }))).toBe('REFUSED_STREAM, processed: no')
    expect([other.stats.retries, unwilling.refusals]).toEqual([3, 4])
    await inTime(clock, Promise.all([pool.destroy(), other.destroy()]))
  })
})

test('S12 resends are held to a tenth of the requests, and a hundred that were saved up', async () => {
  let isRefusing = true
  const { pool, clock, events } = serverStage((exchange) => {
    if (isRefusing) exchange.stream.refuse()
    else exchange.end('here')
  })
  const refused: string[] = []
  const ask = async () => {
    // So slowly that the resets are no flood.
    await clock.advance(200)
    refused.push(await fateOf(pool.do({ path: '/' })))
  }
  for (let i = 0; i < 100; i++) await ask()
  expect(new Set(refused)).toEqual(new Set(['REFUSED_STREAM, processed: no']))
  // A hundred, and what those requests earned that came while some were spent.
  expect(pool.stats.retries).toBe(109)
  expect(pool.stats.retriesDenied).toBeGreaterThan(40)
  expect(events.filter(({ type }) => type === 'retryDenied').length).toBe(pool.stats.retriesDenied)
  const before = pool.stats.retries
  for (let i = 0; i < 100; i++) await ask()
  expect(pool.stats.retries - before).toBe(10)
  isRefusing = false
  for (let i = 0; i < 30; i++) await pool.do({ path: '/' })
  isRefusing = true
  // 235 requests have earned 23, a hundred were there; those that went well earn as much as those that did not.
  for (let i = 0; i < 5; i++) await ask()
  expect(pool.stats.retries).toBe(123)
  await inTime(clock, pool.close())
})

test.each(PROTOCOLS)(
  'B17 %s: go-aways that cross: each request is done once, or reported as not processed',
  async (protocol) => {
    for (let at = 0; at <= 12; at += 3) {
      const handled = new Map<string, number>()
      const { pool, clock, carriers, servers } = serverStage(
        async (exchange) => {
          const { path } = exchange.request
          handled.set(path, (handled.get(path) ?? 0) + 1)
          await new Promise<void>((resolve) => clock.setTimer(resolve, 7))
          await exchange.end('done')
        },
        { protocol, maxConnections: 1 },
      )
      await inTime(clock, pool.do({ path: '/warm' }))
      for (const lane of [carriers[0]!.outgoing, carriers[0]!.incoming]) lane.latencyMs = 5
      const fates = new Map<string, Promise<string>>()
      let isOver = false
      for (let i = 0; i < 20; i++)
        clock.setTimer(() => isOver || fates.set(`/${i}`, fateOf(pool.do({ path: `/${i}` }))), i)
      let closed: Promise<void> | undefined
      clock.setTimer(() => void servers[0]!.close(), 6)
      clock.setTimer(() => {
        closed = pool.close()
        isOver = true
      }, 6 + at)
      await clock.advance(40_000)
      await closed
      for (const [path, fate] of fates) {
        const times = handled.get(path) ?? 0
        expect([path, await fate, times]).toEqual(
          times === 1 ? [path, '200', 1] : [path, expect.stringMatching(/processed: no$/), 0],
        )
      }
    }
  },
)

/** Sessions that say no to the first `refusals` opens, each as one does that goes away at that moment. */
function stub(
  refusals: number,
): [{ refusals: number; next(dial: () => Promise<unknown>): Promise<MuxSession> }] {
  const it = {
    refusals: 0,
    async next(dial: () => Promise<unknown>): Promise<MuxSession> {
      const { session } = (await dial()) as { session: MuxSession }
      return new Proxy(session, {
        get: (real, name) => {
          if (name === 'open' && it.refusals < refusals)
            return () => {
              it.refusals += 1
              const said = { scope: 'session', code: 'REFUSED_STREAM', blame: 'us', processed: 'no' } as const
              return Promise.reject(new PlexusError('the session goes away', said))
            }
          const value: unknown = Reflect.get(real, name)
          return typeof value === 'function' ? value.bind(real) : value
        },
      })
    },
  }
  return [it]
}
