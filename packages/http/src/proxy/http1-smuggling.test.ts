import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { connect as dial } from 'plexus/node'
import { HttpClient } from '../client/http-client.js'
import { createServer as createPlexus, type HttpServer as PlexusHttp } from '../server/server.js'
import { Http1Origin } from './http1-origin.js'
import { streamProxy } from './stream-proxy.js'

const TOLD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** What the origin read. */
let heard: string
const isWhole = (text: string) => text.endsWith(text.includes('chunked') ? '\r\n0\r\n\r\n' : '\r\n\r\n')
let origin: Server
let front: HttpServer
let to: Http1Origin
let spdy: PlexusHttp
const sockets = new Set<Socket>()

beforeEach(async () => {
  heard = ''
  // It reads and answers blindly: what it is sent is the question, not how a parser takes it.
  origin = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      if (isWhole(heard)) socket.write(TOLD)
    })
  })
  const port = await listen(origin)
  to = new Http1Origin(`http://127.0.0.1:${port}/`)
  front = createHttp((request, response) => void streamProxy(to, request, response))
  spdy = createPlexus((request, response) => void streamProxy(to, request, response))
})

afterEach(async () => {
  to.close()
  await spdy.close({ timeoutMs: 0 })
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const server of [origin, front]) await new Promise((resolve) => server.close(resolve))
})

async function listen(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** All that comes back to these very bytes on HTTP/1.1. */
async function told(text: string): Promise<string> {
  const socket = connect(await listen(front), '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

async function client(): Promise<HttpClient> {
  const { port } = await spdy.listen('spdy+tcp://127.0.0.1:0')
  return new HttpClient(await dial(`spdy+tcp://127.0.0.1:${port}`), { origin: 'http://a.test' })
}

async function* body(text: string) {
  yield text
}

const line = (text: string, ...fields: string[]) =>
  [text, 'Host: a.test', 'Connection: close', ...fields, '', ''].join('\r\n')

describe('requests of sessions to an origin of HTTP/1.1', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'POST', 'get'])(
    'S08 the body of a %s without a length is framed, not a request of its own',
    async (method) => {
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: b.test\r\n\r\n'
      const answer = await (await client()).do({ method, path: '/a', body: body(smuggled) })
      expect(answer.status).toBe(200)
      expect(heard).toContain('\r\ntransfer-encoding: chunked\r\n')
      expect(heard).toContain(`\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n`)
    },
  )

  it.each([
    ['GET', undefined],
    ['OPTIONS', undefined],
    ['POST', '0'],
  ])('S08 a %s without a body says so as HTTP/1.1 does', async (method, length) => {
    expect((await (await client()).do({ method, path: '/a' })).status).toBe(200)
    expect(/\r\ncontent-length: ([0-9]+)\r\n/.exec(heard)?.[1]).toBe(length)
    expect(heard).not.toContain('transfer-encoding')
    expect(heard).toMatch(/^[A-Z]+ \/a HTTP\/1.1\r\nhost: a.test\r\n/)
  })
})

describe('requests of HTTP/1.1 to an origin of HTTP/1.1', () => {
  const chunked = 'Transfer-Encoding: chunked'
  it.each([
    ['two hosts', line('GET /a HTTP/1.1', 'Host: b.test')],
    ['a host with a password', line('GET /a HTTP/1.1').replace('a.test', 'u:secret@a.test')],
    ['an address with a password', line('GET http://u:secret@a.test/a HTTP/1.1')],
    ['an address that is not of HTTP', line('GET ftp://a.test/a HTTP/1.1')],
    ['a fragment', line('GET /a#b HTTP/1.1')],
    ['chunks in HTTP/1.0', `${line('POST /a HTTP/1.0', chunked)}0\r\n\r\n`],
    [
      'a coding that nobody undoes',
      `${line('POST /a HTTP/1.1', 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
    ],
    ['a hidden host', line('GET /a HTTP/1.1').replace('close', 'close, host')],
  ])('S06 S08 %s is refused and goes nowhere', async (_, text) => {
    expect(await told(text)).toMatch(/^HTTP\/1.1 400 /)
    expect(heard).toBe('')
  })

  it('S08 the host of an absolute address goes before the field, and one goes on', async () => {
    expect(await told(line('GET http://b.test/x HTTP/1.1'))).toMatch(/^HTTP\/1.1 200 /)
    expect(heard).toMatch(/^GET \/x HTTP\/1.1\r\nhost: b.test\r\n/)
    expect(heard.match(/host: /gi)).toHaveLength(1)
  })

  it('S15 a proxy of itself ends after eleven hops', async () => {
    const answer = await told(line('GET /a HTTP/1.1', `Via: ${Array(11).fill('1.1 plexus').join(', ')}`))
    expect(answer).toMatch(/^HTTP\/1.1 508 /)
    expect(heard).toBe('')
  })

  it('S15 each hop is counted', async () => {
    expect(await told(line('GET /a HTTP/1.1'))).toMatch(/^HTTP\/1.1 200 /)
    expect(heard).toMatch(/\r\nvia: 1.1 plexus-[0-9a-f]{8}\r\n/)
  })
})
