import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Protocol } from '@plexus/contract'
import type { PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import { ask } from '../ask.test.kit.js'
import { certificate } from '../certificate.test.kit.js'
import { connectHttp, connectUpgrade } from '../client/connect-http.js'
import { createServer, type HttpServer } from './server.js'

let pem: { readonly key: string; readonly cert: string }
beforeAll(async () => {
  pem = await certificate()
})

let server: HttpServer
afterEach(() => server?.close({ timeoutMs: 0 }))

test('a server tells of each session, whichever door it came through, and through what it speaks', async () => {
  const began: [string, boolean][] = []
  const spoken: string[] = []
  const wrapProtocol = (protocol: Protocol): Protocol => {
    spoken.push(protocol.traits.name)
    return protocol
  }
  const onSession = (session: PlexusSession, connection: unknown) => {
    began.push([session.protocol, connection === server.connectionOf(session)])
  }
  server = createServer({ onSession, wrapProtocol }, (_req, res) => res.end('hello'))
  const plain = await server.listen('spdy+tcp://127.0.0.1:0')
  const secure = await server.listenTLS(pem)
  const sessions = [
    await connect(plain.url),
    (await connectHttp(secure.url, { ca: pem.cert, alpn: ['spdy/3'] })).session!,
    await connectUpgrade(secure.url, { ca: pem.cert }),
  ]
  for (const session of sessions) {
    expect((await ask(session)).text).toBe('hello')
    await session.close()
  }
  expect(began).toEqual([
    ['spdy/3.1', true],
    ['spdy/3', true],
    ['spdy/3.1', true],
  ])
  expect(spoken).toEqual(['spdy/3.1', 'spdy/3', 'spdy/3.1'])
})

test.each(['onSession', 'wrapProtocol'] as const)(
  'S14 what %s throws ends that session, and no other',
  async (name) => {
    let turn = 0
    const hook = (given: unknown) => {
      turn += 1
      if (turn === 1) throw new Error('no')
      return given
    }
    server = createServer({ [name]: hook }, (_req, res) => res.end('hello'))
    const { url } = await server.listen('spdy+tcp://127.0.0.1:0')
    await using refused = await connect(url)
    await refused.closed
    await expect(ask(refused)).rejects.toThrow()
    await using taken = await connect(url)
    expect((await ask(taken)).text).toBe('hello')
  },
)

test('req.socket speaks of the connection: addresses, ALPN, and the certificate of the client', async () => {
  const seen: object[] = []
  server = createServer((req, res) => {
    const socket = req.socket as TLSSocket
    const { remoteAddress, remotePort, encrypted, authorized, alpnProtocol } = socket
    const name = socket.getPeerCertificate?.()?.subject?.CN
    seen.push({ remoteAddress, hasPort: remotePort! > 0, encrypted, authorized, alpnProtocol, name })
    res.end()
  })
  const mine = await certificate('client.test')
  const { url } = await server.listenTLS({ ...pem, ca: mine.cert, requestCert: true })
  const { session } = await connectHttp(url, { ca: pem.cert, ...{ key: mine.key, cert: mine.cert } })
  await ask(session!)
  const { url: plain } = await server.listen('spdy+tcp://127.0.0.1:0')
  await using other = await connect(plain)
  await ask(other)
  const place = { remoteAddress: '127.0.0.1', hasPort: true }
  expect(seen).toEqual([
    { ...place, encrypted: true, authorized: true, alpnProtocol: 'h2', name: 'client.test' },
    { ...place, encrypted: false, authorized: false, alpnProtocol: null, name: undefined },
  ])
  expect((server.connectionOf(server.sessions[0]!) as Socket).remotePort).toBeGreaterThan(0)
})
