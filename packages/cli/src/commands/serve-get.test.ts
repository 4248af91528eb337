import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { testBytes } from '../echo/test-bytes.js'
import { Run } from '../test-support/run.js'
import { TempDir } from '../test-support/temp-dir.js'

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
  expect(await server.code).toBe(0)
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
    expect(big).toEqual({
      path: '/big.bin',
      bytes: 300_000,
      sha256: createHash('sha256').update(BIG).digest('hex'),
    })
  })

  it('fetches the files it is told to, and no others', async () => {
    const run = new Run('get', url, '/a.txt', 'sub/b%20c.txt', '/empty', '-o', out.path)
    expect(await run.code).toBe(0)
    expect(await out.read()).toEqual({ 'a.txt': 'alpha', 'sub/b c.txt': 'beta', empty: '' })
    expect(run.lines).toEqual([])
  })
})
