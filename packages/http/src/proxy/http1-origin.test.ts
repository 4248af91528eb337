import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import type { PlexusError } from '@plexus/contract'
import { virtualHost } from '@plexus/testkit'
import { certificate } from '../certificate.test.kit.js'
import { HttpClient } from '../client/http-client.js'
import { proxyTo } from './exchange.js'
import { originOf, RawClient, serverOf, standOf } from './front.test.kit.js'
import { Http1Origin, type Http1OriginOptions } from './http1-origin.js'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** An origin on a real server of Node. */
async function originAt(port: number, options: Http1OriginOptions = {}): Promise<Http1Origin> {
  const origin = new Http1Origin(`http://127.0.0.1:${port}`, options)
  closers.push(() => origin.close())
  return origin
}

async function nodeOrigin(...args: Parameters<typeof serverOf>): Promise<Http1Origin> {
  const server = await serverOf(...args)
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return originAt((server.address() as AddressInfo).port)
}

/** An origin that says byte for byte what it is told to. */
async function rawOrigin(
  talk: (socket: Socket, connection: number) => void,
  options: Http1OriginOptions = {},
) {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    talk(socket, ++connections)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return originAt((server.address() as AddressInfo).port, options)
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message) text += chunk
  return text
}

test('S04 S15 the same rules as towards a session: nothing of one connection crosses, and via is added both ways', async () => {
  let asked: IncomingMessage | undefined
  const origin = await nodeOrigin((req, res) => {
    asked = req
    res.writeHead(200, { 'x-on': 'b', connection: 'x-secret', 'x-secret': 'hop', 'keep-alive': 'timeout=9' })
    res.end('ok')
  })
  await using stand = await standOf(origin, { via: 'front', forwarded: 'forwarded' })
  using client = new RawClient(stand.port)
  client.says(
    'GET /a?b HTTP/1.1\r\nHost: o.test\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nTE: gzip\r\nX-On: 1\r\nX-On: 2\r\nProxy-Authorization: secret\r\n\r\n',
  )
  const text = await client.hears(/ok\r\n0\r\n\r\n$/)
  expect(text).toContain('via: 1.1 front\r\n')
  expect(text).toContain('x-on: b\r\n')
  expect(text).not.toMatch(/x-secret|timeout=9/)
  expect(asked!.url).toBe('/a?b')
  expect(asked!.headersDistinct).toMatchObject({
    host: ['o.test'],
    via: ['1.1 front'],
    'x-on': ['1', '2'],
    forwarded: ['for=127.0.0.1;host="o.test";proto=http'],
  })
  for (const name of ['x-hop', 'te', 'proxy-authorization', 'transfer-encoding', 'content-length'])
    expect(asked!.headers).not.toHaveProperty(name)
})

test('S15 a request that came by more proxies than may be is answered with 508, whatever the origin speaks', async () => {
  const origin = await nodeOrigin((_req, res) => res.end())
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  const hops = Array.from({ length: 11 }, (_, i) => `1.1 p${i}`).join(', ')
  client.says(`GET / HTTP/1.1\r\nHost: o.test\r\nVia: ${hops}\r\n\r\n`)
  await client.hears('HTTP/1.1 508 ')
})

test('AM-14 a body of either framing and its trailers cross, and the connection is kept for the next', async () => {
  const seen: unknown[] = []
  const sockets = new Set<unknown>()
  const origin = await nodeOrigin(async (req, res) => {
    sockets.add(req.socket)
    const text = await textOf(req)
    const { 'content-length': length, 'transfer-encoding': coding } = req.headers
    seen.push([req.method, text, length, coding, req.trailers])
    res.writeHead(200, { trailer: 'x-sum' })
    res.write(`got ${text.length}`)
    res.addTrailers({ 'x-sum': '7' })
    res.end()
  })
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('POST /1 HTTP/1.1\r\nHost: o\r\nContent-Length: 4\r\n\r\nbody')
  await client.hears('got 4\r\n0\r\nx-sum: 7\r\n\r\n')
  client.says(
    'POST /2 HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\nTrailer: x-end\r\n\r\n5\r\nparts\r\n0\r\nx-end: 1\r\n\r\n',
  )
  await client.hears('got 5\r\n')
  client.says('POST /3 HTTP/1.1\r\nHost: o\r\nContent-Length: 0\r\n\r\n')
  await client.hears('got 0\r\n')
  expect(seen).toEqual([
    ['POST', 'body', '4', undefined, {}],
    ['POST', 'parts', undefined, 'chunked', { 'x-end': '1' }],
    ['POST', '', '0', undefined, {}],
  ])
  expect(sockets.size).toBe(1)
  expect(stand.errors).toEqual([])
})

test('S08 what came over a session crosses to HTTP/1.1: cookies in one line, a length where one is expected', async () => {
  const seen: unknown[] = []
  const origin = await nodeOrigin(async (req, res) => {
    const text = await textOf(req)
    seen.push([req.method, req.rawHeaders, text])
    res.writeHead(req.method === 'HEAD' ? 204 : 201, { 'set-cookie': ['a=1', 'b=2'] })
    res.end()
  })
  await using session = originOf(proxyTo(origin, { via: false }))
  const client = new HttpClient(session, { origin: 'http://o.test' })
  const ask = async (method: string, body?: string) => {
    const headers = [
      ['cookie', 'c=1'],
      ['cookie', 'd=2'],
    ] as const
    const response = await client.request({ method, path: '/', headers, body })
    await response.body.text()
    return [response.status, response.headers.getAll('set-cookie')]
  }
  expect(await ask('POST')).toEqual([201, ['a=1', 'b=2']])
  expect(await ask('HEAD')).toEqual([204, ['a=1', 'b=2']])
  expect(await ask('PUT', 'new')).toEqual([201, ['a=1', 'b=2']])
  const common = ['host', 'o.test']
  const rest = ['Connection', 'keep-alive']
  const cookie = ['cookie', 'c=1; d=2']
  expect(seen).toEqual([
    ['POST', [...common, 'content-length', '0', ...cookie, ...rest], ''],
    ['HEAD', [...common, ...cookie, ...rest], ''],
    ['PUT', expect.arrayContaining([...common, ...cookie]), 'new'],
  ])
})

test.each([
  [
    'both ends of a body',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
  ['a length in words', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
  [
    'a switch that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  ],
  ['an end', ''],
])('S08 an answer with %s is 502, and none of it crosses', async (_, bytes) => {
  const origin = await rawOrigin((socket) => socket.once('data', () => socket.end(bytes)))
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  expect(await client.hears('Bad Gateway\n')).toMatch(/^HTTP\/1.1 502 /)
  expect(stand.errors).toMatchObject([{ name: 'PlexusError', scope: 'request' }])
})

test('S05 an answer that breaks off breaks off at the client, too', async () => {
  const origin = await rawOrigin((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
  )
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await client.hears('half')
  await client.over()
  expect(stand.errors).toMatchObject([{ code: 'CONNECTION_LOST', blame: 'carrier' }])
})

test('a connection that was kept and breaks is no failure: what may be asked twice is asked again, once', async () => {
  const heard: string[] = []
  const origin = await rawOrigin((socket, connection) => {
    let requests = 0
    socket.on('data', (chunk) => {
      heard.push(`${connection}: ${chunk.toString('latin1').split('\r\n')[0]}`)
      if (++requests > 1) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  await using stand = await standOf(origin)
  const ask = async (method: string) => {
    const response = await fetch(`http://127.0.0.1:${stand.port}/`, { method })
    await response.arrayBuffer()
    return response.status
  }
  expect([await ask('GET'), await ask('GET'), await ask('POST')]).toEqual([200, 200, 502])
  expect(heard.map((line) => line.replace(/ HTTP.*/, ''))).toEqual([
    '1: GET /',
    '1: GET /',
    '2: GET /',
    '2: POST /',
  ])
})

test('an origin that does not answer in time is 504, by the clock that was handed in', async () => {
  const host = virtualHost()
  const asked = deferred<void>()
  const origin = await rawOrigin((socket) => socket.once('data', () => asked.resolve()), { host })
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await asked.promise
  await host.clock.advance(75_000)
  await client.hears('HTTP/1.1 504 ')
  expect(host.clock.pending).toBe(0)
})

test('an origin that stalls within its answer is given up in time, a slow client is not', async () => {
  const host = virtualHost()
  const origin = await rawOrigin(
    (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
    { host },
  )
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await client.hears('half')
  while (host.clock.pending === 0) await new Promise(setImmediate)
  await host.clock.advance(300_000)
  await client.over()
  expect(stand.errors).toMatchObject([{ code: 'TIMEOUT' }])
})

test('AM-14 a client that goes away ends the request at the origin, before the head and after', async () => {
  for (const head of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart']) {
    const asked = deferred<void>()
    const over = deferred<void>()
    const origin = await rawOrigin((socket) => {
      socket.once('close', () => over.resolve())
      socket.once('data', () => {
        socket.write(head)
        asked.resolve()
      })
    })
    await using stand = await standOf(origin)
    using client = new RawClient(stand.port)
    client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
    await asked.promise
    if (head !== '') await client.hears('part')
    client.socket.destroy()
    await over.promise
    while (stand.errors.length === 0) await new Promise(setImmediate)
    expect(stand.errors).toMatchObject([{ code: 'CANCEL' }])
  }
})

test('an upload that breaks off is never taken for a whole one', async () => {
  const broken = deferred<string>()
  const origin = await nodeOrigin(async (req) => {
    await textOf(req).then(
      (text) => broken.resolve(`whole: ${text}`),
      (error: Error) => broken.resolve(error.message),
    )
  })
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('POST / HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n')
  await once(stand.server, 'request')
  client.socket.destroy()
  expect(await broken.promise).toBe('aborted')
})

test('an early answer ends the upload, and is whole', async () => {
  const origin = await nodeOrigin((_req, res) => {
    res.writeHead(413, { connection: 'close' })
    res.end('too much')
  })
  await using stand = await standOf(origin)
  using client = new RawClient(stand.port)
  client.says('POST / HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n')
  expect(await client.hears('too much\r\n0\r\n')).toMatch(/^HTTP\/1.1 413 /)
})

test('over TLS it is who was dialled that is wanted there, and a stranger is 502', async () => {
  const keys = await certificate()
  const server = createSecureServer(keys, (req, res) => res.end(`${req.headers.host} by TLS`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  using origin = new Http1Origin(url, { ca: keys.cert })
  using distrusting = new Http1Origin(url)
  await using stand = await standOf(({ path }) => (path === '/trusted' ? origin : distrusting))
  using client = new RawClient(stand.port)
  client.says('GET /trusted HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await client.hears('o.test by TLS')
  client.says('GET /not HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await client.hears('HTTP/1.1 502 ')
  expect((stand.errors[0] as PlexusError).message).toMatch(/self-signed certificate/)
})

test('a URL of another kind is refused at once', () => {
  for (const url of ['spdy+tcp://a:1', 'nonsense'])
    expect(() => new Http1Origin(url)).toThrow(/expected a URL of http:/)
})
