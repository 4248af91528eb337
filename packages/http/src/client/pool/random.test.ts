/** Whatever happens to connections: each request settles once, and nothing is done twice. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { dialRefused, fateOf, inTime, PROTOCOLS, serverStage } from './pool.test.kit.js'

const happening = fc.record({
  atMs: fc.integer({ min: 0, max: 400 }),
  what: fc.constantFrom('cut', 'goAway', 'close', 'stall', 'limit', 'abort'),
  which: fc.nat(20),
})

const scenario = fc.record({
  protocol: fc.constantFrom(...PROTOCOLS),
  seed: fc.nat(),
  maxConnections: fc.integer({ min: 1, max: 4 }),
  limit: fc.integer({ min: 1, max: 8 }),
  failing: fc.array(fc.boolean(), { maxLength: 12 }),
  latencyMs: fc.integer({ min: 0, max: 20 }),
  requests: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 400 }),
      kind: fc.constantFrom('get', 'bytes', 'stream'),
      thinksMs: fc.integer({ min: 0, max: 60 }),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  happenings: fc.array(happening, { maxLength: 10 }),
})

test('DG-16, DG-17, S12, B17 dials that fail, go-aways, losses, refusals: each request settles once, none is done twice', async () => {
  let seen = { retried: 0, lost: 0, done: 0 }
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const handled = new Map<string, number>()
      const { pool, clock, carriers, servers, events } = serverStage(
        async (exchange) => {
          const { path } = exchange.request
          handled.set(path, (handled.get(path) ?? 0) + 1)
          const think = Number(path.split('/')[2])
          for await (const _ of exchange.body);
          if (think > 0) await new Promise<void>((resolve) => clock.setTimer(resolve, think))
          await exchange.end('done')
        },
        {
          protocol: given.protocol,
          seed: given.seed,
          maxConnections: given.maxConnections,
          serverLimits: { maxInboundStreams: given.limit },
          pingIntervalMs: 50,
          waitTimeoutMs: 2000,
          timeoutMs: 3000,
          onDial: async (n) => {
            await new Promise<void>((resolve) => clock.setTimer(resolve, given.latencyMs))
            if (given.failing[n]) throw dialRefused()
          },
        },
      )
      const aborts = given.requests.map(() => new AbortController())
      const fates: { path: string; fate: Promise<string>; settled: number }[] = []
      for (const [i, { atMs, kind, thinksMs }] of given.requests.entries())
        clock.setTimer(() => {
          const path = `/${i}/${thinksMs}`
          const body =
            kind === 'get'
              ? undefined
              : kind === 'bytes'
                ? 'abc'
                : (async function* () {
                    yield 'ab'
                    yield 'c'
                  })()
          const asked = pool.do({
            path,
            method: kind === 'get' ? 'GET' : 'PUT',
            body,
            signal: aborts[i]!.signal,
          })
          const entry = { path, fate: fateOf(asked), settled: 0 }
          void entry.fate.then(() => {
            entry.settled += 1
          })
          fates.push(entry)
        }, atMs)
      for (const { atMs, what, which } of given.happenings)
        clock.setTimer(() => {
          const n = which % Math.max(1, servers.length)
          if (what === 'cut') carriers[n]?.outgoing.cut('reset')
          if (what === 'goAway') void servers[n]?.close()
          if (what === 'close') servers[n]?.destroy('INTERNAL_ERROR')
          if (what === 'stall') carriers[n]?.outgoing.stall()
          if (what === 'abort') aborts[which % aborts.length]!.abort()
        }, atMs)
      let most = 0
      let mostOfAll = 0
      for (let at = 0; at < 450; at += 5) {
        const { connecting, ready, busy, draining } = pool.stats.connections
        most = Math.max(most, connecting + ready + busy)
        mostOfAll = Math.max(mostOfAll, connecting + ready + busy + draining)
        await clock.advance(5)
      }
      const told = await inTime(clock, Promise.all(fates.map(({ fate }) => fate)))
      await inTime(clock, pool.close())
      expect(fates.length).toBe(given.requests.length)
      for (const [i, { path, settled }] of fates.entries()) {
        const times = handled.get(path) ?? 0
        expect([path, settled, times <= 1]).toEqual([path, 1, true])
        if (told[i] === '200') expect([path, times]).toEqual([path, 1])
        if (told[i]!.endsWith(': no')) expect([path, times]).toEqual([path, 0])
      }
      expect([most <= given.maxConnections, mostOfAll <= 2 * given.maxConnections]).toEqual([true, true])
      expect(pool.stats).toMatchObject({ origins: 0, streams: 0, waiting: 0 })
      seen = {
        retried: seen.retried + pool.stats.retries,
        lost: seen.lost + events.filter(({ type }) => type === 'lost').length,
        done: seen.done + told.filter((fate) => fate === '200').length,
      }
    }),
    { numRuns: 150 },
  )
  // It was not about nothing.
  expect([seen.retried > 5, seen.lost > 10, seen.done > 200]).toEqual([true, true, true])
}, 60_000)
