import { expect, test } from '@jest/globals'
import { seededChance } from '@plexus/testkit'
import { pairOf } from '../pair.test.kit.js'
import { HttpClient } from './http-client.js'

/** What the client and its session hold when nothing is under way. */
const atRest = { pushes: 0, origins: 0 }

/** A viewer who seeks without rest: more cancels than a server puts up with by default (L04). */
const UNHURRIED = { limits: { resetsReceivedBurst: 10_000 } }

test('AM-32 range requests opened and cancelled at random leave no stream, no timer and no entry behind', async () => {
  const file = new Uint8Array(256 * 1024).map((_, i) => i)
  const { client, server, clock } = pairOf(async (exchange) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(exchange.request.headers.get('range')!)!.map(Number)
    const part = file.subarray(from!, to! + 1)
    exchange.respond({ status: 206, headers: { 'content-length': part.length } })
    for (let at = 0; at < part.length; at += 2048) await exchange.write(part.subarray(at, at + 2048))
    await exchange.end()
  }, UNHURRIED)
  const http = new HttpClient(client, { origin: 'http://h', clock, timeoutMs: 10_000, onPush: () => true })
  const chance = seededChance(1)
  const ended = { read: 0, cancelled: 0 }

  const one = async () => {
    const size = 1 + Math.floor(chance() * 16_384)
    const from = Math.floor(chance() * (file.length - size))
    const abort = new AbortController()
    const when = chance() * 4
    const headers = { range: `bytes=${from}-${from + size - 1}` }
    try {
      if (when < 1) setImmediate(() => abort.abort())
      const response = await http.request({ path: '/a.mp4', headers, signal: abort.signal })
      if (when >= 1 && when < 2) {
        await response.body.read()
        response.cancel()
        ended.cancelled += 1
        return
      }
      const bytes = await response.bytes()
      expect(bytes.length).toBe(size)
      expect(bytes[0]).toBe(file[from])
      ended.read += 1
    } catch (error) {
      expect(error).toMatchObject({ code: 'CANCEL' })
      ended.cancelled += 1
    }
  }

  /** Timers of two sessions at rest; the number is theirs, that it stays the same is the claim. */
  const rest = async () => {
    await clock.settle()
    expect([client.streamCount, client.pendingOpens, server.streamCount]).toEqual([0, 0, 0])
    expect(http.held.pushes).toBe(0)
    return clock.pending
  }
  await Promise.all(Array.from({ length: 20 }, one))
  const timers = await rest()
  for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 20 }, one))
  expect(await rest()).toBeLessThanOrEqual(timers)
  expect(http.held).toEqual(atRest)
  expect(ended.read + ended.cancelled).toBe(1020)
  expect(Math.min(ended.read, ended.cancelled)).toBeGreaterThan(200)
  // An hour later the sessions have ended by themselves, and nobody waits for anything.
  await clock.advance(3_600_000)
  expect(clock.pending).toBe(0)
})
