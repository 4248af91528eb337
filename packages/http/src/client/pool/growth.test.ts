/** When is a connection dialled, and when does one go? */
import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import {
  dialRefused,
  fateOf,
  gate,
  inTime,
  ok,
  PROTOCOLS,
  peerStage,
  serverStage,
  watched,
} from './pool.test.kit.js'
import type { PoolTarget } from './target.js'

test.each(PROTOCOLS)(
  'DG-1 %s: no connection before the first request, one for those that follow, and one for each origin',
  async (protocol) => {
    const { pool, clock, dials } = serverStage((exchange) => exchange.end('here'), { protocol })
    await clock.settle()
    expect(dials.length).toBe(0)
    for (let i = 0; i < 3; i++) expect((await pool.do({ path: '/' })).status).toBe(200)
    expect([dials.length, pool.stats.connections.ready]).toEqual([1, 1])
    await pool.do({ url: 'http://other.test/' })
    await pool.do({ url: 'https://example.test:8443/' })
    await pool.do({ url: 'https://EXAMPLE.test:443/a' })
    expect([dials.length, pool.stats.origins]).toEqual([3, 3])
    await inTime(clock, pool.close())
    expect(pool.stats).toMatchObject({ origins: 0, streams: 0, waiting: 0 })
  },
)

test('DG-2 when all are busy exactly one more is dialled, and the request uses it', async () => {
  const { pool, clock, dials, peers } = peerStage()
  const first = fateOf(pool.request({ path: '/1' }))
  await clock.settle()
  await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 2 }))
  const second = fateOf(pool.request({ path: '/2' }))
  await peers[0]!.wants({ type: 'open', id: 1 })
  await peers[0]!.wants({ type: 'open', id: 3 })
  expect(pool.stats.connections).toMatchObject({ busy: 1, ready: 0 })
  const third = fateOf(pool.request({ path: '/3' }))
  await clock.settle()
  expect(dials.length).toBe(2)
  await peers[1]!.wants({ type: 'open', id: 1, headers: { ':path': '/3' } })
  await peers[0]!.idle()
  await peers[0]!.sends(ok(1), ok(3))
  await peers[1]!.sends(ok(1))
  expect(await Promise.all([first, second, third])).toEqual(['200', '200', '200'])
  // A place that got free makes a busy one ready: no third dial.
  const more = Array.from({ length: 3 }, () => fateOf(pool.request({ path: '/more' })))
  await clock.settle()
  expect(dials.length).toBe(2)
  await inTime(clock, pool.destroy())
  expect(await Promise.all(more)).toEqual(Array(3).fill('CANCEL, processed: unknown'))
})

test.each([
  ['its peer has said GOAWAY', 'draining'],
  ['its ids are used up', 'draining'],
  ['as many streams are open as the peer allows', 'busy'],
] as const)('DG-3 a connection takes no request when %s', async (why, state) => {
  const { pool, clock, dials, peers } = peerStage({ traits: { maxStreamId: why.includes('ids') ? 2 : 99 } })
  const first = watched(fateOf(pool.request({ path: '/1' })))
  await clock.settle()
  if (why.includes('GOAWAY')) await peers[0]!.sends(frames.goAway(1))
  if (why.includes('allows')) await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 1 }))
  expect(pool.stats.connections[state]).toBe(1)
  const second = fateOf(pool.request({ path: '/2' }))
  await clock.settle()
  expect([dials.length, first.value]).toEqual([2, undefined])
  await peers[1]!.wants({ type: 'open', headers: { ':path': '/2' } })
  await peers[1]!.sends(ok(1))
  await peers[0]!.sends(ok(1))
  await clock.settle()
  expect([await second, first.value]).toEqual(['200', '200'])
  await inTime(clock, pool.destroy())
})

test('DG-3 before the peer has said its limit a hundred streams are open, and one more waits for another connection', async () => {
  const { pool, clock, dials, peers } = peerStage()
  const asked = Array.from({ length: 101 }, (_, i) => fateOf(pool.request({ path: `/${i}` })))
  await clock.settle()
  const opens = (n: number) => peers[n]!.frames.filter(({ type }) => type === 'open').length
  expect([dials.length, opens(0), opens(1)]).toEqual([2, 100, 1])
  await inTime(clock, pool.destroy())
  await Promise.all(asked)
})

test('DG-4 a peer that allows no stream costs a bounded number of dials, and a bounded time', async () => {
  const { pool, clock, dials, peers } = peerStage({
    maxConnections: 3,
    traits: { initialMaxConcurrentStreams: 0 },
  })
  const asked = fateOf(pool.request({ path: '/' }))
  await clock.settle()
  for (const peer of peers) await peer.sends(frames.settings({ maxConcurrentStreams: 0 }))
  await clock.advance(9_999)
  const late = watched(asked)
  expect([dials.length, late.value]).toEqual([3, undefined])
  await clock.advance(2)
  expect([await asked, dials.length, pool.stats.waiting]).toEqual(['TIMEOUT, processed: no', 3, 0])
  // One that allows some after all is used.
  const again = fateOf(pool.request({ path: '/again' }))
  await peers[1]!.sends(frames.settings({ maxConcurrentStreams: 1 }))
  await peers[1]!.wants({ type: 'open', headers: { ':path': '/again' } })
  await peers[1]!.sends(ok(1))
  expect(await again).toBe('200')
  await inTime(clock, pool.destroy())
})

test('DG-5 a connection that was used and is lost leaves the pool and is replaced at once', async () => {
  const { pool, clock, dials, carriers, events } = serverStage((exchange) => exchange.end('here'))
  await pool.do({ path: '/' })
  carriers[0]!.outgoing.cut('reset')
  await clock.settle()
  expect([dials.length, pool.stats.connections.ready]).toEqual([2, 1])
  expect(events.find(({ type }) => type === 'lost')).toMatchObject({
    connection: 1,
    origin: 'https://example.test',
  })
  // The replacement was not used: it is dialled again when somebody needs it, not for ever.
  carriers[1]!.outgoing.cut('reset')
  await clock.advance(30_000)
  expect([dials.length, pool.stats.origins]).toEqual([2, 0])
  expect((await pool.do({ path: '/' })).status).toBe(200)
  expect(dials.length).toBe(3)
  await inTime(clock, pool.close())
})

test('DG-5 a pool that is closed replaces nothing', async () => {
  const { pool, clock, dials, carriers } = serverStage(() => new Promise(() => {}))
  const asked = fateOf(pool.request({ path: '/' }))
  await clock.settle()
  const closed = pool.close({ timeoutMs: 60_000 })
  await clock.settle()
  carriers[0]!.outgoing.cut('reset')
  await closed
  await clock.advance(10_000)
  expect([dials.length, await asked]).toEqual([1, 'CONNECTION_LOST, processed: unknown'])
})

test('DG-6 those who come while nothing is there share a dial', async () => {
  const door = gate()
  const { pool, clock, dials } = serverStage((exchange) => exchange.end('here'), {
    onDial: () => door.opened,
  })
  const asked = Array.from({ length: 50 }, () => fateOf(pool.request({ path: '/' })))
  await clock.settle()
  expect([dials.length, pool.stats.waiting]).toEqual([1, 50])
  door.open()
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['200']))
  expect(dials.length).toBe(1)
  await inTime(clock, pool.close())
})

test('DG-6 a dial that hangs holds up nobody who has a connection', async () => {
  const door = gate()
  const { pool, clock, dials, peers } = peerStage({ onDial: (n) => (n === 1 ? door.opened : undefined) })
  const held = watched(fateOf(pool.request({ path: '/held' })))
  await clock.settle()
  await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 2 }))
  const short = pool.request({ path: '/short' })
  const waiting = watched(fateOf(pool.request({ path: '/waits' })))
  await clock.settle()
  expect([dials.length, pool.stats.connections.connecting, pool.stats.waiting]).toEqual([2, 1, 1])
  // The place that gets free is the first waiter's, while the dial still hangs.
  await peers[0]!.sends(ok(3))
  expect((await short).status).toBe(200)
  await peers[0]!.sends(ok(5))
  await clock.settle()
  expect([waiting.value, held.value, pool.stats.connections.connecting]).toEqual(['200', undefined, 1])
  door.open()
  await inTime(clock, pool.destroy())
})

test('waiters are served in the order they came, and nobody later goes before them', async () => {
  const { pool, clock, peers } = peerStage({ maxConnections: 1 })
  const first = pool.request({ path: '/0' })
  await clock.settle()
  await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 1 }))
  const rest = [1, 2, 3].map((n) => fateOf(pool.request({ path: `/${n}` })))
  for (let n = 0; n < 4; n++) {
    const { id } = await peers[0]!.wants({ type: 'open', headers: { ':path': `/${n}` } })
    if (n === 1) rest.push(fateOf(pool.request({ path: '/4' })))
    await peers[0]!.sends(ok(id))
  }
  await peers[0]!.wants({ type: 'open', headers: { ':path': '/4' } })
  await peers[0]!.sends(ok(9))
  expect((await first).status).toBe(200)
  expect(await Promise.all(rest)).toEqual(['200', '200', '200', '200'])
  await inTime(clock, pool.close())
})

test('waiters are bounded, and each may give up', async () => {
  const { pool, clock } = peerStage({
    onDial: () => new Promise(() => {}),
    maxWaiting: 2,
    dialTimeoutMs: 60_000,
  })
  const abort = new AbortController()
  const asked = [abort.signal, undefined, undefined].map((signal) =>
    fateOf(pool.request({ path: '/', signal })),
  )
  expect(await asked[2]).toBe('REFUSED_STREAM, processed: no')
  abort.abort()
  expect(await asked[0]).toBe('CANCEL, processed: no')
  expect(pool.stats.waiting).toBe(1)
  expect(await fateOf(pool.request({ path: '/', signal: abort.signal }))).toBe('CANCEL, processed: no')
  await clock.advance(10_000)
  expect([await asked[1], pool.stats.waiting]).toEqual(['TIMEOUT, processed: no', 0])
  await inTime(clock, pool.close())
  expect(clock.pending).toBe(0)
})

test('failed dials back off: 100 ms, twice as long each time, at most 5 s, cut by chance', async () => {
  const { pool, clock, dials, events } = serverStage(() => {}, {
    onDial: () => Promise.reject(dialRefused()),
    maxDials: 9,
    waitTimeoutMs: 0,
  })
  const asked = fateOf(pool.request({ path: '/' }))
  await clock.advance(60_000)
  expect([await asked, dials.length]).toEqual(['CONNECTION_LOST, processed: no', 9])
  const waits = dials.slice(1).map((at, i) => at - dials[i]!)
  for (const [i, wait] of waits.entries()) {
    const longest = Math.min(5000, 100 * 2 ** i)
    expect(wait).toBeGreaterThanOrEqual(longest / 2)
    expect(wait).toBeLessThanOrEqual(longest)
  }
  expect(events.filter(({ type }) => type === 'dialFailed').length).toBe(9)
  expect([pool.stats.origins, clock.pending]).toEqual([0, 0])
})

test('one that comes after failed dials waits for the next, which may go well', async () => {
  let isHome = false
  const { pool, clock, dials } = serverStage((exchange) => exchange.end('here'), {
    onDial: () => (isHome ? undefined : Promise.reject(dialRefused())),
  })
  const lost = await inTime(
    clock,
    pool.request({ path: '/' }).catch((error: unknown) => error),
  )
  expect([dials.length, lost]).toMatchObject([
    3,
    {
      code: 'CONNECTION_LOST',
      blame: 'carrier',
      processed: 'no',
      scope: 'request',
      message: /nobody is at home/,
    },
  ])
  isHome = true
  const at = clock.now()
  expect((await inTime(clock, pool.do({ path: '/' }))).status).toBe(200)
  expect([dials.length, clock.now() > at]).toEqual([4, true])
  await inTime(clock, pool.close())
})

test('a dial that does not listen to its signal keeps nobody waiting; a session that comes too late is ended', async () => {
  const door = gate()
  const { pool, clock, dials, sessions } = serverStage((exchange) => exchange.end('here'), {
    onDial: (n) => (n === 0 ? door.opened : undefined),
  })
  const asked = pool.do({ path: '/' })
  await clock.advance(10_200)
  // Its wait and the dial's are as long; who asks now has the second dial.
  await asked.catch(() => {})
  expect((await pool.do({ path: '/' })).status).toBe(200)
  expect(dials.length).toBe(2)
  door.open()
  await clock.settle()
  expect(sessions.length).toBe(2)
  await clock.advance(2000)
  expect(await Promise.race([sessions[1]!.closed, 'open'])).toBeUndefined()
  await inTime(clock, pool.close())
})

test('a connection that nobody uses is closed after a minute; one that is used is not', async () => {
  const { pool, clock } = serverStage((exchange) => exchange.end('here'))
  await pool.do({ path: '/' })
  await clock.advance(59_000)
  await pool.do({ path: '/' })
  await clock.advance(59_000)
  expect(pool.stats.connections.ready).toBe(1)
  await clock.advance(5_000)
  expect([pool.stats.origins, clock.pending]).toEqual([0, 0])
})

test('a connection is used for an hour, give or take a tenth, and lets its streams end', async () => {
  for (const [chance, minutes] of [
    [0, 54],
    [0.5, 60],
    [0.999_999, 66],
  ] as const) {
    const door = gate()
    const { pool, clock, dials, sessions } = serverStage(
      async (exchange) => {
        if (exchange.request.path === '/slow') {
          await exchange.write('a')
          await door.opened
        }
        await exchange.end('b')
      },
      {
        idleTimeoutMs: 0,
        limits: { streamIdleTimeoutMs: 0, halfClosedTimeoutMs: 0, sessionIdleTimeoutMs: 0 },
        serverLimits: { streamIdleTimeoutMs: 0, halfClosedTimeoutMs: 0, sessionIdleTimeoutMs: 0 },
      },
    )
    const { host } = pool.options
    Object.assign(host as object, { chance: () => chance })
    const slow = await pool.request({ path: '/slow' })
    await clock.advance(minutes * 60_000 - 1000)
    expect([pool.stats.connections.ready, dials.length]).toEqual([1, 1])
    await clock.advance(2000)
    expect(pool.stats.connections).toMatchObject({ draining: 1, ready: 0 })
    expect((await pool.do({ path: '/' })).status).toBe(200)
    expect(dials.length).toBe(2)
    await clock.advance(600_000)
    door.open()
    expect(await slow.text()).toBe('ab')
    await clock.advance(2000)
    expect(await sessions[0]!.closed).toBeUndefined()
    expect(pool.stats.connections).toMatchObject({ draining: 0, ready: 1 })
    await inTime(clock, pool.destroy())
  }
})

test.each(PROTOCOLS)(
  'H43 %s: ids run out, and nobody sees it: 200 requests over connections of 21 ids each',
  async (protocol) => {
    const served = new Set<string>()
    const { pool, clock, dials, sessions } = serverStage(
      (exchange) => {
        served.add(exchange.request.path)
        return exchange.end('here')
      },
      { protocol, traits: { maxStreamId: 41 }, maxConnections: 1 },
    )
    for (let i = 0; i < 100; i++) expect((await pool.do({ path: `/${i}` })).status).toBe(200)
    const at = Array.from({ length: 100 }, (_, i) => fateOf(pool.request({ path: `/${100 + i}` })))
    expect(new Set(await Promise.all(at))).toEqual(new Set(['200']))
    expect([served.size, dials.length >= 10, pool.stats.retries]).toEqual([200, true, 0])
    // They go while ids are left.
    for (const { stats } of sessions) expect(stats.streamsOpened).toBeLessThanOrEqual(21)
    await inTime(clock, pool.close())
  },
)

test('S11 a peer that may not be asked any more is not: its connection retires, and another one is dialled', async () => {
  let isValid = true
  const asked: string[] = []
  const isFor = ({ host }: PoolTarget) => {
    asked.push(host)
    return isValid
  }
  const { pool, clock, dials, events } = serverStage((exchange) => exchange.end('here'), { isFor })
  await pool.do({ path: '/' })
  await pool.do({ path: '/' })
  // At the dial and before each request.
  expect([dials.length, asked]).toEqual([1, Array(3).fill('example.test')])
  isValid = false
  const late = fateOf(pool.request({ path: '/' }))
  await clock.settle()
  // The new peer is no better: that counts as a dial that failed, and is not tried again at once.
  expect([dials.length, pool.stats.dialsFailed, pool.stats.waiting]).toEqual([2, 1, 1])
  isValid = true
  expect(await inTime(clock, late)).toBe('200')
  expect(dials.length).toBe(3)
  expect(events.find(({ type }) => type === 'dialFailed')).toMatchObject({
    error: { code: 'INADEQUATE_SECURITY' },
  })
  await inTime(clock, pool.close())
})

test('a peer that takes connections and ends them at once is dialled with growing waits, not as fast as it goes', async () => {
  for (const how of ['cut', 'goAway'] as const) {
    const { pool, clock, dials, peers, carriers } = peerStage({
      maxDials: 100,
      maxConnections: 1,
      traits: { initialMaxConcurrentStreams: 0 },
    })
    const asked = watched(fateOf(pool.request({ path: '/' })))
    for (let done = 0; done < 3; done++) {
      await clock.until(() => peers.length > done, 1000)
      await clock.settle()
      if (how === 'cut') carriers[done]!.outgoing.cut('reset')
      else await peers[done]!.sends(frames.goAway(0))
      await clock.settle()
      expect([dials.length, pool.stats.dialsFailed]).toEqual([done + 1, done + 1])
    }
    await clock.advance(10_000)
    expect(asked.value).toBe('TIMEOUT, processed: no')
    await inTime(clock, pool.destroy())
    expect(clock.pending).toBe(0)
  }
})
