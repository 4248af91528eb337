/** Another protocol inside a stream of HTTP/2: extended CONNECT (RFC 8441), from client to server and by hand. */
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import { HttpClient } from '../client/http-client.js'
import type { ExchangeHandler } from './exchange.js'
import { createServer, type HttpServer } from './server.js'

let server: HttpServer | undefined
let session: PlexusSession | undefined

afterEach(async () => {
  session?.destroy()
  await server?.close({ timeoutMs: 0 })
})

async function clientOf(made: HttpServer, scheme = 'h2'): Promise<HttpClient> {
  server = made
  const { url } = await made.listen(`${scheme}+tcp://127.0.0.1:0`)
  session = await connect(url)
  return new HttpClient(session, { origin: 'http://h.test' })
}

const websocket = { method: 'CONNECT', protocol: 'websocket', path: '/chat?room=1' }

describe('CONNECT with a protocol', () => {
  test('carries WebSocket frames both ways, beside requests', async () => {
    const seen: unknown[] = []
    const client = await clientOf(
      createServer(
        {
          async onConnect(exchange) {
            const { method, protocol, scheme, authority, path } = exchange.request
            seen.push(method, protocol, scheme, authority, path)
            exchange.respond({ headers: { 'sec-websocket-protocol': 'chat' } })
            await echo(exchange.stream.toDuplex())
          },
        },
        (_req, res) => res.end('plain'),
      ),
    )
    const answer = await client.request({ ...websocket, headers: { 'sec-websocket-version': '13' } })
    expect([answer.status, answer.headers.get('sec-websocket-protocol')]).toEqual([200, 'chat'])
    expect(seen).toEqual(['CONNECT', 'websocket', 'http', 'h.test', '/chat?room=1'])
    const far = answer.stream.toDuplex()
    const words = ['hello', 'größer', 'x'.repeat(70_000)]
    const heard = wordsOf(far)
    for (const word of words) {
      far.write(textFrame(word, true))
      expect((await heard.next()).value).toBe(word)
    }
    expect(await (await client.request({ path: '/' })).text()).toBe('plain')
    far.end()
    expect((await heard.next()).done).toBe(true)
    expect(await answer.stream.closed).toBeUndefined()
  })

  test('that nobody knows is the handler’s to turn down', async () => {
    const onConnect: ExchangeHandler = (exchange) => exchange.respond({ status: 501 }, { end: true })
    const client = await clientOf(createServer({ onConnect }, (_req, res) => res.end('plain')))
    expect((await client.request({ ...websocket, protocol: 'gopher' })).status).toBe(501)
  })

  test('RFC 8441 §3 is not even sent where the server did not say that it takes it', async () => {
    const client = await clientOf(createServer((_req, res) => res.end('plain')))
    await expect(client.request(websocket)).rejects.toMatchObject({
      scope: 'request',
      blame: 'application',
      processed: 'no',
    })
    expect(client.session.stats.streamsOpened).toBe(0)
    expect((await client.do({ path: '/' })).status).toBe(200)
  })

  test('is not sent over SPDY, which has no word for it', async () => {
    const client = await clientOf(
      createServer({ onConnect: () => {} }, (_req, res) => res.end('plain')),
      'spdy',
    )
    await expect(client.request(websocket)).rejects.toThrow('a protocol inside CONNECT')
  })

  test('RFC 8441 §4 without CONNECT it is no request', async () => {
    const client = await clientOf(createServer({ onConnect: () => {} }, (_req, res) => res.end('plain')))
    await expect(client.request({ ...websocket, method: 'GET' })).rejects.toThrow('CONNECT and a token')
  })
})

/** A text frame as RFC 6455 §5.2 has it; a client's is masked. */
function textFrame(text: string, isMasked: boolean): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, ...u32(length)]
  head[0]! |= isMasked ? 0x80 : 0
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(4)
  for (let i = 0; i < length; i++) payload[i]! ^= mask[i % 4]!
  return Buffer.concat([Buffer.from([0x81, ...head]), isMasked ? mask : Buffer.alloc(0), payload])
}

const u32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)

/** The texts of the frames that come. */
async function* wordsOf(duplex: Duplex): AsyncGenerator<string, undefined> {
  let held = Buffer.alloc(0)
  for await (const chunk of duplex.iterator({ destroyOnReturn: false })) {
    held = Buffer.concat([held, chunk])
    for (;;) {
      const short = (held[1] ?? 0) & 0x7f
      const at = short === 127 ? 10 : short === 126 ? 4 : 2
      const isMasked = ((held[1] ?? 0) & 0x80) !== 0
      const from = at + (isMasked ? 4 : 0)
      if (held.length < from) break
      const length = short === 127 ? held.readUInt32BE(6) : short === 126 ? held.readUInt16BE(2) : short
      if (held.length < from + length) break
      const payload = Buffer.from(held.subarray(from, from + length))
      if (isMasked) for (let i = 0; i < length; i++) payload[i]! ^= held[at + (i % 4)]!
      held = held.subarray(from + length)
      yield payload.toString()
    }
  }
  return undefined
}

async function echo(duplex: Duplex): Promise<void> {
  for await (const word of wordsOf(duplex)) duplex.write(textFrame(word, false))
  duplex.end()
}
