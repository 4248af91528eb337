import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createNodeServer, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { type AddressInfo, connect as dial } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { connect, listen, sessionOn } from 'plexus/node'
import { ask as asked } from '../ask.test.kit.js'
import { certificate } from '../certificate.test.kit.js'
import { connectHttp, connectUpgrade } from '../client/connect-http.js'
import type { ExchangeHandler } from './exchange.js'
import { createServer, type HttpServer, type ServerListener } from './server.js'

let pem: { readonly key: string; readonly cert: string }
beforeAll(async () => {
  pem = await certificate()
})

let server: HttpServer
afterEach(() => server?.close({ timeoutMs: 0 }))

const SHAPES: [string, ServerListener][] = [
  [
    'Node’s (req, res)',
    (req, res) => {
      res.setHeader('x-method', req.method!)
      req.pipe(res)
    },
  ],
  ['fetch', { fetch: (req) => new Response(req.body, { headers: { 'x-method': req.method } }) }],
  [
    'exchanges',
    {
      exchange: async (exchange) => {
        exchange.respond({ headers: { 'x-method': exchange.request.method } })
        for await (const bytes of exchange.body) await exchange.write(bytes)
      },
    },
  ],
]
const [, nodeShape] = SHAPES[0]!

/** A request on HTTP/1.1 over TLS, as any program of Node's would make it. */
function ask(
  port: number,
  body = '',
  agent?: Agent,
): Promise<{ status: number; text: string; method: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/a?b=1', method: 'POST', ca: pem.cert, agent }
    const asking = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          text: Buffer.concat(chunks).toString(),
          method: response.headers['x-method'],
        }),
      )
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const BODY = 'x'.repeat(100_000)

describe.each(SHAPES)('a server whose handler has the shape of %s', (_name, listener) => {
  test('AM-10 DM-22 serves HTTP/1.1, SPDY/3.1 and SPDY/3 on one port with TLS, and SPDY over TCP', async () => {
    server = createServer(listener)
    const { url, port } = await server.listenTLS(pem)
    expect(url).toBe(`https://127.0.0.1:${port}`)
    const plain = await server.listen('spdy+tcp://127.0.0.1:0')
    expect(await ask(port!, BODY)).toEqual({ status: 200, text: BODY, method: 'POST' })
    for (const alpn of ['spdy/3.1', 'spdy/3']) {
      const { session, protocol } = await connectHttp(url, { ca: pem.cert, alpn: [alpn] })
      expect(protocol).toBe(alpn)
      const answer = await asked(session!, { method: 'POST', body: BODY })
      expect([answer.status, answer.text === BODY, answer.headers.get('x-method')]).toEqual([
        200,
        true,
        'POST',
      ])
      await session!.close()
    }
    const session = await connect(plain.url)
    expect((await asked(session, { method: 'POST', body: BODY })).text).toBe(BODY)
    await session.close()
  })

  test('DM-20 answers 500 on HTTP/1.1 too when it fails, and goes on', async () => {
    const oops = () => {
      throw new Error('oops')
    }
    const failing: ServerListener =
      typeof listener === 'function' ? oops : 'fetch' in listener ? { fetch: oops } : { exchange: oops }
    const errors: unknown[] = []
    server = createServer({ onError: (error) => errors.push(error) }, failing)
    const { port } = await server.listenTLS(pem)
    expect([(await ask(port!)).status, (await ask(port!)).status]).toEqual([500, 500])
    expect(errors).toHaveLength(2)
  })
})

test('a URL of https: opens the door that lets clients choose', async () => {
  server = createServer(nodeShape)
  const { url, port } = await server.listen('https://127.0.0.1:0', pem)
  expect(url).toBe(`https://127.0.0.1:${port}`)
  expect((await ask(port!, 'hello')).text).toBe('hello')
  const { session } = await connectHttp(url, { ca: pem.cert })
  expect((await asked(session!)).status).toBe(200)
  await expect(server.listen('nonsense')).rejects.toMatchObject({ scope: 'request', blame: 'application' })
})

test('whoever dials says what stands around the protocol, and who takes the streams of the server', async () => {
  const exchange: ExchangeHandler = (exchange) => void exchange.push({ path: '/pushed', response: {} })
  server = createServer({ exchange })
  const { url } = await server.listenTLSSpdyOnly(pem)
  const wrapped: string[] = []
  const pushed: MuxStream[] = []
  const { session } = await connectHttp(url, {
    ca: pem.cert,
    handler: (stream) => {
      pushed.push(stream)
      stream.reset('CANCEL')
    },
    wrapProtocol: (protocol) => {
      wrapped.push(protocol.traits.name)
      return protocol
    },
  })
  expect((await asked(session!)).status).toBe(200)
  await session!.ping()
  expect(wrapped).toEqual(['spdy/3.1'])
  expect(pushed.map(({ headers }) => headers.get(':path'))).toEqual(['/pushed'])
  await session!.close()
})

test('DM-22 a choice that nobody here speaks is no HTTP/1.1', async () => {
  const far = createTlsServer({ ...pem, ALPNProtocols: ['acme/1'] }).listen(0, '127.0.0.1')
  await once(far, 'listening')
  const { port } = far.address() as { port: number }
  const connecting = connectHttp(`https://127.0.0.1:${port}`, { ca: pem.cert, alpn: ['acme/1'] })
  await expect(connecting).rejects.toMatchObject({
    scope: 'request',
    blame: 'peer',
    code: 'UNSUPPORTED_VERSION',
  })
  far.close()
})

test('AM-10 curl is a client like others', async () => {
  server = createServer(nodeShape)
  const { url } = await server.listenTLS(pem)
  const args = ['--silent', '--insecure', '--http1.1', '--data', 'hello', url]
  const { stdout } = await promisify(execFile)('curl', args)
  expect(stdout).toBe('hello')
})

test('AM-10 a door for SPDY only takes no notice of what was negotiated', async () => {
  server = createServer(nodeShape)
  const { port } = await server.listenTLSSpdyOnly(pem)
  for (const alpn of [['spdy/3'], ['http/1.1'], []]) {
    // What the client speaks after `http/1.1` was chosen is SPDY all the same.
    const { session, socket } = await connectHttp(`https://127.0.0.1:${port}`, { ca: pem.cert, alpn })
    if (session !== undefined) {
      expect([session.protocol, (await asked(session)).status]).toEqual(['spdy/3', 200])
      await session.close()
    } else {
      const spoken = sessionOn(socket, { codec: 'spdy', role: 'client' })
      expect((await asked(spoken)).status).toBe(200)
      await spoken.close()
    }
  }
})

test('DM-22 a list without http/1.1 leaves HTTP/1.1 out', async () => {
  server = createServer(nodeShape)
  const { url } = await server.listenTLS({ ...pem, alpn: ['spdy/3.1'] })
  await expect(connectHttp(url, { ca: pem.cert, alpn: ['http/1.1'] })).rejects.toMatchObject({
    scope: 'request',
    code: 'CONNECTION_LOST',
  })
})

test('DM-22 a client is told that HTTP/1.1 was chosen, and has the connection', async () => {
  server = createServer(nodeShape)
  const { url } = await server.listenTLS({ ...pem, alpn: ['http/1.1'] })
  const { protocol, session, socket } = await connectHttp(url, { ca: pem.cert })
  expect([protocol, session]).toEqual(['http/1.1', undefined])
  const status = await new Promise((resolve) => {
    plainRequest({ host: '127.0.0.1', createConnection: () => socket! }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).end()
  })
  expect(status).toBe(200)
  socket!.destroy()
})

test('certificates are changed while the server listens', async () => {
  server = createServer(nodeShape)
  const { url, port } = await server.listenTLS(pem)
  const { session } = await connectHttp(url, { ca: pem.cert })
  const next = await certificate('next.test')
  server.setSecureContext(next)
  await expect(connectHttp(url, { ca: pem.cert })).rejects.toMatchObject({ code: 'INADEQUATE_SECURITY' })
  await expect(ask(port!)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  expect((await asked(session!)).status).toBe(200)
  const late = await connectHttp(url, { ca: next.cert })
  expect((await asked(late.session!)).status).toBe(200)
})

describe('AM-12 close', () => {
  /** A server whose handler waits for a word. */
  function waiting() {
    let go!: () => void
    const word = new Promise<void>((resolve) => {
      go = resolve
    })
    let begun!: () => void
    const working = new Promise<void>((resolve) => {
      begun = resolve
    })
    server = createServer(async (_req, res) => {
      begun()
      await word
      res.end('done')
    })
    return { go, working }
  }

  test.each(['SPDY', 'HTTP/1.1'])('waits for an open request of %s, and lets nobody in', async (kind) => {
    const { go, working } = waiting()
    const { url, port } = await server.listenTLS(pem)
    const agent = new Agent({ keepAlive: true })
    const session = kind === 'SPDY' ? (await connectHttp(url, { ca: pem.cert })).session : undefined
    const answer = session === undefined ? ask(port!, '', agent) : asked(session)
    await working
    let isClosed = false
    const closing = server.close().then(() => {
      isClosed = true
    })
    await expect(connectHttp(url, { ca: pem.cert })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(isClosed).toBe(false)
    go()
    expect((await answer).text).toBe('done')
    await closing
    if (session !== undefined) expect(await session.closed).toBeUndefined()
    agent.destroy()
  })

  test('ends idle connections of HTTP/1.1 at once', async () => {
    server = createServer(nodeShape)
    const { port } = await server.listenTLS(pem)
    const agent = new Agent({ keepAlive: true })
    expect((await ask(port!, 'x', agent)).text).toBe('x')
    await server.close()
    agent.destroy()
  })

  test.each(['SPDY', 'HTTP/1.1'])('cuts off a request of %s when the time is over', async (kind) => {
    const { working } = waiting()
    const { url, port } = await server.listenTLS(pem)
    const session = kind === 'SPDY' ? (await connectHttp(url, { ca: pem.cert })).session : undefined
    const failed = (session === undefined ? ask(port!) : asked(session)).then(
      () => 'went well',
      () => 'failed',
    )
    await working
    await server.close({ timeoutMs: 20 })
    expect([await failed, server.sessions]).toEqual(['failed', []])
  })
})

describe('Upgrade: SPDY/3.1', () => {
  test('leads from HTTP/1.1 over TLS to a session', async () => {
    server = createServer(nodeShape)
    const { url } = await server.listenTLS(pem)
    const session = await connectUpgrade(url, { ca: pem.cert })
    expect((await asked(session, { method: 'POST', body: BODY })).text).toBe(BODY)
    expect(server.sessions).toHaveLength(1)
    await session.close()
    await server.close()
  })

  test('leads to a session beside a server of Node’s own', async () => {
    server = createServer(nodeShape)
    const node = createNodeServer((_req, res) => res.end('plain'))
    node.on('upgrade', (req, socket, head) => server.upgrade(req, socket, head))
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    const { port } = node.address() as AddressInfo
    const session = await connectUpgrade(`http://127.0.0.1:${port}`)
    expect((await asked(session, { method: 'POST', body: 'hello' })).text).toBe('hello')
    await session.close()
    await new Promise((resolve) => node.close(resolve))
  })

  test('to something else is ignored, as a server may', async () => {
    server = createServer((_req, res) => res.end('plain'))
    const node = createNodeServer().on('upgrade', (req, socket, head) => server.upgrade(req, socket, head))
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    const { port } = node.address() as AddressInfo
    const socket = dial(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*plain/)
    await new Promise((resolve) => node.close(resolve))
  })

  test('that the server does not do is the peer’s answer', async () => {
    const node = createNodeServer((_req, res) => res.end('plain'))
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    const { port } = node.address() as AddressInfo
    const failure = { scope: 'request', code: 'HTTP_1_1_REQUIRED', blame: 'peer', processed: 'no' }
    await expect(connectUpgrade(`http://127.0.0.1:${port}`)).rejects.toMatchObject(failure)
    await new Promise((resolve) => node.close(resolve))
  })
})

test('AM-13 whoever dialled may serve', async () => {
  server = createServer(nodeShape)
  const hub = await listen('spdy+tcp://127.0.0.1:0', { role: 'client' })
  const dialled = await connect(hub.url, { role: 'server' })
  const serving = server.serveSession(dialled)
  while (hub.sessions.size === 0) await new Promise(setImmediate)
  const answer = await asked([...hub.sessions][0]!, { method: 'POST', body: 'hello' })
  expect(answer.text).toBe('hello')
  await hub.close()
  await serving
})

describe('AM-12 close of HTTP/1.1 and TLS', () => {
  test('ends a connection that has not asked anything at once', async () => {
    server = createServer(nodeShape)
    const { port } = await server.listen('http://127.0.0.1:0')
    const silent = dial(port!, '127.0.0.1').on('error', () => undefined)
    await once(silent, 'connect')
    // A request that is answered shows that the silent connection, which came before, was taken.
    const other = dial(port!, '127.0.0.1')
    other.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    for await (const _ of other);
    const ended = new Promise((resolve) => silent.resume().on('close', resolve))
    await server.close()
    await ended
  })

  test.each([
    ['a signal', { signal: AbortSignal.abort() }],
    ['a deadline', { timeoutMs: 10 }],
  ])('that is called again is in a hurry: %s', async (_, again) => {
    let begun = 0
    server = createServer(() => {
      begun += 1
    })
    const { url, port } = await server.listenTLS(pem)
    const failed = [ask(port!), asked((await connectHttp(url, { ca: pem.cert })).session!)].map((answer) =>
      answer.then(
        () => 'went well',
        () => 'failed',
      ),
    )
    while (begun < 2) await new Promise(setImmediate)
    const first = server.close()
    await server.close(again)
    await first
    expect([await Promise.all(failed), server.sessions]).toEqual([['failed', 'failed'], []])
  })

  test('ends handshakes that are not done', async () => {
    server = createServer(nodeShape)
    const { port } = await server.listenTLS(pem)
    const slow = dial(port!, '127.0.0.1').on('error', () => undefined)
    await once(slow, 'connect')
    expect((await ask(port!)).status).toBe(200)
    const ended = new Promise((resolve) => slow.resume().on('close', resolve))
    await server.close({ timeoutMs: 0 })
    await ended
  })
})
