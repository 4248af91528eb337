/*
 * DG-30: HTTP/2 with an independent stack, Node's own (nghttp2 underneath), as client and as server, by prior knowledge;
 * and curl. Every body is compared byte by byte.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  createServer as createNodeServer,
  connect as dialNode,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Settings,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createServer, type HttpServer } from '@plexus/http/node'
import type { MuxSession } from 'plexus'
import { connect, listen, type PlexusServer } from 'plexus/node'
import { testBytes } from './test-bytes.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** An echo by our HTTP server, in the shape of Node's handlers. */
async function serveEcho(): Promise<string> {
  const server: HttpServer = createServer((req, res) => {
    res.setHeader('x-method', req.method ?? '')
    res.setHeader('x-field', req.headers['x-field'] ?? '')
    req.pipe(res)
  })
  closers.push(() => server.close({ timeoutMs: 100 }))
  const { port } = await server.listen('h2+tcp://127.0.0.1:0')
  return `http://127.0.0.1:${port}`
}

function dialled(url: string, settings: Settings = {}): ClientHttp2Session {
  const session = dialNode(url, { settings })
  session.on('error', () => undefined)
  closers.push(() => session.destroy())
  return session
}

interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly trailers: IncomingHttpHeaders | undefined
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: Uint8Array,
): Promise<Heard> {
  return heard(session.request({ ':path': '/', ...headers }, { endStream: body === undefined }), body)
}

async function heard(stream: ClientHttp2Stream, body?: Uint8Array): Promise<Heard> {
  let trailers: IncomingHttpHeaders | undefined
  stream.on('trailers', (fields) => {
    trailers = fields
  })
  if (body !== undefined) stream.end(body)
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return { headers, body: Buffer.concat(chunks), trailers }
}

describe('DG-30 node:http2 as a client of our server', () => {
  it('gets a hundred bodies back, each larger than a window', async () => {
    const session = dialled(await serveEcho())
    const one = async (index: number) => {
      const bytes = testBytes(index, 100_000)
      const { headers, body } = await ask(session, { ':method': 'POST', 'x-field': `${index}` }, bytes)
      expect([headers[':status'], headers['x-method'], headers['x-field']]).toEqual([200, 'POST', `${index}`])
      expect(body.equals(Buffer.from(bytes))).toBe(true)
    }
    await Promise.all(Array.from({ length: 100 }, (_, index) => one(index)))
  })

  it('has its settings heard: small windows, small frames, no table', async () => {
    const session = dialled(await serveEcho(), {
      initialWindowSize: 1000,
      headerTableSize: 0,
      maxFrameSize: 16_384,
    })
    const bytes = testBytes(1, 50_000)
    for (let i = 0; i < 3; i += 1) {
      const { body } = await ask(session, { ':method': 'POST', 'x-field': 'again and again' }, bytes)
      expect(body.equals(Buffer.from(bytes))).toBe(true)
    }
  })

  it('reads what we say of ourselves', async () => {
    const session = dialled(await serveEcho())
    const [settings] = (await once(session, 'remoteSettings')) as [Settings]
    expect(settings).toMatchObject({
      maxConcurrentStreams: 100,
      maxFrameSize: 16_384,
      maxHeaderListSize: 65_536,
    })
  })

  it('is answered when it pings, and hears goodbye', async () => {
    const server: PlexusServer = await listen('h2+tcp://127.0.0.1:0', {}, (stream) =>
      stream.reply({}, { end: true }),
    )
    closers.push(() => server.destroy())
    const session = dialled(`http://127.0.0.1:${server.port}`)
    await once(session, 'connect')
    const echoed = await new Promise<Buffer>((resolve, reject) => {
      session.ping(Buffer.from('12345678'), (error, _ms, payload) =>
        error ? reject(error) : resolve(payload),
      )
    })
    expect(echoed.toString()).toBe('12345678')
    const goodbye = once(session, 'goaway')
    await Promise.all([server.close(), once(session, 'close')])
    expect((await goodbye)[0]).toBe(0)
  })

  it('hears interim answers, trailers, resets with their code, and goes on', async () => {
    const server = await listen('h2+tcp://127.0.0.1:0', {}, async (stream) => {
      if (stream.headers.get(':path') === '/reset') return stream.reset('ENHANCE_YOUR_CALM')
      stream.inform({ ':status': '103', link: '</style.css>' })
      stream.reply({ ':status': '200' })
      await stream.write('body')
      stream.writeHeaders({ sum: '42' }, { end: true })
    })
    closers.push(() => server.destroy())
    const session = dialled(`http://127.0.0.1:${server.port}`)
    const stream = session.request({ ':path': '/' })
    const early = once(stream, 'headers') as Promise<[IncomingHttpHeaders]>
    const { body, trailers } = await heard(stream)
    expect([(await early)[0].link, body.toString(), trailers?.sum]).toEqual(['</style.css>', 'body', '42'])
    const cut = session.request({ ':path': '/reset' })
    await expect(once(cut, 'response')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' })
    expect(cut.rstCode).toBe(11)
    expect((await ask(session, {})).body.toString()).toBe('body')
  })
})

describe('DG-30 node:http2 as the server of our client', () => {
  async function serveNode(settings: Settings = {}): Promise<{ server: Http2Server; session: MuxSession }> {
    const server = createNodeServer({ settings })
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      if (headers[':path'] === '/refuse') return stream.close(7)
      if (headers[':path'] === '/hints') stream.additionalHeaders({ ':status': 103, link: '</a>' })
      stream.respond({ ':status': 200, 'x-field': headers['x-field'] ?? '' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ sum: '1' }))
      stream.pipe(stream)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => server.close())
    const session = await connect(`h2+tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)
    closers.push(() => session.destroy())
    return { server, session }
  }

  async function exchange(session: MuxSession, index: number, bytes: Uint8Array): Promise<void> {
    const headers = { ':method': 'POST', ':path': `/${index}`, ':authority': 'node', 'x-field': `${index}` }
    const stream = await session.open({ headers })
    const sent = stream.write(bytes, { end: true })
    const reply = await stream.replied
    expect([reply.get(':status'), reply.get('x-field')]).toEqual(['200', `${index}`])
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(Buffer.from(bytes))).toBe(true)
    expect((await stream.readHeaders())?.get('sum')).toBe('1')
    await sent
  }

  it('gives a hundred bodies back, each larger than a window, with trailers', async () => {
    const { session } = await serveNode()
    const work = Array.from({ length: 100 }, (_, index) =>
      exchange(session, index, testBytes(index, 100_000)),
    )
    await Promise.all(work)
    expect(await session.ping()).toBeGreaterThanOrEqual(0)
  })

  it('has its settings obeyed: two streams at once, small windows, no table', async () => {
    const { session } = await serveNode({
      maxConcurrentStreams: 2,
      initialWindowSize: 500,
      headerTableSize: 0,
    })
    // What is opened before the server has said a word it may refuse.
    await session.ping()
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => exchange(session, index, testBytes(index, 3000))),
    )
  })

  it('tells hints, refusals, and the session goes on', async () => {
    const { session } = await serveNode()
    // Node resets what says no authority: that of the URL goes out.
    const hinted = await session.open({ headers: { ':path': '/hints' }, end: true })
    expect((await hinted.readInform())?.get('link')).toBe('</a>')
    expect((await hinted.replied).get(':status')).toBe('200')
    const refused = await session.open({ headers: { ':path': '/refuse', ':authority': 'node' }, end: true })
    await expect(refused.replied).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    await exchange(session, 9, testBytes(9, 10))
  })

  it('is told goodbye, and goes', async () => {
    const { server, session } = await serveNode()
    await exchange(session, 1, testBytes(1, 10))
    const closed = new Promise((resolve) => server.close(resolve))
    await session.close()
    expect(await session.closed).toBeUndefined()
    await closed
  })
})

describe('DG-30 curl', () => {
  it('asks by prior knowledge, sends a body and reads it back', async () => {
    const url = await serveEcho()
    const bytes = testBytes(5, 300_000)
    const child = promisify(execFile)(
      'curl',
      [
        '-sS',
        '--http2-prior-knowledge',
        '--data-binary',
        '@-',
        '-o',
        '-',
        '-w',
        '%{stderr}%{http_version} %{http_code}',
        url,
      ],
      {
        encoding: 'buffer',
        maxBuffer: 2 ** 20,
      },
    )
    child.child.stdin?.end(bytes)
    const { stdout, stderr } = await child
    expect(stderr.toString()).toBe('2 200')
    expect(stdout.equals(Buffer.from(bytes))).toBe(true)
  })
})
