/** Whoever is dialled may be anybody: what it does ends in an error that says so, in time, and never in anything else. */

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { PlexusError } from '@plexus/contract'
import { certificate } from '../certificate.test.kit.js'
import { pairOf } from '../pair.test.kit.js'
import { connectHttp, connectUpgrade } from './connect-http.js'
import { nodeDecoders } from './decoders.js'
import { HttpClient } from './http-client.js'

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'

let server: Server
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise((resolve) => server.close(resolve))
})

async function portOf(made: Server): Promise<number> {
  server = made
  made.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return (made.address() as AddressInfo).port
}

/** Says it once more whenever the other side has taken it. */
function forEver(socket: Socket, text: string): void {
  const more = () => {
    while (socket.writable && socket.write(text));
  }
  socket.on('drain', more)
  more()
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('S14 an upgrade at a server that', () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', () => {}, 'TIMEOUT'],
    ['goes', (socket) => socket.end(), 'CONNECTION_LOST'],
    ['breaks', (socket) => socket.resetAndDestroy(), 'CONNECTION_LOST'],
    [
      'speaks of something else',
      (socket) => socket.write('\x80\x03\x00\x04rubbish\r\n\r\n'),
      'CONNECTION_LOST',
    ],
    ['has a head without end', (socket) => forEver(socket, `X: ${'a'.repeat(1000)}\r\n`), 'CONNECTION_LOST'],
    ['waits and waits', (socket) => forEver(socket, 'HTTP/1.1 102 Processing\r\n\r\n'), 'TIMEOUT'],
    [
      'refuses with a body without end',
      (socket) => forEver(socket, `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(9999)}`),
      'HTTP_1_1_REQUIRED',
    ],
    [
      'switches to another',
      (socket) => socket.write(SWITCH.replace('SPDY/3.1', 'h2c')),
      'UNSUPPORTED_VERSION',
    ],
    ['says a status of two digits', (socket) => socket.write(SWITCH.replace('101', '10')), 'CONNECTION_LOST'],
  ])('%s fails in time, and its connection is closed', async (_, act, code) => {
    let isClosed: Promise<unknown> | undefined
    const port = await portOf(
      createServer((socket) => {
        isClosed = new Promise((resolve) => socket.once('close', resolve))
        socket.once('data', () => act(socket)).resume()
      }),
    )
    const error = await failure(connectUpgrade(`http://127.0.0.1:${port}`, { timeoutMs: 200 }))
    expect(error).toBeInstanceOf(PlexusError)
    expect(error).toMatchObject({ code, processed: 'no' })
    await isClosed
  })

  test.each([
    ['rubbish', 'HTTP/1.1 200 OK\r\n\r\nno frames at all', undefined],
    ['half a frame', '\x80\x03\x00\x04', 'CONNECTION_LOST'],
    ['a frame of 16 MiB', '\x80\x03\x00\x01\x00\xff\xff\xff', undefined],
  ])('switches and sends %s ends the session that came about', async (_, bytes, code) => {
    const port = await portOf(
      createServer((socket) => {
        socket.once('data', () => socket.end(Buffer.from(SWITCH + bytes, 'latin1'))).resume()
      }),
    )
    const session = await connectUpgrade(`http://127.0.0.1:${port}`)
    const asked = failure(session.open({ headers: {} }).then((stream) => stream.replied))
    const error = await session.closed
    expect(error).toBeInstanceOf(PlexusError)
    if (code !== undefined) expect(error).toMatchObject({ code })
    expect(await asked).toBeInstanceOf(PlexusError)
  })
})

describe('B16 TLS that', () => {
  let pem: { readonly key: string; readonly cert: string }
  beforeAll(async () => {
    pem = await certificate()
  })

  test('is cut off without a farewell behind half an answer is a loss, not an end', async () => {
    const below: Socket[] = []
    const made = createTls({ ...pem, ALPNProtocols: ['spdy/3.1'] }, (secure) => {
      secure.on('error', () => {})
      // The head of an answer, and then the end of TCP without one of TLS.
      const half = Buffer.from([0x80, 3, 0, 2, 0, 0, 0, 80])
      const opening = Buffer.from([0x80, 3, 0, 1])
      secure.on('data', (bytes: Buffer) => {
        if (bytes.includes(opening)) secure.write(half, () => below[0]!.end())
      })
    })
    made.on('connection', (socket: Socket) => below.push(socket))
    const port = await portOf(made)
    const { session } = await connectHttp(`https://127.0.0.1:${port}`, { ca: pem.cert })
    const client = new HttpClient(session!, { origin: `https://127.0.0.1:${port}` })
    expect(await failure(client.do({ path: '/' }))).toMatchObject({ code: 'CONNECTION_LOST' })
    await session!.closed
  })

  test.each([
    ['is none', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['breaks off in its handshake', (socket: Socket) => socket.end(Buffer.from([22, 3, 3, 0, 80, 2]))],
  ])('%s fails, and nothing was processed', async (_, act) => {
    const port = await portOf(createServer((socket) => void socket.once('data', () => act(socket))))
    const error = await failure(connectHttp(`https://127.0.0.1:${port}`, { ca: pem.cert }))
    expect(error).toBeInstanceOf(PlexusError)
    expect(error).toMatchObject({ processed: 'no' })
  })
})

describe('S13 a bomb of', () => {
  const coders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const
  type Coding = keyof typeof coders
  const zeros = new Uint8Array(32 * 1024 * 1024)

  test.each<Coding[][]>([
    [['deflate']],
    [['br']],
    [['br', 'br']],
    [['deflate', 'br']],
    [['br', 'gzip', 'deflate']],
  ])('%s ends at its cap, and the request with it', async (codings) => {
    const bomb = codings.reduce<Uint8Array>((bytes, coding) => coders[coding](bytes), zeros)
    let isGivenUp: Promise<unknown> | undefined
    const { client, clock } = pairOf(async (exchange) => {
      isGivenUp = exchange.stream.closed
      exchange.respond({ headers: { 'content-encoding': codings.join(', ') } })
      await exchange.write(bomb)
      await new Promise(() => {})
    })
    const { fetch } = new HttpClient(client, { origin: 'http://h.test', clock })
    const response = await fetch('/', { maxDecodedBytes: 100_000, decoders: nodeDecoders })
    let size = 0
    const read = async () => {
      for await (const bytes of response.body!) size += bytes.length
    }
    expect(await failure(read())).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
    expect(size).toBeLessThanOrEqual(100_000)
    expect(await isGivenUp).toMatchObject({ code: 'CANCEL' })
  })
})
