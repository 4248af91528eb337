import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { CHECK_NAMES } from '../echo/contract.js'
import { Run } from '../test-support/run.test.kit.js'

let server: Run
let url: string

beforeEach(async () => {
  server = new Run('echo', '--listen', 'spdy+tcp://127.0.0.1:0')
  url = `spdy+tcp://127.0.0.1:${JSON.parse(await server.next()).listening}`
})

afterEach(async () => {
  server.signal('SIGTERM')
  await server.code
})

describe('plexus echo', () => {
  it('says where it listens, and nothing else, on stdout; SIGTERM ends it with 0', async () => {
    expect(Object.keys(server.json[0]!)).toEqual(['listening'])
    await new Run('probe', url, '--streams', '1', '--bytes', '1').code
    server.signal('SIGTERM')
    expect(await server.code).toBe(0)
    expect(server.lines).toHaveLength(1)
  })

  it('ends with 2 for a profile that there is not', async () => {
    const run = new Run('echo', '--listen', 'spdy+tcp://127.0.0.1:0', '--profile', 'spdy9')
    expect(await run.code).toBe(2)
    expect(run.notes.join()).toContain('spdy31, spdy3, spdystream')
  })
})

describe('plexus probe', () => {
  it('says what it found as one object whose fields are those of the contract', async () => {
    const run = new Run('probe', url, '--streams', '30', '--bytes', '1000', '--json')
    expect(await run.code).toBe(0)
    expect(run.lines).toHaveLength(1)
    const report = run.json[0]!
    expect(Object.keys(report)).toEqual(['ok', 'streams', 'bytes', 'checks', 'pingMs', 'seconds', 'errors'])
    expect(report).toMatchObject({ ok: true, streams: 30, bytes: 30_000, errors: [] })
    expect(Object.keys(report.checks as object)).toEqual(CHECK_NAMES)
  })

  it('speaks to people without --json', async () => {
    const run = new Run('probe', url, '--streams', '2', '--bytes', '10', '--skip', 'push,goaway')
    expect(await run.code).toBe(0)
    expect(run.lines).toEqual([])
    expect(run.notes).toContain('push      skipped')
    expect(run.notes).toContain('echo      ok')
  })

  it('takes fractions of a second, whole milliseconds or not', async () => {
    const run = new Run('probe', url, '--streams', '1', '--bytes', '1', '--timeout', '9.87654')
    expect(await run.code).toBe(0)
  })

  it('ends with 1 where the profiles do not agree', async () => {
    const strict = new Run('echo', '--listen', 'spdy+tcp://127.0.0.1:0', '--profile', 'spdystream')
    const port = JSON.parse(await strict.next()).listening
    const args = ['--streams', '4', '--bytes', '300000', '--timeout', '1', '--skip', 'ping', '--json']
    const run = new Run('probe', `spdy+tcp://127.0.0.1:${port}`, ...args)
    expect(await run.code).toBe(1)
    expect(run.json[0]).toMatchObject({ ok: false, checks: { echo: { ok: false } } })
    strict.signal('SIGTERM')
    await strict.code
  })

  it('ends with 1 where nobody listens', async () => {
    server.signal('SIGTERM')
    await server.code
    const run = new Run('probe', url, '--streams', '1', '--bytes', '1', '--json')
    expect(await run.code).toBe(1)
    expect(run.notes.join()).toContain('ECONNREFUSED')
    expect(run.json).toEqual([{ ok: false, error: expect.stringContaining('ECONNREFUSED') }])
  })

  it('is ended by a signal, with 1, and says which checks were not done', async () => {
    const run = new Run('probe', url, '--streams', '100000', '--bytes', '1000', '--json')
    setTimeout(() => run.signal('SIGINT'), 100)
    expect(await run.code).toBe(1)
    expect(run.json[0]).toMatchObject({ ok: false, checks: { echo: { ok: false } } })
  })
})
