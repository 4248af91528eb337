import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Carrier, PlexusError } from '@plexus/contract'
import { type Certificate, certificateFor } from './certificate.test.kit.js'
import { connectTls, connectTlsSocket, listenTls, type TlsSession } from './index.js'

let local: Certificate
let stranger: Certificate
beforeAll(async () => {
  ;[local, stranger] = await Promise.all([certificateFor('a.test'), certificateFor('b.test')])
})

const failureOf = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it went well')
    },
    (error) => error as PlexusError,
  )

const drop = (carrier: { destroy(): void }) => carrier.destroy()
const serve = () => listenTls({ ...local }, drop)

let server: Server | undefined
const accepted = new Set<Socket>()
afterEach(() => {
  server?.close()
  for (const socket of accepted) socket.destroy()
  accepted.clear()
})

async function portOf(made: Server): Promise<number> {
  server = made.on('connection', (socket: Socket) => accepted.add(socket)).listen(0, '127.0.0.1')
  await new Promise((done) => made.once('listening', done))
  return (made.address() as { port: number }).port
}

describe('the peer is who it says it is:', () => {
  test('a certificate that nobody vouches for is refused, whatever the environment says', async () => {
    await using door = await serve()
    const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      const error = await failureOf(connectTls({ ...door.address }))
      expect(error).toMatchObject({ scope: 'request', blame: 'carrier', processed: 'no' })
      expect([error.code, error.message]).toEqual([
        'INADEQUATE_SECURITY',
        `connecting to tls 127.0.0.1:${door.address.port} failed: DEPTH_ZERO_SELF_SIGNED_CERT`,
      ])
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    }
  })

  test('one that is not asked about is taken', async () => {
    await using door = await serve()
    const carrier = await connectTls({ ...door.address, rejectUnauthorized: false })
    expect(carrier.label).toBe(`tls 127.0.0.1:${door.address.port}`)
    carrier.destroy()
  })

  test('one that we know is taken for its own names only', async () => {
    await using door = await serve()
    const known = { ...door.address, ca: local.cert }
    drop(await connectTls(known))
    drop(await connectTls({ ...known, servername: 'a.test' }))
    const error = await failureOf(connectTls({ ...known, servername: 'b.test' }))
    expect(error).toMatchObject({
      code: 'INADEQUATE_SECURITY',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })

  test('S14 a check of the caller that throws refuses this connection and ends nothing else', async () => {
    await using door = await serve()
    const error = await failureOf(
      connectTls({
        ...door.address,
        ca: local.cert,
        checkServerIdentity: () => {
          throw new Error('oops')
        },
      }),
    )
    expect(error).toMatchObject({
      scope: 'request',
      code: 'INADEQUATE_SECURITY',
      cause: { message: 'oops' },
    })
  })

  test.each([undefined, 'ECONNRESET'])(
    'what a check of the caller says is distrust, its code %s or not',
    async (code) => {
      await using door = await serve()
      const error = await failureOf(
        connectTls({
          ...door.address,
          ca: local.cert,
          checkServerIdentity: () => Object.assign(new Error('not this one'), { code }),
        }),
      )
      expect(error).toMatchObject({ code: 'INADEQUATE_SECURITY', cause: { message: 'not this one' } })
    },
  )

  test('B16 a session is resumed under the name and the trust it was made with, and else made anew', async () => {
    const port = await portOf(
      createServer({ ...local }, (socket) => socket.on('error', () => undefined).write('x')),
    )
    const known = { port, ca: local.cert, servername: 'a.test' }
    const sessionOf = async (options: object) => {
      let given!: (session: TlsSession) => void
      const session = new Promise<TlsSession>((done) => {
        given = done
      })
      const socket = await connectTlsSocket({ ...known, ...options, onTlsSession: given })
      socket.resume()
      const made = await session
      socket.destroy()
      return made
    }
    const isResumed = async (tlsSession: TlsSession, options: object = {}) => {
      const socket = await connectTlsSocket({ ...known, ...options, tlsSession })
      const isReused = socket.isSessionReused()
      socket.destroy()
      return isReused
    }
    const good = await sessionOf({})
    expect(await isResumed(good)).toBe(true)
    expect(await isResumed(good, { ca: [local.cert, stranger.cert] })).toBe(false)
    expect(await failureOf(isResumed(good, { servername: 'b.test' }))).toMatchObject({
      code: 'INADEQUATE_SECURITY',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
    const unasked = await sessionOf({ ca: undefined, rejectUnauthorized: false })
    expect(await failureOf(isResumed(unasked, { ca: undefined }))).toMatchObject({
      code: 'INADEQUATE_SECURITY',
    })
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 400 * 24 * 3600_000)
    expect(await isResumed(good).finally(() => now.mockRestore())).toBe(false)
  })
})

describe('a handshake that does not come about is a request error:', () => {
  test('L13 a peer that says nothing has as long as it is given', async () => {
    const accepted: Socket[] = []
    const port = await portOf(createTcpServer((socket) => accepted.push(socket)))
    const error = await failureOf(connectTls({ port, handshakeTimeoutMs: 30 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', blame: 'carrier', processed: 'no' })
    expect(error.message).toBe(`connecting to tls 127.0.0.1:${port} took longer than 30 ms`)
    for (const socket of accepted) socket.destroy()
  })

  test('a peer that is gone in the middle', async () => {
    const port = await portOf(createTcpServer((socket) => socket.end()))
    expect(await failureOf(connectTls({ port }))).toMatchObject({ code: 'CONNECTION_LOST', processed: 'no' })
  })

  test('a peer that does not speak TLS', async () => {
    const port = await portOf(
      createTcpServer((socket) =>
        socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      ),
    )
    const error = await failureOf(connectTls({ port }))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', scope: 'request', processed: 'no' })
  })

  test('a signal ends the wait in the middle of it', async () => {
    const abort = new AbortController()
    const port = await portOf(
      createTcpServer((socket) => {
        socket.on('error', () => undefined).resume()
        abort.abort('enough')
      }),
    )
    const error = await failureOf(connectTls({ port, signal: abort.signal }))
    expect(error).toMatchObject({ code: 'CANCEL', blame: 'application', cause: 'enough' })
  })

  test('a key that is none is the caller’s fault', async () => {
    const error = await failureOf(connectTls({ port: 1, key: 'nonsense', cert: 'nonsense' }))
    expect(error).toMatchObject({ scope: 'request', blame: 'application', processed: 'no' })
  })

  test('no protocol in common', async () => {
    await using door = await listenTls({ ...local, alpn: ['spdy/3.1'] }, drop)
    const error = await failureOf(connectTls({ ...door.address, ca: local.cert, alpn: ['h2'] }))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', blame: 'carrier' })
    expect(error.message).toContain('NO_APPLICATION_PROTOCOL')
  })

  test('a version that is too old', async () => {
    const port = await portOf(
      createServer({ ...local, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    )
    const error = await failureOf(connectTls({ port, ca: local.cert }))
    expect(error).toMatchObject({ scope: 'request', blame: 'carrier', processed: 'no' })
  })
})

test('B16 a server that renegotiates is left', async () => {
  const port = await portOf(
    createServer({ ...local, maxVersion: 'TLSv1.2' }, (socket: TLSSocket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes) => {
        socket.write(bytes)
        socket.renegotiate({}, () => undefined)
      })
    }),
  )
  const socket = await connectTlsSocket({ port, ca: local.cert })
  const closed = new Promise((done) => socket.once('close', done))
  const heard = new Promise<string>((done) => socket.once('data', (bytes) => done(String(bytes))))
  socket.write('hello')
  expect(await heard).toBe('hello')
  socket.resume()
  await closed
})

test('the name that was chosen is given with the carrier', async () => {
  const accepted: (string | undefined)[] = []
  const carriers: Carrier[] = []
  await using door = await listenTls({ ...local, alpn: ['spdy/3.1', 'spdy/3'] }, (carrier) => {
    accepted.push(carrier.alpn, carrier.servername)
    carriers.push(carrier)
  })
  const known = { ...door.address, ca: local.cert }
  const carrier = await connectTls({ ...known, servername: 'a.test', alpn: ['spdy/3', 'spdy/3.1'] })
  expect(carrier.alpn).toBe('spdy/3.1')
  while (accepted.length < 2) await new Promise(setImmediate)
  const plain = await connectTls(known)
  expect(plain.alpn).toBeUndefined()
  while (accepted.length < 4) await new Promise(setImmediate)
  expect(accepted).toEqual(['spdy/3.1', 'a.test', undefined, undefined])
  for (const one of [carrier, plain, ...carriers]) one.destroy()
})
