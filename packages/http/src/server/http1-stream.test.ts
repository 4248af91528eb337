import { createServer as createNodeServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { PlexusError } from '@plexus/contract'
import type { Exchange, ExchangeHandler } from './exchange.js'
import { Http1Stream, http1Session } from './http1-stream.js'
import { httpStreams } from './serve.js'

let server: Server
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** A server of Node's whose requests are exchanges. */
async function serve(handler: ExchangeHandler): Promise<number> {
  const streams = httpStreams(handler)
  server = createNodeServer((req, res) => void streams(new Http1Stream(req, res), http1Session(req)))
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** What comes back to these very bytes. */
async function told(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

const get = (path: string, ...fields: string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: a.test', 'Connection: close', ...fields, '', ''].join('\r\n')

describe('a request on HTTP/1.1 as a stream', () => {
  test('has the head that it would have on a session', async () => {
    let seen: Exchange | undefined
    const port = await serve((exchange) => {
      seen = exchange
    })
    await told(port, get('/a?b=1', 'X-Two: 1', 'X-Two: 2', 'Keep-Alive: 5', 'TE: gzip'))
    const { method, scheme, authority, path, headers } = seen!.request
    expect([method, scheme, authority, path]).toEqual(['GET', 'http', 'a.test', '/a?b=1'])
    expect([...headers]).toEqual([
      ['x-two', '1'],
      ['x-two', '2'],
    ])
    await told(port, get('http://b.test/c'))
    expect([seen!.request.authority, seen!.request.path]).toEqual(['b.test', '/c'])
  })

  test('is informed in the three ways that Node knows, and of nothing once it is replied to', async () => {
    const failed: unknown[] = []
    server = createNodeServer((req, res) => {
      const stream = new Http1Stream(req, res)
      for (const status of ['100', '102', '103'])
        stream.inform({ ':status': status, link: '</a.css>; rel=preload' })
      stream.reply({ ':status': '204' }, { end: true })
      try {
        stream.inform({ ':status': '103' })
      } catch (error) {
        failed.push(error)
      }
    })
    server.on('connection', (socket) => sockets.add(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const answer = await told((server.address() as AddressInfo).port, get('/'))
    expect(answer.match(/^HTTP\/1.1 \d+/gm)).toEqual(
      ['100', '102', '103', '204'].map((status) => `HTTP/1.1 ${status}`),
    )
    expect(answer).toMatch(/\r\nlink: <\/a.css>; rel=preload\r\n/i)
    expect(failed).toMatchObject([{ scope: 'request', blame: 'application' }])
  })

  test('AM-22 DM-20 that nobody answers is a 200 without a body', async () => {
    const port = await serve(() => undefined)
    expect(await told(port, get('/'))).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  test('AM-4 every value of a repeated header survives', async () => {
    const port = await serve((exchange) => {
      exchange.respond({
        status: 404,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      })
    })
    const answer = await told(port, get('/'))
    expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
    expect(answer.match(/set-cookie: .*/gi)).toEqual(['set-cookie: a=1', 'set-cookie: b=2'])
  })

  test('has a body and trailers, and so has its answer', async () => {
    const port = await serve(async (exchange) => {
      const text = await exchange.body.text()
      const trailers = await exchange.body.trailers
      exchange.respond({ headers: { trailer: 'x-sum' } })
      await exchange.end(text.toUpperCase(), { 'x-sum': trailers.get('x-sum') ?? 'none' })
    })
    const post = [
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
      '5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n',
    ]
    expect(await told(port, post.join(''))).toMatch(/5\r\nHELLO\r\n0\r\nx-sum: 7\r\n\r\n$/)
  })

  test('S01 whose head may not be is not handed on', async () => {
    const seen: string[] = []
    const port = await serve(({ request: { path } }) => void seen.push(path))
    await told(port, 'GET / HTTP/1.1\r\nHost: user@a\r\nConnection: close\r\n\r\n').catch(() => undefined)
    expect(seen).toEqual([])
  })

  test('that a handler fails at in the middle is cut off', async () => {
    const port = await serve(async (exchange) => {
      await exchange.write('half')
      throw new Error('oops')
    })
    const failed = new Promise<Error>((resolve) => {
      const asking = request({ host: '127.0.0.1', port, agent: false }, (response: IncomingMessage) => {
        response.on('error', resolve).resume()
      })
      asking.on('error', resolve).end()
    })
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
  })

  test('tells its handler that the client has gone away', async () => {
    let gone!: (error: PlexusError) => void
    const told = new Promise<PlexusError>((resolve) => {
      gone = resolve
    })
    let begun!: () => void
    const working = new Promise<void>((resolve) => {
      begun = resolve
    })
    const port = await serve(async (exchange) => {
      exchange.signal.addEventListener('abort', () => gone(exchange.signal.reason as PlexusError))
      begun()
      await told
    })
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.write(get('/'))
    await working
    socket.destroy()
    expect(await told).toMatchObject({ scope: 'stream', code: 'CONNECTION_LOST', blame: 'peer' })
  })

  test('B09 waits with its answer for a client that reads slowly', async () => {
    let written = 0
    let wrote!: () => void
    const all = new Promise<void>((resolve) => {
      wrote = resolve
    })
    const chunk = new Uint8Array(256 * 1024)
    const port = await serve(async (exchange) => {
      for (; written < 400; written++) await exchange.write(chunk)
      wrote()
    })
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.write(get('/'))
    let before = -1
    while (written === 0 || written !== before) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(written).toBeLessThan(400)
    socket.resume()
    await all
    socket.destroy()
  })

  test('opens no streams: nothing can be pushed', async () => {
    const seen: unknown[] = []
    const port = await serve(async (exchange) => {
      await exchange.session.open().catch((error: unknown) => seen.push(error))
    })
    await told(port, get('/'))
    expect(seen).toMatchObject([{ scope: 'request', code: 'HTTP_1_1_REQUIRED', processed: 'no' }])
  })
})

describe('a head on HTTP/1.1', () => {
  const heads: [string, string][] = [
    ['S06', 'GET / HTTP/1.1\r\nHost: user@a'],
    ['S06', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b'],
    ['S03', 'GET * HTTP/1.1\r\nHost: a'],
  ]
  test.each(heads)('%s that may not be is a 400, and nobody’s request: %j', async (_, head) => {
    const seen: string[] = []
    const port = await serve(({ request: { path } }) => void seen.push(path))
    const answer = await told(port, `${head}\r\nConnection: close\r\n\r\n`)
    expect([answer.split('\r\n')[0], seen]).toEqual(['HTTP/1.1 400 Bad Request', []])
  })

  test('of HTTP/1.0 need not say a host', async () => {
    const seen: string[] = []
    const port = await serve(({ request: { authority } }) => void seen.push(authority))
    expect(await told(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/)
    expect(seen).toEqual([`127.0.0.1:${port}`])
  })

  test('the requests of one connection share what an exchange calls its session', async () => {
    const seen = new Set<unknown>()
    const port = await serve(({ session }) => void seen.add(session))
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    await told(port, `${one.repeat(20)}${get('/')}`)
    expect(seen.size).toBe(1)
  })
})
