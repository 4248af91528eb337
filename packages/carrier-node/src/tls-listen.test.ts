import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Carrier, PlexusError } from '@plexus/contract'
import { type Certificate, certificateFor } from './certificate.test.kit.js'
import { connectTls, listenTls, listenTlsSockets, type TlsListener, type TlsServerOptions } from './index.js'

let local: Certificate
let next: Certificate
beforeAll(async () => {
  ;[local, next] = await Promise.all([certificateFor('a.test'), certificateFor('b.test')])
})

/** Not at once: the last words of the handshake may still be on their way. */
const drop = (carrier: Carrier) => {
  const nothing = () => undefined
  carrier.start({ receive: nothing, drain: nothing, end: () => carrier.end(), closed: nothing })
}

/** Which certificate a new client sees, or why none. */
function seen(door: TlsListener, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((done) => {
    const { host, port } = door.address
    const socket = connect({ host, port, rejectUnauthorized: false, ...options })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    socket.on('secureConnect', () => {
      done(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
  })
}

/** A door, and what went wrong at it. */
async function doorOf(options: TlsServerOptions): Promise<{ door: TlsListener; errors: PlexusError[] }> {
  const errors: PlexusError[] = []
  const onHandshakeError = (error: Error) => errors.push(error as PlexusError)
  return { door: await listenTls({ ...local, onHandshakeError, ...options }, drop), errors }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setTimeout(done, 1))
}

describe('the certificates of an open door', () => {
  test('are changed for those who come later, and for nobody who is there', async () => {
    const sockets: TLSSocket[] = []
    await using door = await listenTlsSockets({ ...local }, (socket) => sockets.push(socket))
    const early = await connectTls({ ...door.address, ca: local.cert })
    expect(await seen(door)).toBe('a.test')
    door.setSecureContext(next)
    expect(await seen(door)).toBe('b.test')
    const heard = new Promise<string>((done) => {
      const nothing = () => undefined
      early.start({
        drain: nothing,
        end: nothing,
        closed: nothing,
        receive: (bytes) => done(String(bytes)),
      })
    })
    sockets[0]!.write('still here')
    expect(await heard).toBe('still here')
    early.destroy()
    for (const socket of sockets) socket.destroy()
  })

  test('stay as they were when the new ones are none', async () => {
    const { door } = await doorOf({})
    const refusal = { scope: 'request', blame: 'application' }
    expect(() => door.setSecureContext({ key: 'nonsense', cert: 'nonsense' })).toThrow(
      expect.objectContaining(refusal),
    )
    expect(await seen(door)).toBe('a.test')
    await door.close()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'B16 of %s are shown to a client that would go on where it left off with the old ones',
    async (maxVersion) => {
      const { door } = await doorOf({ maxVersion })
      const tickets: Buffer[] = []
      await using chatty = await listenTlsSockets({ ...local, maxVersion }, (socket) =>
        socket.resume().end('x'),
      )
      const first = connect({ ...chatty.address, rejectUnauthorized: false })
      first.on('session', (one) => tickets.push(one)).resume()
      await until(() => tickets.length > 0)
      const resumed = (session: Buffer | undefined) =>
        new Promise<boolean>((done) => {
          const socket = connect({ ...chatty.address, rejectUnauthorized: false, session })
          socket.on('secureConnect', () => {
            done(socket.isSessionReused())
            socket.destroy()
          })
        })
      expect(await resumed(tickets[0])).toBe(true)
      chatty.setSecureContext({ ...next, maxVersion })
      expect(await resumed(tickets[0])).toBe(false)
      await door.close()
    },
  )

  test('that cannot be used let no door open', async () => {
    await expect(listenTls({ key: 'nonsense', cert: 'nonsense' }, drop)).rejects.toMatchObject({
      scope: 'request',
      blame: 'application',
    })
  })

  test('go by the name that is asked for', async () => {
    const contexts = new Map([['b.test', createSecureContext(next)]])
    const { door } = await doorOf({ SNICallback: (name, done) => done(null, contexts.get(name)) })
    expect(await seen(door, { servername: 'b.test' })).toBe('b.test')
    expect(await seen(door, { servername: 'c.test' })).toBe('a.test')
    expect(await seen(door)).toBe('a.test')
    await door.close()
  })
})

describe('S14 a callback of the user fails the connection it was called for, and no other:', () => {
  const oops = () => {
    throw new Error('oops')
  }
  const others: [string, TlsServerOptions][] = [
    ['SNI throws', { SNICallback: oops }],
    ['SNI rejects', { SNICallback: () => Promise.reject(new Error('oops')) }],
    ['SNI says no', { SNICallback: (_name, done) => done(new Error('oops')) }],
    ['SNI gives what is no context', { SNICallback: (_name, done) => done(null, 5 as never) }],
    ['ALPN throws', { ALPNCallback: oops }],
    ['ALPN chooses what was not offered', { ALPNCallback: () => 'h3' }],
    ['ALPN chooses nothing', { ALPNCallback: () => undefined }],
  ]
  test.each(others)('%s', async (_name, options) => {
    const { door, errors } = await doorOf(options)
    const failure = await seen(door, { servername: 'b.test', ALPNProtocols: ['spdy/3.1'] })
    expect(failure).toMatch(/^E/)
    await until(() => errors.length > 0)
    expect(errors[0]).toMatchObject({ scope: 'request', code: 'CONNECTION_LOST', processed: 'no' })
    // Without a name and an offer nobody is asked.
    expect(await seen(door)).toBe('a.test')
    await door.close()
  })

  test('SNI answers twice', async () => {
    const { door } = await doorOf({
      SNICallback: (_name, done) => {
        done(null)
        done(new Error('late'))
      },
    })
    expect(await seen(door, { servername: 'a.test' })).toBe('a.test')
    await door.close()
  })

  test('L13 SNI never answers', async () => {
    const { door, errors } = await doorOf({ SNICallback: () => undefined, handshakeTimeoutMs: 30 })
    expect(await seen(door, { servername: 'a.test' })).toMatch(/^E/)
    expect(errors[0]).toMatchObject({ cause: { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' } })
    await door.close()
  })

  test('the listener for failures fails itself', async () => {
    const { door } = await doorOf({ ALPNCallback: oops, onHandshakeError: oops })
    expect(await seen(door, { ALPNProtocols: ['spdy/3.1'] })).toMatch(/^E/)
    expect(await seen(door)).toBe('a.test')
    await door.close()
  })
})

describe('a client that does not get through the handshake', () => {
  const silent = (door: TlsListener) => dial(door.address).on('error', () => undefined)
  const gone = (socket: Socket) => new Promise((done) => socket.resume().once('close', done))

  test('L13 because it says nothing is cut off in time', async () => {
    const { door, errors } = await doorOf({ handshakeTimeoutMs: 30 })
    const socket = silent(door)
    const since = performance.now()
    await gone(socket)
    expect(performance.now() - since).toBeGreaterThanOrEqual(25)
    expect(errors[0]).toMatchObject({ cause: { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' } })
    await door.close()
  })

  test.each([
    ['it speaks something else', (socket: Socket) => socket.write('GET / HTTP/1.1\r\n\r\n')],
    ['it is gone', (socket: Socket) => socket.end()],
    ['it resets', (socket: Socket) => socket.once('connect', () => socket.resetAndDestroy())],
  ])('because %s harms nobody', async (_name, act) => {
    const { door, errors } = await doorOf({})
    const socket = silent(door)
    act(socket)
    await gone(socket)
    await until(() => errors.length > 0)
    expect(await seen(door)).toBe('a.test')
    await door.close()
  })

  test('because its version is too old hears so', async () => {
    const { door } = await doorOf({})
    const failure = await seen(door, {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    expect(failure).toMatch(/PROTOCOL_VERSION/)
    await door.close()
  })

  test('because the door shut meanwhile is not let in', async () => {
    const came: unknown[] = []
    let answer: (() => void) | undefined
    const door = await listenTls(
      { ...local, SNICallback: (_name, done) => void (answer = () => done(null)) },
      (carrier) => came.push(carrier),
    )
    const failed = new Promise((done) => {
      const socket = connect({ ...door.address, servername: 'a.test', rejectUnauthorized: false })
      socket.on('error', () => undefined).on('close', done)
      socket.resume()
    })
    await until(() => answer !== undefined)
    await door.close()
    answer!()
    await failed
    expect(came).toEqual([])
  })
})

test('B16 a client that renegotiates is cut off, and one that does not goes on', async () => {
  await using door = await listenTlsSockets({ ...local, maxVersion: 'TLSv1.2' }, (socket) => {
    socket.pipe(socket)
  })
  const socket = connect({ ...door.address, rejectUnauthorized: false })
  const closed = new Promise((done) => socket.on('error', () => undefined).on('close', done))
  const heard = new Promise<string>((done) => socket.on('data', (bytes) => done(String(bytes))))
  socket.write('x')
  expect(await heard).toBe('x')
  socket.renegotiate({}, () => undefined)
  await closed
})

test('a client’s certificate is asked for and looked at, if it is wanted', async () => {
  const { door } = await doorOf({ requestCert: true, ca: next.cert, maxVersion: 'TLSv1.2' })
  expect(await seen(door)).not.toBe('a.test')
  expect(await seen(door, local)).not.toBe('a.test')
  expect(await seen(door, next)).toBe('a.test')
  await door.close()
})

test('a door that is shut ends the handshakes that are not done, and no connection that is', async () => {
  const arrived: TLSSocket[] = []
  const door = await listenTlsSockets({ ...local }, (socket) => arrived.push(socket.resume()))
  const { port } = door.address
  const slow = dial(port, '127.0.0.1').on('error', () => undefined)
  await once(slow, 'connect')
  const done = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(done, 'secureConnect')
  while (arrived.length === 0) await new Promise(setImmediate)
  const ended = new Promise((done) => slow.resume().on('close', done))
  await door.close()
  await ended
  await new Promise(setImmediate)
  expect([arrived[0]!.destroyed, done.destroyed]).toEqual([false, false])
  done.destroy()
})
