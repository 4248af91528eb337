/** How long do things take, and how do they end? Time-outs, pings, closing. */
import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import type { PoolRequest } from './http-pool.js'
import { fateOf, gate, inTime, ok, PROTOCOLS, peerStage, serverStage, watched } from './pool.test.kit.js'

test('DG-9 a call settles once, however close time-out and answer are', async () => {
  const fates = new Set<string>()
  for (const at of [999, 999.5, 1000, 1000.5, 1001]) {
    const { pool, clock, peers } = peerStage()
    let settled = 0
    const fate = fateOf(pool.do({ path: '/', timeoutMs: 1000 })).finally(() => {
      settled += 1
    })
    await clock.settle()
    await peers[0]!.wants({ type: 'open', id: 1 })
    clock.setTimer(() => void peers[0]!.sends(ok(1)), at - clock.now())
    await clock.advance(2000)
    fates.add(await fate)
    expect(settled).toBe(1)
    // The connection is none the worse.
    const next = fateOf(pool.do({ path: '/next' }))
    await clock.settle()
    await peers[0]!.sends(ok(3))
    expect(await next).toBe('200')
    await inTime(clock, pool.destroy())
  }
  expect(fates).toEqual(new Set(['200', 'TIMEOUT, processed: unknown']))
})

test('DG-10 what goes out is what the caller said when he asked; his objects are read once, and never written', async () => {
  const { pool, clock, peers } = peerStage()
  const first = fateOf(pool.do({ path: '/first' }))
  await clock.settle()
  await peers[0]!.sends(frames.settings({ maxConcurrentStreams: 1 }))
  const url = new URL('https://example.test/asked?a=1')
  const headers: Record<string, string> = { 'x-a': 'then' }
  const request = { url, headers, method: 'PUT', body: 'body', priority: 1 } as {
    -readonly [K in keyof PoolRequest]: PoolRequest[K]
  }
  const second = fateOf(pool.request(request))
  // While it waits for a place everything is turned into something else.
  url.pathname = '/changed'
  headers['x-a'] = 'now'
  Object.assign(request, { method: 'DELETE', body: 'other', priority: 6, path: '/changed', headers: {} })
  const after = structuredClone({ ...request, url: url.href })
  await clock.settle()
  const waiting = peers.at(-1)!
  const { id } = await waiting.wants({
    type: 'open',
    priority: 1,
    headers: { ':method': 'PUT', ':path': '/asked?a=1', 'x-a': 'then' },
  })
  await waiting.wantsPayload(id, 'body', { end: true })
  await waiting.sends(ok(id))
  expect(await second).toBe('200')
  expect({ ...request, url: url.href }).toEqual(after)
  // Nothing is written to either: what is frozen will do.
  const frozen = Object.freeze({ path: '/frozen', headers: Object.freeze({ a: 'b' }), timeoutMs: 5 })
  expect(await inTime(clock, fateOf(pool.do(frozen)))).toBe('TIMEOUT, processed: unknown')
  await inTime(clock, pool.destroy())
  await first
})

test('DG-11 twenty time-outs are twenty CANCELs and leave a connection as good as it was', async () => {
  const { pool, clock, dials, peers } = peerStage({ timeoutMs: 500 })
  const late = Array.from({ length: 20 }, (_, i) => fateOf(pool.do({ path: `/${i}` })))
  await clock.settle()
  expect(pool.stats.streams).toBe(20)
  await clock.advance(501)
  expect(new Set(await Promise.all(late))).toEqual(new Set(['TIMEOUT, processed: unknown']))
  const resets = peers[0]!.frames.filter((frame) => frame.type === 'reset')
  expect(resets.map(({ code }) => code)).toEqual(Array(20).fill('CANCEL'))
  expect(pool.stats.streams).toBe(0)
  const good = fateOf(pool.do({ path: '/good' }))
  await clock.settle()
  await peers[0]!.sends(ok(41))
  expect([await good, dials.length]).toEqual(['200', 1])
  await inTime(clock, pool.destroy())
})

test.each([
  ['a minute unless it is said otherwise', undefined, undefined, 60_000],
  ['as long as the pool says', 2000, undefined, 2000],
  ['as long as the request says', 2000, 300, 300],
  ['for ever where it is negative', -1, undefined, Number.POSITIVE_INFINITY],
  ['for ever where the request says so', 2000, -1, Number.POSITIVE_INFINITY],
])('DG-11 an answer may take %s', async (_, poolMs, requestMs, ms) => {
  const { pool, clock } = peerStage({
    ...(poolMs !== undefined && { timeoutMs: poolMs }),
    limits: { openTimeoutMs: 0, sessionIdleTimeoutMs: 0, keepaliveIntervalMs: 0, greetingTimeoutMs: 0 },
  })
  const seen = watched(fateOf(pool.request({ path: '/', timeoutMs: requestMs })))
  await clock.advance(Math.min(ms, 1_000_000) - 1)
  expect(seen.value).toBeUndefined()
  await clock.advance(2)
  expect(seen.value).toBe(ms === Number.POSITIVE_INFINITY ? undefined : 'TIMEOUT, processed: unknown')
  await inTime(clock, pool.destroy())
})

test.each([
  ['every three seconds', undefined, 3000],
  ['as often as it is said', 700, 700],
])('DG-12 the peer is pinged %s, and how long it took is told', async (_, pingIntervalMs, ms) => {
  const { pool, clock, events, carriers } = serverStage((exchange) => exchange.end('here'), {
    pingIntervalMs,
  })
  await pool.do({ path: '/' })
  for (const lane of [carriers[0]!.outgoing, carriers[0]!.incoming]) lane.latencyMs = 20
  const start = clock.now()
  await clock.advance(ms * 5 + ms / 2)
  const pinged = events.filter((event) => event.type === 'pinged')
  expect(pinged.map(({ at }) => at - start)).toEqual([1, 2, 3, 4, 5].map((n) => n * ms + 40))
  expect(pinged.map((event) => event.ms)).toEqual(Array(5).fill(40))
  await inTime(clock, pool.close())
  expect(clock.pending).toBe(0)
})

test('DG-12 zero is no pings', async () => {
  const { pool, clock, peers } = peerStage({
    pingIntervalMs: 0,
    idleTimeoutMs: 0,
    limits: { keepaliveIntervalMs: 0 },
  })
  void fateOf(pool.do({ path: '/' }))
  await clock.advance(50_000)
  expect(peers[0]!.frames.some(({ type }) => type === 'ping')).toBe(false)
  await inTime(clock, pool.destroy())
})

test.each(PROTOCOLS)(
  'DG-12 %s: a peer that leaves three pings unanswered is dead: its requests fail, and it is replaced',
  async (protocol) => {
    const { pool, clock, dials, events, carriers, servers } = serverStage(() => new Promise(() => {}), {
      protocol,
      pingIntervalMs: undefined,
    })
    const asked = pool.do({ path: '/' }).catch((error: unknown) => error)
    await clock.settle()
    const start = clock.now()
    carriers[0]!.outgoing.stall()
    // The third has its three seconds too.
    await clock.advance(11_999)
    expect(pool.stats.connections.ready).toBe(1)
    await clock.advance(2)
    expect(await asked).toMatchObject({
      code: 'TIMEOUT',
      scope: 'session',
      blame: 'peer',
      processed: 'unknown',
      message: 'expected a peer that answers, it left 3 pings without an answer',
    })
    await clock.advance(2000)
    expect(events.find(({ type }) => type === 'lost')).toMatchObject({ connection: 1 })
    expect([dials.length, pool.stats.connections.ready, clock.now() - start < 15_000]).toEqual([2, 1, true])
    await inTime(clock, pool.destroy())
    for (const server of servers) server.destroy()
  },
)

test('DG-12 two unanswered pings and then an answer begin the count anew', async () => {
  const { pool, clock, dials, carriers } = serverStage((exchange) => exchange.end('here'), {
    pingIntervalMs: 1000,
    idleTimeoutMs: 0,
  })
  await pool.do({ path: '/' })
  for (let round = 0; round < 4; round++) {
    carriers[0]!.outgoing.stall()
    await clock.advance(2500)
    carriers[0]!.outgoing.unstall()
    await clock.advance(1000)
  }
  expect([dials.length, pool.stats.connections.ready]).toEqual([1, 1])
  await inTime(clock, pool.close())
})

test.each(PROTOCOLS)(
  'DG-17 %s: a thousand requests and a close in their midst: every one settles, and nothing is left',
  async (protocol) => {
    const { pool, clock, dials, servers } = serverStage(
      async (exchange) => {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 50))
        await exchange.end(exchange.request.path)
      },
      { protocol, maxConnections: 2, serverLimits: { maxInboundStreams: 100 } },
    )
    const fates = Array.from({ length: 1000 }, (_, i) => fateOf(pool.do({ path: `/${i}` })))
    await clock.advance(120)
    const { streams, waiting } = pool.stats
    expect([streams > 100, waiting > 100]).toEqual([true, true])
    const closed = pool.close()
    const told = await inTime(clock, Promise.all(fates))
    await inTime(clock, closed)
    const counts: Record<string, number> = {}
    for (const fate of told) counts[fate] = (counts[fate] ?? 0) + 1
    // Those under way end well; those that waited were surely not processed.
    expect(Object.keys(counts).sort()).toEqual(['200', 'CANCEL, processed: no'])
    expect(counts['CANCEL, processed: no']).toBe(waiting)
    expect(await fateOf(pool.do({ path: '/late' }))).toBe('CANCEL, processed: no')
    expect([dials.length <= 2, pool.stats.origins, pool.stats.streams]).toEqual([true, 0, 0])
    await clock.advance(2000)
    expect(servers.every(({ streamCount }) => streamCount === 0)).toBe(true)
    expect(clock.pending).toBe(0)
  },
)

test('DG-17 a close whose time runs out, or that is cut short, ends what is left', async () => {
  for (const how of ['time', 'signal', 'destroy'] as const) {
    const { pool, clock, servers } = serverStage(() => new Promise(() => {}))
    const asked = fateOf(pool.do({ path: '/' }))
    await clock.settle()
    const abort = new AbortController()
    const start = clock.now()
    const closed = pool.close(how === 'time' ? { timeoutMs: 400 } : { signal: abort.signal })
    await clock.advance(200)
    if (how === 'signal') abort.abort()
    if (how === 'destroy') void pool.destroy()
    await inTime(clock, closed)
    expect(await asked).toMatch(/processed: unknown$/)
    expect(clock.now() - start).toBeLessThan(how === 'time' ? 1500 : 1300)
    for (const server of servers) server.destroy()
    await clock.advance(2000)
    expect([how, clock.pending]).toEqual([how, 0])
  }
})

test('DG-17 closing ends what is under way in every state: nothing yet, dialling, backing off, draining', async () => {
  const idle = peerStage()
  await idle.pool.close()
  await idle.pool.close()

  let aborted: unknown
  const dialling = peerStage({
    onDial: (_, __, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          aborted = signal.reason
          reject(signal.reason)
        }),
      ),
  })
  const waits = fateOf(dialling.pool.do({ path: '/' }))
  await dialling.clock.settle()
  await dialling.pool.close()
  expect([await waits, aborted, dialling.clock.pending]).toMatchObject([
    'CANCEL, processed: no',
    { code: 'CANCEL' },
    0,
  ])

  const failing = peerStage({ onDial: () => Promise.reject(new Error('no')) })
  const backsOff = fateOf(failing.pool.do({ path: '/' }))
  await failing.clock.settle()
  await failing.pool.close()
  expect([await backsOff, failing.clock.pending]).toEqual(['CANCEL, processed: no', 0])

  const door = gate()
  const draining = serverStage(async (exchange) => {
    await door.opened
    await exchange.end('late')
  })
  const slow = fateOf(draining.pool.do({ path: '/' }))
  await draining.clock.settle()
  void draining.servers[0]!.close()
  await draining.clock.settle()
  expect(draining.pool.stats.connections.draining).toBe(1)
  const closed = draining.pool.close()
  door.open()
  expect(await slow).toBe('200')
  await inTime(draining.clock, closed)
})

test('a request that was given up before it was made leaves no origin behind, on no day', async () => {
  const { pool, clock, dials } = peerStage()
  const signal = AbortSignal.abort()
  for (const name of ['a', 'b', 'c'])
    expect(await fateOf(pool.do({ url: `https://${name}.test/`, signal }))).toBe('CANCEL, processed: no')
  expect([pool.stats.origins, dials.length]).toEqual([0, 0])
  await inTime(clock, pool.close())
})
