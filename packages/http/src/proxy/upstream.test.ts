import { once } from 'node:events'
import { createServer as createSecureServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import type { PlexusSession } from 'plexus'
import { certificate } from '../certificate.test.kit.js'
import { createServer } from '../server/server.js'
import { standOf } from './front.test.kit.js'
import { Upstream } from './upstream.js'

async function ask(port: number, path = '/'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return `${response.status} ${response.headers.get('via')} ${(await response.text()).trim()}`
}

async function secureHttp1(keys: { key: string; cert: string }, port = 0): Promise<Server> {
  const server = createSecureServer(keys, (_req, res) => res.end('by HTTP/1.1'))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}

test('TLS chooses: the same URL leads to HTTP/2 or to HTTP/1.1, as whoever is there speaks', async () => {
  const keys = await certificate()
  const first = await secureHttp1(keys)
  const { port } = first.address() as AddressInfo
  const sessions: PlexusSession[] = []
  await using upstream = new Upstream(`https://127.0.0.1:${port}`, {
    ca: keys.cert,
    onSession: (session) => sessions.push(session),
  })
  await using stand = await standOf(upstream, { via: 'plexus' })
  expect(await ask(stand.port)).toBe('200 1.1 plexus by HTTP/1.1')
  expect(await ask(stand.port)).toBe('200 1.1 plexus by HTTP/1.1')
  await shut(first)
  expect(await ask(stand.port)).toBe('502 null Bad Gateway')

  const second = createServer((_req, res) => res.end('by HTTP/2'))
  await second.listenTLS({ ...keys, port })
  expect(await ask(stand.port)).toBe('200 2 plexus by HTTP/2')
  expect(sessions).toHaveLength(1)
  await second.close()
  await sessions[0]!.closed
  expect(await ask(stand.port)).toBe('502 null Bad Gateway')

  const third = await secureHttp1(keys, port)
  expect(await ask(stand.port)).toBe('200 1.1 plexus by HTTP/1.1')
  await shut(third)
})

test('a session that goes away gets nothing new: the next request dials, what is under way ends', async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let streams = 0
  const first = createServer(async (req, res) => {
    streams += 1
    if (req.url === '/slow') await held
    res.end(`by ${req.url}`)
  })
  const { url } = await first.listen('spdy+tcp://127.0.0.1:0')
  const sessions: PlexusSession[] = []
  await using upstream = new Upstream(url, { onSession: (session) => sessions.push(session) })
  await using stand = await standOf(upstream, { via: 'plexus' })
  const slow = ask(stand.port, '/slow')
  while (streams === 0) await new Promise(setImmediate)
  const draining = new Promise((resolve) => {
    sessions[0]!.events$.subscribe((event) => event.type === 'draining' && resolve(undefined))
  })
  const closing = first.close()
  await draining
  const second = createServer((_req, res) => res.end('by the next'))
  await second.listen(url)
  expect(await ask(stand.port)).toBe('200 SPDY/3.1 plexus by the next')
  release()
  expect(await slow).toBe('200 SPDY/3.1 plexus by /slow')
  await closing
  await second.close()
})

test('closing dials no more and lets what is open end', async () => {
  const server = createServer((_req, res) => res.end('ok'))
  const { url } = await server.listen('spdy+tcp://127.0.0.1:0')
  const upstream = new Upstream(url)
  await using stand = await standOf(upstream, { via: 'plexus' })
  expect(await ask(stand.port)).toBe('200 SPDY/3.1 plexus ok')
  await upstream.close()
  expect(await ask(stand.port)).toBe('502 null Bad Gateway')
  await server.close()
})

test('a URL that cannot be is refused at once', () => {
  expect(() => new Upstream('ftp://a')).toThrow(/expected protocol\+tcp/)
  expect(() => new Upstream('nonsense')).toThrow(/expected a URL like/)
})
