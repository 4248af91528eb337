/* DG-30: programs that stand on nghttp2's library, from the command line: curl, nghttp and h2load ask our server, our client asks nghttpd. */
import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { HttpClient } from '@plexus/http'
import { connect } from 'plexus/node'
import { before } from '../children.js'
import { type ProgramVerdict, programAvailable } from '../programs.js'
import { certificate } from './certificate.js'
import { type OurServer, serveContract } from './http-side.js'

jest.setTimeout(30_000)

const MIB = 1024 * 1024
const PROGRAM_MS = 20_000

const curl = programAvailable('curl', ['--http2-prior-knowledge', '--version'])
const openssl = programAvailable('openssl', ['version'])
const nghttp = programAvailable('nghttp', ['--version'])
const nghttpd = programAvailable('nghttpd', ['--version'])
const h2load = programAvailable('h2load', ['--version'])

/** How a test is declared that needs these programs, and what its name says if it is skipped. */
function needs(...programs: ProgramVerdict[]) {
  const missing = programs.find((program) => program.missing !== undefined)?.missing
  const test = missing === undefined ? it : it.skip
  return { test, why: missing === undefined ? '' : ` (skipped: ${missing})` }
}

/** Runs a program to its end; its failure, or its silence, is a failure of the test. */
function run(program: ProgramVerdict, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: PROGRAM_MS, maxBuffer: 16 * MIB }
    execFile(program.path ?? '', args, limits, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    )
  })
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let folder: string
const inFolder = (name: string) => join(folder, name)
const upload = randomBytes(4 * MIB)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plexus-test-'))
  await writeFile(inFolder('upload'), upload)
})
afterAll(() => rm(folder, { recursive: true }))

describe('DG-30 clients from the command line', () => {
  let ours: OurServer
  let url: string

  beforeEach(async () => {
    ours = await serveContract('h2+tcp://127.0.0.1:0')
    url = `http://127.0.0.1:${ours.port}`
  })

  afterEach(async () => {
    await ours.server.close({ timeoutMs: 0 })
    expect(ours.failures).toEqual([])
  })

  const withCurl = needs(curl)
  const h2 = ['-sS', '--http2-prior-knowledge']

  withCurl.test(`curl reads 8 MiB, with the digest as a trailer${withCurl.why}`, async () => {
    await run(curl, ...h2, '-D', inFolder('head'), '-o', inFolder('body'), `${url}/bytes/${8 * MIB}`)
    const body = await readFile(inFolder('body'))
    expect(body.length).toBe(8 * MIB)
    expect(await readFile(inFolder('head'), 'utf8')).toContain(`x-sha256: ${sha256(body)}`)
  })

  withCurl.test(`curl sends 4 MiB and reads them back${withCurl.why}`, async () => {
    await run(curl, ...h2, '--data-binary', `@${inFolder('upload')}`, '-o', inFolder('back'), `${url}/echo`)
    expect(upload.equals(await readFile(inFolder('back')))).toBe(true)
  })

  withCurl.test(`curl shows the hints before the answer${withCurl.why}`, async () => {
    const heads = await run(curl, ...h2, '-D', '-', '-o', '/dev/null', `${url}/hints`)
    expect(heads).toMatch(/^HTTP\/2 103 \r\nlink: <\/style\.css>; rel=preload\r\n[\s\S]*HTTP\/2 200/)
  })

  withCurl.test(`curl reads slowly, and whole${withCurl.why}`, async () => {
    const timed = ['--limit-rate', '4M', '-w', '%{size_download}', '-o', inFolder('slow')]
    expect(await run(curl, ...h2, ...timed, `${url}/bytes/${4 * MIB}`)).toBe(String(4 * MIB))
  })

  withCurl.test(`curl comes again over a new session when the first went away${withCurl.why}`, async () => {
    const each = ['-w', '%{http_code} %{num_connects}\n', '-o', '/dev/null']
    const said = await run(curl, ...h2, ...each, `${url}/goaway`, '-o', '/dev/null', `${url}/bytes/5`)
    expect(said).toBe('200 1\n200 1\n')
  })

  describe('over TLS', () => {
    const withTls = needs(curl, openssl)
    let secure: OurServer
    let secureUrl: string
    let overTls: string[]
    let sessions: number

    beforeEach(async () => {
      if (withTls.why !== '') return
      sessions = 0
      const { key, cert } = certificate()
      await writeFile(inFolder('cert'), cert)
      overTls = ['-sS', '--cacert', inFolder('cert')]
      secure = await serveContract('https://127.0.0.1:0', { key, cert }, () => {
        sessions += 1
      })
      secureUrl = `https://127.0.0.1:${secure.port}`
    })

    afterEach(async () => {
      await secure?.server.close({ timeoutMs: 0 })
      expect(secure?.failures ?? []).toEqual([])
    })

    withTls.test(`curl chooses h2 over TLS, HTTP/1.1 where it is told to${withTls.why}`, async () => {
      for (const [asked, spoken] of [
        ['--http2', '2'],
        ['--http1.1', '1.1'],
      ] as const) {
        const sends = ['--data-binary', `@${inFolder('upload')}`, '-H', 'Expect:', '-o', inFolder('back')]
        const said = ['-w', '%{http_version} %{http_code}']
        expect(await run(curl, ...overTls, asked, ...sends, ...said, `${secureUrl}/echo`)).toBe(
          `${spoken} 200`,
        )
        expect(upload.equals(await readFile(inFolder('back')))).toBe(true)
      }
    })

    withTls.test(`curl asks a hundred times at once, over one session${withTls.why}`, async () => {
      const many = ['--http2', '--parallel', '--parallel-max', '100', '-o', '/dev/null']
      const said = ['-w', '%{http_version} %{http_code} %{size_download}\n']
      const answers = await run(curl, ...overTls, ...many, ...said, `${secureUrl}/bytes/20000?[1-100]`)
      expect(answers.trim().split('\n')).toEqual(Array.from({ length: 100 }, () => '2 200 20000'))
      expect(sessions).toBe(1)
    })
  })

  const withNghttp = needs(nghttp)

  withNghttp.test(`nghttp sends 4 MiB with a trailer, and reads both back${withNghttp.why}`, async () => {
    const digest = sha256(upload)
    const said = await run(
      nghttp,
      ...['-nv', '--no-dep', '-d', inFolder('upload'), '--trailer', `x-sum: ${digest}`, `${url}/echo`],
    )
    expect(said).toContain(`x-sha256: ${digest}`)
    expect(said).toContain(`x-echo-sum: ${digest}`)
    expect(said).not.toMatch(/recv (RST_STREAM|GOAWAY)/)
  })

  withNghttp.test(
    `nghttp asks with priorities of old, padding, CONTINUATION and a table that shrinks${withNghttp.why}`,
    async () => {
      const oddities = [
        '-b',
        '200',
        '--continuation',
        '-c',
        '100',
        '-c',
        '2048',
        '-m',
        '50',
        '-w',
        '10',
        '-W',
        '14',
      ]
      const said = await run(nghttp, '-nv', ...oddities, `${url}/bytes/10000`)
      expect(said.match(/:status: 200/g)).toHaveLength(50)
      expect(said.match(/recv \(stream_id=\d+\) x-sha256: /g)).toHaveLength(50)
      expect(said).not.toMatch(/recv (RST_STREAM|GOAWAY)/)
    },
  )

  withNghttp.test(
    `nghttp shows hints, and GOAWAY before the rest of the answer${withNghttp.why}`,
    async () => {
      expect(await run(nghttp, '-nv', `${url}/hints`)).toMatch(/:status: 103[\s\S]*link: [\s\S]*:status: 200/)
      const going = await run(nghttp, '-nv', `${url}/goaway`)
      expect(going).toMatch(/recv GOAWAY[\s\S]*NO_ERROR[\s\S]*x-sha256: /)
    },
  )

  const withH2load = needs(h2load)

  withH2load.test.each([
    [1, 100, 256],
    [10, 100, 256],
    [2, 10, MIB],
  ])(
    `h2load has every answer: %d sessions, %d streams each, %d bytes${withH2load.why}`,
    async (c, m, size) => {
      const n = size === 256 ? 5000 : 40
      const said = await run(h2load, `-n${n}`, `-c${c}`, `-m${m}`, `${url}/bytes/${size}`)
      expect(said).toContain(`${n} done, ${n} succeeded, 0 failed, 0 errored, 0 timeout`)
      expect(said).toContain(`(${n * size}) data`)
    },
  )
})

describe('DG-30 nghttpd as the server of our client', () => {
  const { test, why } = needs(nghttpd)
  let stop: () => Promise<void>
  let client: HttpClient

  async function start(...args: string[]): Promise<void> {
    const port = await freePort()
    const fixed = ['-v', '--no-tls', '-a', '127.0.0.1', '-d', folder, '--trailer', 'sum: 42', '--echo-upload']
    const child = spawn(nghttpd.path ?? '', [...fixed, ...args, String(port)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(child, 'close')
    stop = async () => {
      client?.session.destroy()
      child.kill('SIGKILL')
      await ended
    }
    const lines = createInterface(child.stdout)
    await before(PROGRAM_MS, once(lines, 'line'), 'nghttpd does not say that it listens')
    client = new HttpClient(await connect(`h2+tcp://127.0.0.1:${port}`), {
      origin: `http://127.0.0.1:${port}`,
    })
  }

  afterEach(() => stop?.())

  const echo = async (bytes: Uint8Array) => {
    const answer = await client.do({ method: 'POST', path: '/', body: bytes, trailers: { 'x-sum': '7' } })
    expect([answer.status, answer.trailers.get('sum')]).toEqual([200, '42'])
    expect(Buffer.from(bytes).equals(answer.body)).toBe(true)
  }

  test(`gives a file of 4 MiB, and takes one, with trailers${why}`, async () => {
    await start()
    const { body, trailers } = await client.do({ path: '/upload' })
    expect(upload.equals(body)).toBe(true)
    expect(trailers.get('sum')).toBe('42')
    await echo(upload)
  })

  test(`has a hundred streams at once, with padding and small windows${why}`, async () => {
    await start('-b', '100', '-w', '12', '-W', '16')
    await Promise.all(Array.from({ length: 100 }, (_, i) => echo(randomBytes(1000 * (i % 20) + 1))))
  })

  test(`has its limit of streams and its table obeyed${why}`, async () => {
    await start('-m', '3', '-c', '0')
    await client.session.ping()
    await Promise.all(Array.from({ length: 30 }, (_, i) => echo(randomBytes(i * 100 + 1))))
  })

  test(`is left in the midst of a body, and goes on${why}`, async () => {
    await start()
    const midway = await client.request({ path: '/upload' })
    await midway.body.read()
    midway.cancel()
    const unread = await client.request({ path: '/upload' })
    await echo(randomBytes(100_000))
    expect(upload.equals(await unread.bytes())).toBe(true)
    expect((await client.do({ path: '/none' })).status).toBe(404)
  })

  // It closes its socket right behind its last frame, and a credit that meets it there is answered by a TCP reset.
  test(`hears our goodbye with a request under way that needs no more credit${why}`, async () => {
    await start()
    const bytes = upload.subarray(0, 10_000)
    const early = await client.request({ method: 'POST', path: '/', body: bytes })
    const closing = client.close()
    expect(bytes.equals(await early.bytes())).toBe(true)
    await closing
    expect(await client.session.closed).toBeUndefined()
  })
})

/** nghttpd does not say which port it was given, so it gets one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
