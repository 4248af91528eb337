import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { expect, test } from '@jest/globals'
import { HeaderFields } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { HeadFault, readRequestHead, writeRequestHead } from '../message/heads.js'
import { H2_WIRE, SPDY_WIRE } from '../message/wire.js'
import { originOf, RawClient, scriptedOrigin, serverOf } from './front.test.kit.js'
import { connectTunnel, duplexEnd } from './node-tunnel.js'
import { type AllowConnect, tunnel, withTunnels } from './tunnel.js'

const text = async (stream: { read(): Promise<Uint8Array | undefined> }) => {
  let all = ''
  for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read())
    all += new TextDecoder().decode(bytes)
  return all
}

/** Says all that it hears, and a last word of its own, once the other side has ended. */
async function lastWords(): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk))
    socket.on('end', () => socket.end(`${heard}, and that was all`))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, port: (server.address() as AddressInfo).port }
}

const dial: AllowConnect = async (authority) => {
  const [host, port] = authority.split(':')
  if (host !== '127.0.0.1') return undefined
  const socket = connect({ host, port: Number(port), allowHalfOpen: true })
  await once(socket, 'connect')
  return duplexEnd(socket)
}

test.each([
  [SPDY_WIRE, { ':method': 'CONNECT', ':version': 'HTTP/1.1', ':host': 'a.test:443' }, 'a.test:443'],
  [
    SPDY_WIRE,
    {
      ':method': 'CONNECT',
      ':version': 'HTTP/1.1',
      ':host': 'a.test:443',
      ':path': 'a.test:443',
      ':scheme': 'https',
    },
    'a.test:443',
  ],
  [
    SPDY_WIRE,
    { ':method': 'CONNECT', ':version': 'HTTP/1.1', ':host': 'a.test:443', ':path': 'b.test:443' },
    'malformed',
  ],
  [SPDY_WIRE, { ':method': 'CONNECT', ':version': 'HTTP/1.1', ':host': 'a.test' }, 'malformed'],
  [SPDY_WIRE, { ':method': 'CONNECT', ':version': 'HTTP/1.1', ':host': 'me@a.test:443' }, 'malformed'],
  [SPDY_WIRE, { ':method': 'CONNECT', ':version': 'HTTP/1.1', ':path': '/a' }, 'malformed'],
  [H2_WIRE, { ':method': 'CONNECT', ':authority': '[2001:db8::1]:443' }, '[2001:db8::1]:443'],
  [H2_WIRE, { ':method': 'CONNECT', ':authority': 'a.test:443', ':scheme': 'https' }, 'malformed'],
  [H2_WIRE, { ':method': 'CONNECT', ':authority': 'a.test:443', ':path': '/' }, 'malformed'],
  [H2_WIRE, { ':method': 'CONNECT', ':authority': 'a.test' }, 'malformed'],
  [H2_WIRE, { ':method': 'CONNECT' }, 'malformed'],
] as const)('S07 CONNECT forms exactly as allowed: %#', (wire, fields, wanted) => {
  const head = readRequestHead(HeaderFields.from(fields as Record<string, string>), wire)
  expect(head instanceof HeadFault ? head.kind : head.authority).toBe(wanted)
  if (head instanceof HeadFault) return
  expect(head).toMatchObject({ method: 'CONNECT', scheme: '', path: '' })
  // What we write is what we read.
  expect(readRequestHead(writeRequestHead(head, wire), wire)).toMatchObject({ authority: wanted })
})

test('S07 a tunnel carries both ways, and each way ends in its own time', async () => {
  const { server, port } = await lastWords()
  const session = originOf(withTunnels(dial, () => undefined))
  const stream = await tunnel(session, `127.0.0.1:${port}`)
  await stream.write('first ')
  await stream.write('second', { end: true })
  expect(await text(stream)).toBe('first second, and that was all')
  expect(await stream.closed).toBeUndefined()
  server.close()
})

test('S07 a tunnel holds the writer back when its far end does not read', async () => {
  let far: import('node:net').Socket | undefined
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    far = socket
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const session = originOf(withTunnels(dial, () => undefined))
  const stream = await tunnel(session, `127.0.0.1:${(server.address() as AddressInfo).port}`)
  const size = 32 * 1024 * 1024
  let written = 0
  const writing = (async () => {
    for (; written < size; written += 65_536) await stream.write(new Uint8Array(65_536))
    await stream.close()
  })()
  let before = -1
  for (let still = 0; still < 200; still = written === before ? still + 1 : 0) {
    before = written
    await new Promise(setImmediate)
  }
  expect(written).toBeLessThan(size)
  let received = 0
  far!.on('data', (chunk: Buffer) => (received += chunk.length))
  far!.resume()
  await writing
  await once(far!, 'end')
  expect(received).toBe(size)
  server.close()
})

test('S07 there are no tunnels unless they are allowed: 403 where not, 502 where nobody is', async () => {
  const session = originOf(withTunnels(dial, () => undefined))
  await expect(tunnel(session, 'secret.test:22')).rejects.toMatchObject({
    code: 'CONNECT_ERROR',
    message: expect.stringContaining('403'),
  })
  const { server, port } = await lastWords()
  await new Promise((done) => server.close(done))
  await expect(tunnel(session, `127.0.0.1:${port}`)).rejects.toMatchObject({
    message: expect.stringContaining('502'),
  })
  await expect(tunnel(session, 'a.test')).rejects.toMatchObject({ blame: 'application', processed: 'no' })
  expect(session.streamCount).toBe(0)
})

test('S07 an end that breaks resets the other: the far end’s loss, the client’s cancel', async () => {
  const sockets: import('node:net').Socket[] = []
  const arrived: (() => void)[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    sockets.push(socket)
    for (const tell of arrived.splice(0)) tell()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = originOf(withTunnels(dial, () => undefined))
  const open = async () => {
    const here = new Promise<void>((resolve) => void arrived.push(resolve))
    const stream = await tunnel(session, authority)
    await here
    return stream
  }
  const first = await open()
  sockets[0]!.resetAndDestroy()
  expect(await first.closed).toMatchObject({ name: 'PlexusError', blame: 'peer' })
  const second = await open()
  const closed = once(sockets[1]!, 'close')
  sockets[1]!.resume()
  second.reset('CANCEL')
  await closed
  server.close()
})

test('S07 HTTP/1.1 CONNECT in, a tunnel over a session out, with the bytes that came early', async () => {
  const { server: echo, port } = await lastWords()
  const session = originOf(withTunnels(dial, () => undefined))
  const front = await serverOf((_, res) => void res.end())
  const errors: unknown[] = []
  front.on('connect', (req, socket, head) => {
    const isNowhere = req.url === 'nowhere.test:1'
    connectTunnel(isNowhere ? undefined : session, req, socket, head).catch((error: unknown) =>
      errors.push(error),
    )
  })
  const at = (front.address() as AddressInfo).port
  const say = (bytes: string) => new RawClient(at).says(bytes)
  const client = say(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\nearly `)
  await client.hears('HTTP/1.1 200 Connection Established\r\n\r\n')
  client.socket.end('and late')
  expect(await client.over()).toMatch(/early and late, and that was all$/)
  expect(errors).toEqual([])
  for (const [target, status] of [
    ['nowhere.test:1', 404],
    ['forbidden.test:1', 502],
    ['no-port.test', 400],
    ['http://a.test/', 400],
    ['me@a.test:443', 400],
  ] as const) {
    expect(await say(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`).over()).toMatch(
      new RegExp(`^HTTP/1.1 ${status} `),
    )
  }
  expect(await say('CONNECT a.test:1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc').over()).toMatch(
    /^HTTP\/1.1 400 /,
  )
  expect(errors).toHaveLength(6)
  front.closeAllConnections()
  front.close()
  echo.close()
})

test('S07 a client that gives up while the tunnel is made cancels it', async () => {
  const { session, peer } = await scriptedOrigin()
  const giveUp = new AbortController()
  const made = tunnel(session, 'a.test:443', {
    signal: giveUp.signal,
    headers: { 'proxy-authorization': 'Basic x' },
  })
  const { headers } = await peer.wants({ type: 'open', id: 1, end: false })
  expect(headers.flat.slice(0, 8)).toEqual([
    ...[':method', 'CONNECT', ':path', 'a.test:443', ':version', 'HTTP/1.1', ':host', 'a.test:443'],
  ])
  giveUp.abort()
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  await expect(made).rejects.toMatchObject({ code: 'CANCEL' })
  const other = tunnel(session, 'a.test:443')
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.reply(3, { headers: { ':status': 'what', ':version': 'HTTP/1.1' } }))
  await expect(other).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
})
