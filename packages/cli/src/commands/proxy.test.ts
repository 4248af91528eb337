import { createServer, get, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generate } from 'selfsigned'
import { testBytes } from '../echo/test-bytes.js'
import { Run } from '../test-support/run.test.kit.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'

const BIG = Buffer.from(testBytes(1, 300_000))

let dir: TempDir
let runs: Run[]

beforeEach(async () => {
  dir = await TempDir.make({ 'a.txt': 'alpha', 'big.bin': BIG })
  runs = []
})

afterEach(async () => {
  for (const run of runs.reverse()) {
    run.signal('SIGTERM')
    run.signal('SIGTERM')
    await run.code
  }
  await dir[Symbol.asyncDispose]()
})

async function start(...args: string[]): Promise<{ run: Run; first: Record<string, string> }> {
  const run = new Run(...args, '--json')
  runs.push(run)
  return { run, first: JSON.parse(await run.next()) }
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on('error', reject))
}

describe.each(['http', 'https', 'spdy+tls', 'spdy+tcp'])('plexus proxy, clients at %s://', (outside) => {
  it.each(['spdy+tcp', 'spdy+tls', 'spdy3+tcp', 'https', 'http'])(
    'and the origin at %s://',
    async (inside) => {
      const origin = await start('serve', dir.path, '--listen', `${inside}://127.0.0.1:0`)
      const args = ['--listen', `${outside}://127.0.0.1:0`, '--to', origin.first.url!, '-k']
      const proxy = await start('proxy', ...args)
      const whole = new Run('get', `${proxy.first.url}/big.bin`, '-k', '-i')
      expect(await whole.code).toBe(0)
      expect(Buffer.from(whole.body, 'latin1').equals(BIG)).toBe(true)
      const part = new Run('get', `${proxy.first.url}/big.bin`, '-k', '-H', 'range: bytes=5-9', '-i')
      expect(await part.code).toBe(0)
      expect(part.lines[0]).toMatch(/ 206 Partial Content$/)
      expect(Buffer.from(part.body, 'latin1').equals(BIG.subarray(5, 10))).toBe(true)
      const missing = new Run('get', `${proxy.first.url}/none`, '-k', '-f')
      expect(await missing.code).toBe(22)
      expect(missing.notes.join()).toContain('404 Not Found')
    },
  )
})

describe('plexus proxy', () => {
  it('answers with 502 while the origin is away, and goes on when it is there again', async () => {
    const first = await start('serve', dir.path, '--listen', 'spdy+tcp://127.0.0.1:0')
    const url = first.first.url!
    const proxy = await start('proxy', '--listen', 'http://127.0.0.1:0', '--to', url)
    const ask = async () => (await open(`${proxy.first.url}/a.txt`)).statusCode
    expect(await ask()).toBe(200)
    first.run.signal('SIGTERM')
    expect(await first.run.code).toBe(0)
    expect(await ask()).toBe(502)
    await start('serve', dir.path, '--listen', url)
    expect(await ask()).toBe(200)
  })

  it.each(['spdy+tcp', 'http'])(
    'B15 told to end, lets an answer from %s:// that runs end well',
    async (inside) => {
      await dir.write('film', Buffer.alloc(20_000_000))
      const origin = await start('serve', dir.path, '--listen', `${inside}://127.0.0.1:0`)
      const proxy = await start('proxy', '--listen', 'http://127.0.0.1:0', '--to', origin.first.url!)
      const response = await open(`${proxy.first.url}/film`)
      proxy.run.signal('SIGTERM')
      expect(await read(response)).toHaveLength(20_000_000)
      expect(await proxy.run.code).toBe(0)
      await expect(open(`${proxy.first.url}/a.txt`)).rejects.toThrow(/ECONNREFUSED|hang up/)
    },
  )

  describe('to a server of HTTP/1.1', () => {
    let origin: Server
    let asked: IncomingMessage | undefined
    let url: string

    beforeEach(async () => {
      origin = createServer(async (incoming, response) => {
        asked = incoming
        const body = await read(incoming)
        response.writeHead(201, { 'x-a': 'b', connection: 'x-secret', 'x-secret': 'hop' })
        response.end(`got ${body.length}`)
      })
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
    })

    afterEach(() => {
      origin.closeAllConnections()
      origin.close()
    })

    it('S04 keeps back what speaks of one connection, both ways', async () => {
      const proxy = await start('proxy', '--listen', 'http://127.0.0.1:0', '--to', url)
      const headers = { connection: 'keep-alive, x-hop', 'x-hop': '1', te: 'gzip', 'x-on': '1' }
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const outgoing = request(`${proxy.first.url}/post`, { method: 'POST', headers }, resolve)
        outgoing.on('error', reject).write('12345')
        outgoing.end('67890')
      })
      expect((await read(response)).toString()).toBe('got 10')
      expect(response.headers).toMatchObject({ 'x-a': 'b' })
      expect(response.headers).not.toHaveProperty('x-secret')
      expect(asked!.headers).toMatchObject({ 'x-on': '1', 'transfer-encoding': 'chunked' })
      expect(asked!.headers).not.toHaveProperty('x-hop')
      expect(asked!.headers).not.toHaveProperty('te')
    })

    it('answers with 502 when nobody is there', async () => {
      origin.close()
      const proxy = await start('proxy', '--listen', 'http://127.0.0.1:0', '--to', url)
      expect((await open(`${proxy.first.url}/`)).statusCode).toBe(502)
    })
  })
})

describe('AM-13 plexus proxy --reverse', () => {
  it('sends requests to who dialled it, answers 404 before, and the origin comes back by itself', async () => {
    const args = ['--listen', 'http://127.0.0.1:0', '--reverse', 'spdy+tcp://127.0.0.1:0']
    const hub = await start('proxy', ...args)
    const ask = async () => {
      const response = await open(`${hub.first.url}/a.txt`)
      return { status: response.statusCode, body: (await read(response)).toString() }
    }
    expect((await ask()).status).toBe(404)
    const origin = new Run('serve', dir.path, '--reverse', hub.first.reverse!)
    let answer = await ask()
    while (answer.status === 404) answer = await ask()
    expect(answer).toEqual({ status: 200, body: 'alpha' })

    hub.run.signal('SIGTERM')
    expect(await hub.run.code).toBe(0)
    const again = await start('proxy', '--listen', 'http://127.0.0.1:0', '--reverse', hub.first.reverse!)
    const response = async () => (await open(`${again.first.url}/a.txt`)).statusCode
    while ((await response()) === 404);
    expect(await response()).toBe(200)
    origin.signal('SIGINT')
    expect(await origin.code).toBe(0)
  })

  it('ends while it still tries to reach a hub', async () => {
    const origin = new Run('serve', dir.path, '--reverse', 'spdy+tcp://127.0.0.1:1')
    while (!origin.notes.some((note) => note.startsWith('no hub yet')))
      await new Promise((resolve) => setTimeout(resolve, 5))
    origin.signal('SIGINT')
    expect(await origin.code).toBe(0)
  })
})

describe('AM-13 S15 who may be an origin', () => {
  /** A certificate for `name` that vouches for itself, in files. */
  async function certify(name: string): Promise<[string, string]> {
    const pems = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    })
    await dir.write(`${name}.pem`, Buffer.from(pems.cert))
    await dir.write(`${name}.key`, Buffer.from(pems.private))
    return [dir.at(`${name}.pem`), dir.at(`${name}.key`)]
  }

  it('gets the requests for the host that its certificate names, and no others; without one it stays outside', async () => {
    const [cert, key] = await certify('home.test')
    const places = ['--listen', 'http://127.0.0.1:0', '--reverse', 'spdy+tls://127.0.0.1:0']
    const hub = await start('proxy', ...places, '--origin-ca', cert)
    const url = hub.first.reverse!
    const stranger = new Run('serve', dir.path, '--reverse', url, '-k')
    const origin = new Run('serve', dir.path, '--reverse', url, '-k', '--cert', cert, '--key', key)
    const ask = async (host: string) => {
      const response = await new Promise<IncomingMessage>((resolve, reject) =>
        get(`${hub.first.url}/a.txt`, { headers: { host } }, resolve).on('error', reject),
      )
      return `${response.statusCode} ${(await read(response)).toString().trim()}`
    }
    while ((await ask('home.test')).startsWith('404'));
    expect(await ask('home.test:80')).toBe('200 alpha')
    expect(await ask('else.test')).toBe('404 Not Found')
    expect(hub.run.notes.filter((note) => note.includes(' origin '))).toHaveLength(1)
    for (const run of [origin, stranger]) {
      run.signal('SIGINT')
      expect(await run.code).toBe(0)
    }
  })
})

describe.each(['http', 'https', 'spdy+tls', 'spdy+tcp'])('forwarded, for a client at %s://', (outside) => {
  it('tells of the address that it came from', async () => {
    const told: (string | undefined)[] = []
    const origin = createServer((asked, response) => {
      told.push(asked.headers.forwarded)
      response.end()
    })
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
    const to = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
    const proxy = await start('proxy', '--listen', `${outside}://127.0.0.1:0`, '--to', to)
    expect(await new Run('get', `${proxy.first.url}/`, '-k').code).toBe(0)
    origin.closeAllConnections()
    origin.close()
    expect(told).toEqual([expect.stringMatching(/^for=127\.0\.0\.1;host=/)])
  })
})

describe('S15 a proxy that is sent to itself', () => {
  it('knows the request by its name in via, at the first time it comes back', async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => free.once('listening', resolve))
    const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`
    await new Promise((resolve) => free.close(resolve))
    await start('proxy', '--listen', url, '--to', url)
    const response = await open(url)
    expect(response.statusCode).toBe(508)
    expect(response.headers.via).toMatch(/^1\.1 plexus-[0-9a-f]{8}$/)
    await read(response)
  })
})

describe('a command line that cannot be', () => {
  it.each([
    [['proxy', '--listen', 'http://127.0.0.1:0'], 2, 'expected --to or --reverse'],
    [['proxy', '--to', 'http://127.0.0.1:1'], 2, "required option '--listen <url>'"],
    [
      ['proxy', '--listen', 'http://127.0.0.1:0', '--to', 'spdy+tcp://a:1', '--reverse', 'b'],
      2,
      'expected --to or --reverse',
    ],
    [['proxy', '--listen', 'nonsense', '--to', 'http://127.0.0.1:1'], 2, 'expected a URL like'],
    [['proxy', '--listen', 'http://127.0.0.1:0', '--to', 'ftp://127.0.0.1:1'], 2, 'expected a URL like'],
    [
      ['proxy', '--listen', 'http://127.0.0.1:0', '--reverse', 'http://127.0.0.1:1'],
      2,
      'expected protocol+tcp:',
    ],
    [
      ['proxy', '--listen', 'http://127.0.0.1:0', '--reverse', 'spdy+tcp://127.0.0.1:0', '--origin-ca', 'x'],
      2,
      'expected --origin-ca with',
    ],
    [['proxy', '--listen', 'http://127.0.0.1:0', '--to', 'http://a', '--via', 'a b'], 2, 'without spaces'],
    [['serve', '.'], 2, 'expected --listen or --reverse'],
    [
      ['serve', '.', '--listen', 'http://127.0.0.1:0', '--reverse', 'spdy+tcp://a:1'],
      2,
      'expected --listen or --reverse',
    ],
  ])('%j ends with %d and says why', async (args, code, why) => {
    const run = new Run(...args)
    expect(await run.code).toBe(code)
    expect(run.notes.join('\n')).toContain(why)
    expect(run.lines).toEqual([])
  })
})
