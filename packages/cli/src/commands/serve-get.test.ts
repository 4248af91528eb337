import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { testBytes } from '../echo/test-bytes.js'
import { Run } from '../test-support/run.test.kit.js'
import { TempDir } from '../test-support/temp-dir.test.kit.js'

const BIG = Buffer.from(testBytes(1, 300_000))

let dir: TempDir
let out: TempDir
let server: Run
let url: string

beforeEach(async () => {
  dir = await TempDir.make({
    'a.txt': 'alpha',
    empty: '',
    'big.bin': BIG,
    'sub/b c.txt': 'beta',
    'sub/deep/%é?.txt': 'gamma',
  })
  out = await TempDir.make()
  server = new Run('serve', dir.path, '--listen', 'spdy+tcp://127.0.0.1:0', '--json')
  url = JSON.parse(await server.next()).url
})

afterEach(async () => {
  server.signal('SIGTERM')
  await server.code
  await dir[Symbol.asyncDispose]()
  await out[Symbol.asyncDispose]()
})

describe('plexus get', () => {
  it('fetches a whole tree and says that every SHA-256 is the one the server computed', async () => {
    const run = new Run('get', url, '--tree', '--sha256', '--json', '-o', out.path)
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual(await dir.read())
    const summary = run.json.at(-1)
    expect(summary).toMatchObject({ ok: true, files: 5, checked: { length: 5, sha256: 5 }, failed: 0 })
    const big = run.json.find((line) => line.path === '/big.bin')
    const sha256 = createHash('sha256').update(BIG).digest('hex')
    expect(big).toEqual({ path: '/big.bin', bytes: 300_000, sha256 })
    expect(run.json).toHaveLength(6)
  })

  it.each(['https', 'spdy+tls', 'spdy3+tls'])('fetches a whole tree over %s://, too', async (scheme) => {
    const secure = new Run('serve', dir.path, '--listen', `${scheme}://127.0.0.1:0`, '--json')
    const place = JSON.parse(await secure.next()).url
    const run = new Run('get', place, '--tree', '--sha256', '--json', '-k', '-o', out.path)
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual(await dir.read())
    expect(run.json.at(-1)).toMatchObject({ ok: true, files: 5, checked: { length: 5, sha256: 5 } })
    const distrusting = new Run('get', place, '--tree', '-o', out.path)
    expect(await distrusting.code).toBe(1)
    secure.signal('SIGTERM')
    expect(await secure.code).toBe(0)
  })

  it('fetches a part of a tree', async () => {
    expect(await new Run('get', url, '/sub', '--tree', '-o', out.path).code).toBe(0)
    expect(Object.keys(await out.read())).toEqual(['sub/b c.txt', 'sub/deep/%é?.txt'])
  })

  it('fetches the files it is told to and no others, and keeps stdout free', async () => {
    const run = new Run('get', url, '/a.txt', 'sub/b%20c.txt', '/empty', '-o', out.path)
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual({ 'a.txt': 'alpha', 'sub/b c.txt': 'beta', empty: '' })
    expect(run.lines).toEqual([])
    expect(run.notes.join('\n')).toContain('checked 3 lengths and 0 SHA-256')
  })

  it('fetches the others when one is missing, and ends with 1', async () => {
    const run = new Run('get', url, '/missing', '/a.txt', '-o', out.path)
    expect(await run.code).toBe(1)
    expect(await out.read()).toEqual({ 'a.txt': 'alpha' })
    expect(run.notes).toContain('failed: /missing: /missing: 404 Not Found')
  })

  it('never has more streams open than it may, and as many if there is enough to do', async () => {
    for (let i = 0; i < 200; i++) await dir.write(`many/${i}`, `file ${i}`)
    const run = new Run('get', url, '/many', '--tree', '--concurrency', '20', '--json', '-o', out.path)
    expect(await run.code).toBe(0)
    const { files, peakStreams } = run.json.at(-1)!
    expect(files).toBe(200)
    expect(peakStreams).toBeGreaterThanOrEqual(20)
    // The list that names them comes on a stream, too.
    expect(peakStreams).toBeLessThanOrEqual(21)
  })

  it('waits for places where the server has fewer than it wants', async () => {
    for (let i = 0; i < 50; i++) await dir.write(`many/${i}`, `file ${i}`)
    const small = new Run(
      'serve',
      dir.path,
      '--listen',
      'spdy+tcp://127.0.0.1:0',
      '--max-streams',
      '4',
      '--json',
    )
    const { url } = JSON.parse(await small.next())
    const run = new Run('get', url, '/many', '--tree', '--concurrency', '40', '--json', '-o', out.path)
    expect(await run.code).toBe(0)
    expect(run.json.at(-1)).toMatchObject({ files: 50, peakStreams: 4 })
    small.signal('SIGTERM')
    expect(await small.code).toBe(0)
  })
})

describe('plexus serve', () => {
  it('reports each session at its end, and ends with 0 when told to', async () => {
    await new Run('get', url, '/a.txt', '/empty', '-o', out.path).code
    server.signal('SIGTERM')
    expect(await server.code).toBe(0)
    expect(server.json[1]).toMatchObject({ streams: 2, error: null, blocked: { carrier: 0 } })
  })

  it('ends with 1 for a directory that is not there', async () => {
    const run = new Run('serve', dir.at('nowhere'), '--listen', 'spdy+tcp://127.0.0.1:0')
    expect(await run.code).toBe(1)
    expect(run.notes.join()).toContain('ENOENT')
  })

  it('ends with 1 for a port that is taken', async () => {
    const run = new Run('serve', dir.path, '--listen', url)
    expect(await run.code).toBe(1)
    expect(run.notes.join()).toContain('EADDRINUSE')
  })

  it('serves over a Unix socket', async () => {
    const socket = `spdy+unix:${out.at('socket')}`
    const local = new Run('serve', dir.path, '--listen', socket, '--json')
    expect(JSON.parse(await local.next())).toEqual({ listening: socket, url: socket })
    expect(await new Run('get', socket, '/a.txt', '-o', out.at('got')).code).toBe(0)
    local.signal('SIGINT')
    expect(await local.code).toBe(0)
    expect(await out.read()).toEqual({ 'got/a.txt': 'alpha' })
  })
})
