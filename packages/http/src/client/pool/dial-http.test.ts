import { createServer as createPlain } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { expect, jest, test } from '@jest/globals'
import { listen, sessionOn } from 'plexus/node'
import { certificate } from '../../certificate.test.kit.js'
import { httpStreams } from '../../server/serve.js'
import { createServer } from '../../server/server.js'
import { createPool } from './dial-http.js'
import { fateOf, PROTOCOLS } from './pool.test.kit.js'

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

test.each(PROTOCOLS)(
  'DG-1, DG-2 over TCP, in %s: two hundred requests on at most three connections, each answered with its own',
  async (cleartext) => {
    const streams = httpStreams(async (exchange) => exchange.end(exchange.request.path))
    await using server = await listen(
      `${cleartext}+tcp://127.0.0.1:0`,
      { limits: { maxInboundStreams: 40 } },
      streams,
    )
    const origin = server.url.replace(`${cleartext}+tcp`, 'http')
    // HTTP/2 need not be named.
    const named = cleartext === 'h2' ? {} : { cleartext }
    await using pool = createPool({ origin, ...named, maxConnections: 3, timeoutMs: 20_000 })
    expect((await pool.do({ path: '/first' })).text()).toBe('/first')
    const paths = Array.from({ length: 200 }, (_, i) => `/${i}`)
    const answers = await Promise.all(paths.map(async (path) => (await pool.do({ path })).text()))
    expect(answers).toEqual(paths)
    const { ready } = pool.stats.connections
    expect([ready >= 2 && ready <= 3, pool.stats.dials]).toEqual([true, ready])
  },
)

test('S11 over TLS: the protocol is chosen, options of TLS part connections, and a stranger’s certificate is refused', async () => {
  const { key, cert } = await certificate()
  const server = createServer((_, res) => void res.end('secure'))
  const { url } = await server.listen('https://127.0.0.1:0', { key, cert })
  const origin = String(url)
  try {
    await using pool = createPool({ origin, tls: { ca: cert } })
    expect((await pool.do({ path: '/' })).text()).toBe('secure')
    expect((await pool.do({ path: '/', tls: { ca: cert } })).text()).toBe('secure')
    expect(pool.stats).toMatchObject({ dials: 1, origins: 1 })
    expect((await pool.do({ path: '/', tls: { ca: cert, servername: 'localhost' } })).text()).toBe('secure')
    expect((await pool.do({ path: '/', alpn: ['spdy/3.1'] })).text()).toBe('secure')
    expect(pool.stats).toMatchObject({ dials: 3, origins: 3 })
    await using distrustful = createPool({ origin, maxDials: 1 })
    expect(await fateOf(distrustful.do({ path: '/' }))).toBe('INADEQUATE_SECURITY, processed: no')
    await using proxied = createPool({ origin, proxy: 'http://127.0.0.1:1' })
    expect(await fateOf(proxied.do({ path: '/' }))).toBe('INTERNAL_ERROR, processed: no')
  } finally {
    await server.close()
  }
})

test('S11 a certificate is looked at before each request: one that has run out, or is not believed any more, is not asked', async () => {
  const { key, cert } = await certificate()
  const server = createServer((_, res) => void res.end('secure'))
  const { url } = await server.listen('https://127.0.0.1:0', { key, cert })
  let isBelieved = true
  const checkServerIdentity = () => (isBelieved ? undefined : new Error('no more'))
  const now = jest.spyOn(Date, 'now')
  try {
    for (const lapse of ['runs out', 'is not believed'] as const) {
      await using pool = createPool({
        origin: String(url),
        tls: { ca: cert, ...(lapse === 'is not believed' && { checkServerIdentity }) },
        maxDials: 1,
        minBackoffMs: 1,
        maxBackoffMs: 1,
      })
      expect((await pool.do({ path: '/' })).text()).toBe('secure')
      if (lapse === 'runs out') now.mockReturnValue(Date.parse('9999-01-01'))
      isBelieved = false
      // A new connection is no better.
      expect(await fateOf(pool.do({ path: '/' }))).toBe('INADEQUATE_SECURITY, processed: no')
      expect(pool.stats.dials).toBe(2)
      now.mockRestore()
      isBelieved = true
      expect((await pool.do({ path: '/' })).text()).toBe('secure')
    }
  } finally {
    now.mockRestore()
    await server.close()
  }
})

test('B16 another connection to the same place resumes its session of TLS, and goes by the certificate of then', async () => {
  const { key, cert } = await certificate()
  const reused: boolean[] = []
  const server = createTls({ key, cert, ALPNProtocols: ['h2'] }, (socket) => {
    reused.push(socket.isSessionReused())
    const streams = httpStreams((exchange) => exchange.end('secure'))
    const session = sessionOn(socket, {
      codec: 'h2',
      role: 'server',
      handler: (stream) => streams(stream, session),
    })
  })
  const origin = `https://127.0.0.1:${await listening(server)}`
  const now = jest.spyOn(Date, 'now')
  try {
    await using pool = createPool({ origin, tls: { ca: cert }, idleTimeoutMs: 1, maxDials: 1 })
    const once = async (tls?: Readonly<Record<string, unknown>>) => {
      expect((await pool.do({ path: '/', ...(tls && { tls }) })).text()).toBe('secure')
      while (pool.stats.origins > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await once()
    await once()
    await once({ ca: cert, servername: 'localhost' })
    expect(reused).toEqual([false, true, false])
    now.mockReturnValue(Date.parse('9999-01-01'))
    expect(await fateOf(pool.do({ path: '/' }))).toBe('INADEQUATE_SECURITY, processed: no')
  } finally {
    now.mockRestore()
    server.close()
  }
})

test('a server that speaks HTTP/1.1 only, and a port where nobody listens, are told as what they are', async () => {
  const { key, cert } = await certificate()
  const old = createSecure({ key, cert })
  const port = await listening(old)
  await using pool = createPool({ tls: { ca: cert }, maxDials: 2, minBackoffMs: 1 })
  expect(await fateOf(pool.do({ url: `https://127.0.0.1:${port}/` }))).toBe(
    'HTTP_1_1_REQUIRED, processed: no',
  )
  expect(pool.stats.dials).toBe(1)
  old.close()
  const nobody = createPlain()
  const closed = await listening(nobody)
  await new Promise((resolve) => nobody.close(resolve))
  const error = await pool.do({ url: `http://127.0.0.1:${closed}/` }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    blame: 'carrier',
    processed: 'no',
    scope: 'request',
  })
  expect(pool.stats.dials).toBe(3)
})

test('fetch follows redirects from origin to origin, and takes no secrets along', async () => {
  const seen: Record<string, string | undefined>[] = []
  const far = httpStreams(async (exchange) => {
    const { headers, authority } = exchange.request
    seen.push({
      authority,
      auth: headers.get('authorization'),
      cookie: headers.get('cookie'),
      own: headers.get('x-own'),
    })
    await exchange.end('there')
  })
  await using second = await listen('spdy+tcp://127.0.0.1:0', {}, far)
  const location = `${second.url.replace('spdy+tcp', 'http')}/there`
  const near = httpStreams(async (exchange) => {
    exchange.respond({ status: 302, headers: { location } })
    await exchange.end()
  })
  await using first = await listen('spdy+tcp://127.0.0.1:0', {}, near)
  await using pool = createPool({ cleartext: 'spdy' })
  const response = await pool.fetch(`${first.url.replace('spdy+tcp', 'http')}/here`, {
    headers: { authorization: 'Basic x', cookie: 'a=b', 'x-own': 'kept' },
  })
  expect([await response.text(), response.url, response.redirected]).toEqual(['there', location, true])
  expect(seen).toEqual([
    { authority: new URL(location).host, auth: undefined, cookie: undefined, own: 'kept' },
  ])
  expect(pool.stats.origins).toBe(2)
})
