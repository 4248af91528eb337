import { expect, test } from '@jest/globals'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import { pairOf, stageOf } from '../pair.test.kit.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'
import type { Pushed } from './pushes.js'

const ok = { ':status': '200 OK', ':version': 'HTTP/1.1' }
const place = (path: string, host = 'h.test') => ({ ':scheme': 'http', ':host': host, ':path': path })

const push = (id: number, headers: Readonly<Record<string, string>>) =>
  frames.open(id, { headers, parent: 1, unidirectional: true })

/** A client with a request under way, on stream 1. */
async function clientOn(options: HttpClientOptions): Promise<{ client: HttpClient; peer: ScriptedPeer }> {
  const { session, peer, clock } = await stageOf('client')
  const client = new HttpClient(session, { origin: 'http://h.test:80', clock, ...options })
  client.request({ path: '/' }).catch(() => {})
  await peer.wants({ type: 'open', id: 1 })
  return { client, peer }
}

test('a push has its URL, its head and its body', async () => {
  const got: Pushed[] = []
  const { client, peer } = await clientOn({ onPush: (pushed) => void got.push(pushed) })
  await peer.sends(push(2, { ...place('/a.css?b'), ...ok, 'content-length': '4' }))
  expect(got[0]).toMatchObject({
    url: 'http://h.test/a.css?b',
    parent: 1,
    status: 200,
    request: { method: 'GET', path: '/a.css?b' },
  })
  expect(client.held.pushes).toBe(1)
  await peer.sends(frames.data(2, 'css!', { end: true }))
  expect(await got[0]!.body.text()).toBe('css!')
  expect(client.held.pushes).toBe(0)
})

test('the head of a push may follow its URL', async () => {
  const got: Pushed[] = []
  const { peer } = await clientOn({ onPush: (pushed) => void got.push(pushed) })
  await peer.sends(push(2, place('/a')))
  expect(got).toHaveLength(0)
  await peer.sends(frames.headers(2, { ...ok, a: 'b' }), frames.data(2, 'x', { end: true }))
  expect(got[0]?.headers.get('a')).toBe('b')
  expect(await got[0]?.body.text()).toBe('x')
})

test.each<[string, HttpClientOptions]>([
  ['nobody takes pushes', {}],
  ['the handler says no', { onPush: () => false }],
  ['the handler says no later', { onPush: async () => false }],
  [
    'the handler throws',
    {
      onPush: () => {
        throw new Error('no')
      },
    },
  ],
  ['there is no place', { onPush: () => true, maxPushes: 0 }],
])('a push is reset with CANCEL where %s', async (_, options) => {
  const { client, peer } = await clientOn(options)
  await peer.sends(push(2, { ...place('/a'), ...ok }))
  await peer.wants({ type: 'reset', id: 2, code: 'CANCEL' })
  expect(client.held.pushes).toBe(0)
})

test.each([
  ['another host', { ...place('/a', 'evil.test'), ...ok }],
  ['another port', { ...place('/a', 'h.test:8080'), ...ok }],
  ['another scheme', { ...place('/a'), ':scheme': 'https', ...ok }],
  ['no path', { ':scheme': 'http', ':host': 'h.test', ...ok }],
  ['another method', { ...place('/a'), ':method': 'POST', ...ok }],
  ['no status that is one', { ...place('/a'), ...ok, ':status': 'no' }],
])('S06 a push of %s is reset with PROTOCOL_ERROR, unseen', async (_, headers) => {
  const { peer } = await clientOn({
    onPush: () => {
      throw new Error('it was seen')
    },
  })
  await peer.sends(push(2, headers))
  await peer.wants({ type: 'reset', id: 2, code: 'PROTOCOL_ERROR' })
})

test('pushes under way are counted, and a place that is free again is taken', async () => {
  const { client, peer } = await clientOn({ onPush: () => true, maxPushes: 2 })
  for (const id of [2, 4, 6]) await peer.sends(push(id, { ...place(`/${id}`), ...ok }))
  await peer.wants({ type: 'reset', id: 6, code: 'CANCEL' })
  await peer.sends(frames.reset(2))
  await peer.sends(push(8, { ...place('/8'), ...ok }))
  await peer.idle()
  expect(client.held.pushes).toBe(2)
})

test('a push that comes with the end of its request is taken, and nothing is kept of either', async () => {
  const got: Pushed[] = []
  const { client, peer } = await clientOn({ onPush: (pushed) => void got.push(pushed) })
  expect(client.held.origins).toBe(1)
  await peer.sends(
    push(2, { ...place('/a'), ...ok }),
    frames.data(2, '', { end: true }),
    frames.reply(1, { headers: ok, end: true }),
  )
  expect(got).toHaveLength(1)
  expect(client.held).toEqual({ pushes: 0, origins: 0 })
})

test('a push of a server of ours is taken, and its body flows beside the answer', async () => {
  const { client, clock } = pairOf(async (exchange) => {
    const headers = { ...place('/a.css'), ...ok }
    const { session, stream: parent } = exchange
    const pushed = await session.open({ headers, parent, unidirectional: true, priority: 1 })
    exchange.respond()
    const body = new Uint8Array(100_000).fill(7)
    await Promise.all([pushed.write(body, { end: true }), exchange.write(body).then(() => exchange.end())])
  })
  const sizes: Promise<number>[] = []
  const http = new HttpClient(client, {
    clock,
    origin: 'http://h.test',
    onPush: ({ body }) => void sizes.push(body.bytes().then(({ length }) => length)),
  })
  expect((await http.do({ path: '/' })).contentLength).toBe(100_000)
  expect(await Promise.all(sizes)).toEqual([100_000])
})
