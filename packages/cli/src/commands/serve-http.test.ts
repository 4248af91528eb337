import { createHash } from 'node:crypto'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { connect as dial } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { HttpClient } from '@plexus/http'
import { connectUpgrade } from '@plexus/http/node'
import { testBytes } from '../echo/test-bytes.js'
import { certificateFor } from '../http/certificate.js'
import { Run } from '../test-support/run.test.kit.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'

const BIG = Buffer.from(testBytes(1, 300_000))
const BIG_SHA256 = createHash('sha256').update(BIG).digest('hex')

let dir: TempDir
let out: TempDir
let servers: Run[]

beforeEach(async () => {
  dir = await TempDir.make({
    'a.txt': 'alpha',
    'big.bin': BIG,
    'sub/b c.txt': 'beta',
    'site/index.html': '<p>hi',
  })
  out = await TempDir.make()
  servers = []
})

afterEach(async () => {
  for (const server of servers) {
    server.signal('SIGTERM')
    server.signal('SIGTERM')
    await server.code
  }
  await dir[Symbol.asyncDispose]()
  await out[Symbol.asyncDispose]()
})

async function serve(listen: string, ...args: string[]): Promise<{ server: Run; url: string }> {
  const server = new Run('serve', dir.path, '--listen', listen, '--json', ...args)
  servers.push(server)
  return { server, url: JSON.parse(await server.next()).url }
}

const sha256 = (text: string) => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex')

describe.each([
  ['http', 'HTTP/1.1'],
  ['https', 'spdy/3.1'],
  ['spdy+tls', 'spdy/3.1'],
  ['spdy3+tls', 'spdy/3'],
  ['spdy+tcp', 'spdy/3.1'],
  ['spdy3+tcp', 'spdy/3'],
])('plexus get from plexus serve at %s://', (scheme, protocol) => {
  it(`speaks ${protocol}, and brings every byte`, async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const run = new Run('get', `${url}/big.bin`, '-k', '-i')
    expect(await run.code).toBe(0)
    expect(run.lines[0]).toBe(`${protocol} 200 OK`)
    expect(run.lines.map((line) => line.toLowerCase())).toContain('content-length: 300000')
    expect(sha256(run.body)).toBe(BIG_SHA256)
  })

  it('brings a range, asked for by a header, into a file', async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const args = ['-k', '-H', 'Range: bytes=100000-100009', '-o', out.at('part'), '--json']
    const run = new Run('get', `${url}/big.bin`, ...args)
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual({ part: BIG.subarray(100_000, 100_010).toString('latin1') })
    expect(run.json).toEqual([
      {
        url: `${url}/big.bin`,
        protocol,
        status: 206,
        bytes: 10,
        seconds: expect.any(Number),
        output: out.at('part'),
      },
      { ok: true, files: 1, bytes: 10, failed: 0, seconds: expect.any(Number) },
    ])
  })

  it('brings several into a directory, over one connection where there are streams', async () => {
    const { server, url } = await serve(`${scheme}://127.0.0.1:0`)
    const run = new Run(
      'get',
      `${url}/a.txt`,
      `${url}/sub/b%20c.txt`,
      `${url}/site/`,
      '-k',
      '-o',
      out.at('new'),
    )
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual({
      'new/a.txt': 'alpha',
      'new/b c.txt': 'beta',
      'new/index.html': '<p>hi',
    })
    expect(run.lines).toEqual([])
    server.signal('SIGTERM')
    expect(await server.code).toBe(0)
    const sessions = server.json.slice(1)
    if (protocol === 'HTTP/1.1') expect(sessions).toEqual([])
    else expect(sessions).toMatchObject([{ streams: 3, error: null }])
  })

  it('takes 404 for an answer, and with --fail for a failure', async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const answer = new Run('get', `${url}/missing`, '-k')
    expect(await answer.code).toBe(0)
    expect(answer.body).toContain('404 Not Found')
    const failure = new Run('get', `${url}/missing`, '-k', '--fail')
    expect(await failure.code).toBe(22)
    expect(failure.body).toBe('')
    expect(failure.notes).toContain(`failed: ${url}/missing: 404 Not Found`)
  })

  it('goes where the server leads if it is told to, and shows the way', async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const stays = new Run('get', `${url}/sub`, '-k', '-i')
    expect(await stays.code).toBe(0)
    expect(stays.lines[0]).toContain(' 301 ')
    const goes = new Run('get', `${url}/sub`, '-k', '-i', '-L')
    expect(await goes.code).toBe(0)
    expect(goes.lines.filter((line) => / (?:301|200) /.test(line))).toHaveLength(2)
    expect(goes.body).toContain('<title>')
  })

  it('asks with another method and a body if it is told to', async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const post = new Run('get', `${url}/a.txt`, '-k', '-d', 'data', '-f')
    expect(await post.code).toBe(22)
    expect(post.notes.join()).toContain('405 Method Not Allowed')
    const head = new Run('get', `${url}/a.txt`, '-k', '-X', 'HEAD', '-i')
    expect(await head.code).toBe(0)
    expect(head.body).toBe('')
    expect(head.lines.map((line) => line.toLowerCase())).toContain('content-length: 5')
  })

  it('writes down what goes over the wire', async () => {
    const { url } = await serve(`${scheme}://127.0.0.1:0`)
    const run = new Run('get', `${url}/a.txt`, '-k', '-v')
    expect(await run.code).toBe(0)
    const said = run.notes.filter((line) => line.startsWith('[')).map((line) => line.replace(/^\[.*?\] /, ''))
    if (protocol === 'HTTP/1.1') expect(said).toEqual(['send GET /a.txt HTTP/1.1', 'recv HTTP/1.1 200 OK'])
    else {
      expect(said).toContain('recv DATA frame <length=5, stream_id=1>')
      expect(said.filter((line) => /SYN_/.test(line))).toEqual([
        expect.stringMatching(/^send SYN_STREAM frame <length=\d+, stream_id=1>$/),
        'recv SYN_REPLY frame <stream_id=1>',
      ])
    }
    expect(run.notes).toContain(protocol === 'HTTP/1.1' ? '          accept: */*' : '          :path: /a.txt')
  })
})

describe('AM-10 DM-22 one port of TLS', () => {
  it('answers HTTP/1.1 and SPDY with equal bytes', async () => {
    const { url } = await serve('https://127.0.0.1:0')
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpsGet(`${url}/big.bin`, { rejectUnauthorized: false }, resolve).on('error', reject)
    })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const spdy = new Run('get', `${url}/big.bin`, '-k')
    expect(await spdy.code).toBe(0)
    expect(response.httpVersion).toBe('1.1')
    expect(Buffer.concat(chunks).equals(Buffer.from(spdy.body, 'latin1'))).toBe(true)
  })

  it('says the SHA-256 of the certificate that it made, and get trusts it when told to', async () => {
    const { server, url } = await serve('https://localhost:0')
    const fingerprint = server.notes.find((line) => /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(line))
    expect(fingerprint).toBeDefined()
    const distrusting = new Run('get', `${url}/a.txt`)
    expect(await distrusting.code).toBe(1)
    expect(distrusting.notes.join()).toMatch(/SELF_SIGNED_CERT.*--cacert FILE/)
  })

  it('bears the certificate that it is given', async () => {
    const { cert, key } = await certificateFor('127.0.0.1')
    await out.write('cert.pem', cert)
    await out.write('key.pem', key)
    const files = ['--cert', out.at('cert.pem'), '--key', out.at('key.pem')]
    const { server, url } = await serve('spdy+tls://127.0.0.1:0', ...files)
    expect(server.notes.join()).not.toContain('made a certificate')
    const run = new Run('get', `${url}/a.txt`, '--cacert', out.at('cert.pem'))
    expect(await run.code).toBe(0)
    expect(run.body).toBe('alpha')
  })

  it('lives on when somebody speaks no TLS, or nothing', async () => {
    const { url } = await serve('https://127.0.0.1:0')
    const port = Number(new URL(url).port)
    const socket = dial(port, '127.0.0.1').on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(await new Run('get', `${url}/a.txt`, '-k').code).toBe(0)
  })
})

describe('B15 a server of HTTP that is told to end', () => {
  it('lets an answer that runs end well, and connections that wait go', async () => {
    await dir.write('film', Buffer.alloc(20_000_000))
    const { server, url } = await serve('http://127.0.0.1:0')
    const idle = dial(Number(new URL(url).port), '127.0.0.1')
    const response = await new Promise<IncomingMessage>((resolve) => httpGet(`${url}/film`, resolve))
    server.signal('SIGTERM')
    let bytes = 0
    for await (const chunk of response) bytes += (chunk as Buffer).length
    expect(bytes).toBe(20_000_000)
    expect(await server.code).toBe(0)
    idle.destroy()
  })

  it('AM-10 a session that was upgraded from HTTP/1.1 is served like others, counted, and ends well', async () => {
    const { server, url } = await serve('http://127.0.0.1:0')
    const session = await connectUpgrade(`${url}/`)
    const answer = await new HttpClient(session, { origin: url }).do({ path: '/a.txt' })
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([200, 'alpha'])
    const socket = dial(Number(new URL(url).port), '127.0.0.1')
    socket.write('GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n')
    let heard = ''
    for await (const chunk of socket) heard += chunk
    expect(heard).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*alpha$/)
    server.signal('SIGTERM')
    expect(await server.code).toBe(0)
    expect(await session.closed).toBeUndefined()
    expect(server.json.slice(1)).toMatchObject([{ streams: 1, error: null }])
  })

  it('twice does not wait, and ends with 1', async () => {
    await dir.write('film', Buffer.alloc(20_000_000))
    const { server, url } = await serve('http://127.0.0.1:0')
    const response = await new Promise<IncomingMessage>((resolve) => httpGet(`${url}/film`, resolve))
    response.on('error', () => {})
    server.signal('SIGTERM')
    server.signal('SIGTERM')
    expect(await server.code).toBe(1)
  })
})

describe('a command line that cannot be', () => {
  it.each([
    [['get', 'http://127.0.0.1:1/a', '--json'], 2, '--json needs --output'],
    [['get', 'spdy+tcp://127.0.0.1:1', '/a'], 2, 'files and trees need --output'],
    [['get', 'spdy+tcp://127.0.0.1:1', '/a', '-o', 'x', '-X', 'POST'], 2, '--request goes with URLs only'],
    [['get', 'http://127.0.0.1:1/a', '-H', 'no colon'], 2, "Expected 'name: value'"],
    [['get', 'http://127.0.0.1:1/a', '-H', 'x: a\r\ny: b'], 2, "Expected 'name: value'"],
    [['get', 'http://127.0.0.1:1/a', '-X', 'G T'], 2, 'Expected a word like GET'],
    [['get', 'ftp://127.0.0.1/a'], 2, 'expected a URL like https://host/path'],
    [['get', 'http://user:secret@127.0.0.1/a'], 2, 'expected a URL without user and password'],
    [['get', 'http://127.0.0.1:1/a', '--cacert', 'nowhere'], 1, 'ENOENT'],
    [['get', 'http://127.0.0.1:1/a', '-d', '@nowhere'], 1, 'ENOENT'],
    [['get', 'http://127.0.0.1:1/a'], 1, 'ECONNREFUSED'],
    [['get', 'https://127.0.0.1:1/a'], 1, 'ECONNREFUSED'],
    [['get', 'http://h/a', 'http://i/a', '-o', 'x'], 2, 'expected different names'],
    [['serve', '.', '--listen', 'ftp://127.0.0.1:0'], 2, 'expected protocol+tcp:'],
    [['serve', '.', '--listen', 'nope+tls://127.0.0.1:0'], 2, 'expected a URL like'],
    [['serve', '.', '--listen', 'https://127.0.0.1:0', '--cert', 'x'], 2, '--cert and --key together'],
    [['serve', '.', '--listen', 'https://127.0.0.1:0', '--cert', 'x', '--key', 'x'], 1, 'ENOENT'],
  ])('%j ends with %d and says why', async (args, code, why) => {
    const run = new Run(...args)
    expect(await run.code).toBe(code)
    expect(run.notes.join('\n')).toContain(why)
    expect(run.notes.join('\n')).not.toContain('secret')
    expect(run.lines).toEqual([])
  })
})
