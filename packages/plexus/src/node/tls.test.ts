import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as dial, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it, test } from '@jest/globals'
import { certificate } from '../certificate.test.kit.js'
import type { PlexusSession } from '../index.js'
import { connect, type ListenOptions, listen, type PlexusServer, type ServerHandler } from '../node.js'

const ANY_PORT = 'spdy+tls://127.0.0.1:0'

let pem: { readonly key: string; readonly cert: string }
beforeAll(async () => {
  pem = await certificate()
})

let server: PlexusServer
afterEach(async () => {
  server?.destroy()
  await server?.close()
})

const echo: ServerHandler = async (stream) => {
  for await (const chunk of stream) await stream.write(chunk)
}

async function serve(options: ListenOptions = {}, url = ANY_PORT): Promise<PlexusServer> {
  server = await listen(url, { ...pem, ...options }, echo)
  return server
}

async function echoed(session: PlexusSession, text = 'hello'): Promise<string> {
  const stream = await session.open()
  await stream.write(text, { end: true })
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('DM-22 TLS lets the two sides choose', () => {
  it.each([
    ['the newest form that both have', undefined, undefined, 'spdy/3.1'],
    ['an older one where one side has no other', undefined, ['spdy/3'], 'spdy/3'],
    ['an older one where the server has no other', ['spdy/3'], undefined, 'spdy/3'],
  ])('%s', async (_name, ours, theirs, chosen) => {
    const { url, port } = await serve({ alpn: ours })
    expect(url).toBe(`spdy+tls://127.0.0.1:${port}`)
    await using session = await connect(url, { ca: pem.cert, alpn: theirs })
    expect(session.protocol).toBe(chosen)
    expect(await echoed(session, 'x'.repeat(200_000))).toHaveLength(200_000)
    expect([...server.sessions].map(({ protocol }) => protocol)).toEqual([chosen])
    expect(session.label).toBe(`tls 127.0.0.1:${port}`)
  })

  it('DG-30 HTTP/2 at its own URL, with streams that speak no HTTP', async () => {
    const { url, port } = await serve({}, 'h2+tls://127.0.0.1:0')
    expect(url).toBe(`h2+tls://127.0.0.1:${port}`)
    await using session = await connect(url, { ca: pem.cert })
    expect(session.protocol).toBe('h2')
    expect(await echoed(session, 'x'.repeat(200_000))).toHaveLength(200_000)
  })

  it('AM-10 and speaks as the URL says where nothing was chosen', async () => {
    const { url } = await serve()
    await using session = await connect(url, { ca: pem.cert, alpn: [] })
    expect(session.protocol).toBe('spdy/3.1')
    expect(await echoed(session)).toBe('hello')
  })

  it('and hands on what is none of ours', async () => {
    const others: TLSSocket[] = []
    const { port } = await serve({
      alpn: ['spdy/3.1', 'http/1.1'],
      onOther: (socket) => void others.push(socket.resume()),
    })
    const socket = dial({ port, host: '127.0.0.1', ca: pem.cert, ALPNProtocols: ['http/1.1'] })
    while (others.length === 0) await new Promise(setImmediate)
    expect([others[0]!.alpnProtocol, server.sessions.size]).toEqual(['http/1.1', 0])
    socket.destroy()
    others[0]!.destroy()
  })

  it('and a client leaves where the choice is none of its', async () => {
    const { url } = await serve({ alpn: ['http/1.1'] })
    const failure = { scope: 'request', code: 'HTTP_1_1_REQUIRED', blame: 'peer', processed: 'no' }
    await expect(connect(url, { ca: pem.cert, alpn: ['http/1.1'] })).rejects.toMatchObject(failure)
  })
})

test('a certificate that nobody vouches for is refused', async () => {
  const { url } = await serve()
  const failure = { scope: 'request', code: 'INADEQUATE_SECURITY', processed: 'no' }
  await expect(connect(url)).rejects.toMatchObject(failure)
  await using session = await connect(url, { rejectUnauthorized: false })
  expect(await echoed(session)).toBe('hello')
})

test('certificates are changed while sessions go on', async () => {
  const { url } = await serve()
  await using early = await connect(url, { ca: pem.cert })
  const next = await certificate('next.test')
  server.setSecureContext(next)
  await expect(connect(url, { ca: pem.cert })).rejects.toMatchObject({ code: 'INADEQUATE_SECURITY' })
  await using late = await connect(url, { ca: next.cert })
  expect([await echoed(early), await echoed(late)]).toEqual(['hello', 'hello'])
})

test('B16 what is cut off without the end of TLS does not look finished: a stream ends by its own end', async () => {
  const { port } = await serve()
  const near: Socket[] = []
  const far: Socket[] = []
  // Between the two, to end TCP where TLS does not end.
  const between = createServer({ allowHalfOpen: true }, (socket) => {
    near.push(socket)
    far.push(connectTcp(port!, '127.0.0.1'))
    far[0]!.on('data', (bytes) => socket.write(bytes))
    socket.on('data', (bytes) => far[0]!.write(bytes))
    for (const one of [socket, far[0]!]) one.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
  const session = await connect(`spdy+tls://127.0.0.1:${(between.address() as AddressInfo).port}`, {
    ca: pem.cert,
  })
  const stream = await session.open()
  await stream.write('half')
  expect(Buffer.from((await stream.read())!).toString()).toBe('half')
  near[0]!.end()
  await expect(stream.read()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  expect(await stream.closed).toMatchObject({ code: 'CONNECTION_LOST' })
  await session.closed
  for (const one of [...near, ...far]) one.destroy()
  await new Promise((resolve) => between.close(resolve))
})

describe('keys and URLs that do not go together are the caller’s mistake:', () => {
  const mistake = { scope: 'request', blame: 'application', processed: 'no' }

  it('TLS without a certificate', async () => {
    await expect(listen(ANY_PORT)).rejects.toMatchObject(mistake)
  })

  it('a certificate without TLS', async () => {
    await expect(listen('spdy+tcp://127.0.0.1:0', pem)).rejects.toMatchObject(mistake)
    await expect(connect('spdy+tcp://127.0.0.1:1', { ca: pem.cert })).rejects.toMatchObject(mistake)
  })

  it('new certificates without TLS', async () => {
    server = await listen('spdy+tcp://127.0.0.1:0')
    expect(() => server.setSecureContext(pem)).toThrow(expect.objectContaining(mistake))
  })
})
