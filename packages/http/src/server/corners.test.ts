import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { ask } from '../ask.test.kit.js'
import { pairOf, requestOf, stageOf } from '../pair.test.kit.js'
import type { ExchangeHandler } from './exchange.js'
import { fetchHandler } from './fetch.js'
import { nodeHandler } from './node-handler.js'

const SHAPES: [string, (status: number) => ExchangeHandler][] = [
  [
    'exchanges',
    (status) => (exchange) => exchange.respond({ status, headers: { 'content-length': 3, 'x-a': 'b' } }),
  ],
  [
    'Node’s',
    (status) => nodeHandler((_req, res) => res.writeHead(status, { 'content-length': 3, 'x-a': 'b' }).end()),
  ],
]

describe.each(SHAPES)('an answer without a body, of the shape of %s', (_, handlerOf) => {
  test.each([204, 205])('S05 of status %i announces none (RFC 9110 §8.6, §15.3.6)', async (status) => {
    const { client } = pairOf(handlerOf(status))
    const { headers } = await ask(client)
    expect([headers.get('content-length'), headers.get('x-a')]).toEqual([undefined, 'b'])
  })

  test('S05 to HEAD, or of status 304, says how long it would be', async () => {
    const { client } = pairOf(handlerOf(304))
    expect((await ask(client)).headers.get('content-length')).toBe('3')
    const { client: other } = pairOf(handlerOf(200))
    expect((await ask(other, { method: 'HEAD' })).headers.get('content-length')).toBe('3')
  })
})

test('S05 the way to a tunnel has no length (RFC 9110 §8.6)', async () => {
  const { peer } = await stageOf('server', (exchange) =>
    exchange.respond({ headers: { 'content-length': 3 } }),
  )
  const head = requestOf('a.test:80', { ':method': 'CONNECT', ':host': 'a.test:80' })
  await peer.sends(frames.open(1, { headers: head }))
  const reply = await peer.wants({ type: 'reply', id: 1 })
  expect(reply.headers.has('content-length')).toBe(false)
})

test('S06 a host that makes no URL is the client’s fault, and no failure of a fetch handler', async () => {
  const failures: unknown[] = []
  const { client } = pairOf(
    fetchHandler(() => new Response('never')),
    { onError: (error) => void failures.push(error) },
  )
  for (const host of ['a%zz', 'xn--a', '[::g]', '1.2.3.256']) {
    // What is no host by its letters is reset before any handler.
    const { status } = await ask(client, { headers: { ':host': host } }).catch(() => ({ status: 400 }))
    expect([host, status]).toEqual([host, 400])
  }
  expect(failures).toEqual([])
})

test('B11 an exchange that is ended again harms nobody, and says so to who asks', async () => {
  const told: string[] = []
  const { client } = pairOf(async (exchange) => {
    await exchange.end('once')
    void exchange.end('twice')
    await exchange.write('more').catch((error: Error) => void told.push(error.name))
  })
  expect((await ask(client)).text).toBe('once')
  expect(told).toEqual(['PlexusError'])
})
