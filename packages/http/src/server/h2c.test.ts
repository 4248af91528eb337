/** HTTP/2 by an upgrade from HTTP/1.1 (RFC 7540 §3.2): both ends of ours, what is turned down, and curl. */
import { execFile, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, expect, test } from '@jest/globals'
import { connectUpgrade } from '../client/connect-http.js'
import { HttpClient } from '../client/http-client.js'
import { createServer, type HttpServer } from './server.js'

let server: HttpServer
const asked: string[] = []

afterEach(async () => {
  asked.length = 0
  await server.close({ timeoutMs: 0 })
})

async function doorOf(): Promise<{ url: string; port: number }> {
  server = createServer({
    async exchange(exchange) {
      const { method, authority, path } = exchange.request
      asked.push(`${exchange.session.protocol} ${method} ${path}`)
      await exchange.end(`${exchange.session.protocol} ${authority}${path}`)
    },
  })
  const { url, port } = await server.listen('http://127.0.0.1:0')
  return { url, port: port! }
}

test('a client of ours goes on over HTTP/2; the request that asked is the first stream', async () => {
  const { url, port } = await doorOf()
  const session = await connectUpgrade(`${url}/first`, { to: 'h2c' })
  const client = new HttpClient(session, { origin: url })
  const { text, status } = await client.do({ path: '/second' })
  expect([status, text()]).toEqual([200, `h2 127.0.0.1:${port}/second`])
  expect(asked).toEqual(['h2 HEAD /first', 'h2 GET /second'])
  await client.close()
  expect(await session.closed).toBeUndefined()
})

test('at https:// it is not to be had', async () => {
  await doorOf()
  await expect(connectUpgrade('https://127.0.0.1:1/', { to: 'h2c' })).rejects.toMatchObject({
    blame: 'application',
  })
})

test.each([
  ['no settings', ['Connection: Upgrade']],
  ['settings twice', ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: ', 'HTTP2-Settings: ']],
  ['settings that connection does not name', ['Connection: Upgrade', 'HTTP2-Settings: AAIAAAAA']],
  ['settings that are no frame', ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAIAAAA']],
  ['settings that may not be', ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAIAAAAH']],
])('a request with %s is served as HTTP/1.1', async (_, lines) => {
  const { port } = await doorOf()
  const socket = connect(port, '127.0.0.1')
  socket.write(['GET /a HTTP/1.1', 'Host: h.test', 'Upgrade: h2c', ...lines, '', ''].join('\r\n'))
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*http\/1\.1 h\.test\/a/s)
  expect(asked).toEqual(['http/1.1 GET /a'])
})

/** Skipped where there is no curl that speaks HTTP/2: then nothing can be said of it. */
const { stdout: version } = spawnSync('curl', ['--version'], { encoding: 'utf8' })
const testWithCurl = /\bHTTP2\b/.test(version ?? '') ? test : test.skip

testWithCurl('curl --http2 has its answer on the stream that it upgraded', async () => {
  const { url, port } = await doorOf()
  const write = ['-w', '\n%{http_version} %{response_code}']
  const { stdout } = await promisify(execFile)('curl', ['-sS', '--http2', ...write, `${url}/c?d`])
  expect(stdout).toBe(`h2 127.0.0.1:${port}/c?d\n2 200`)
  expect(asked).toEqual(['h2 GET /c?d'])
})
