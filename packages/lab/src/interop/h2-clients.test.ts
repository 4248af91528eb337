/* DG-30: foreign clients of HTTP/2 against our server, by the HTTP contract (see http-side.ts). */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { HTTP2_PEERS } from '../http2-peers.js'
import { type OurServer, serveContract } from './http-side.js'

jest.setTimeout(60_000)

const ALONE = { streams: 1, bytes: 1000, concurrency: 1 }

describe.each(HTTP2_PEERS)('DG-30 a client on $name', ({ missing, checks, probe }) => {
  const why = missing === undefined ? '' : ` (skipped: ${missing})`
  const test = missing === undefined ? it : it.skip
  let ours: OurServer

  beforeEach(async () => {
    ours = await serveContract('h2+tcp://127.0.0.1:0')
  })

  afterEach(() => ours.server.close({ timeoutMs: 0 }))

  test.each(checks)(`agrees with our server on %s${why}`, async (name) => {
    const skip = checks.filter((other) => other !== name)
    const { checks: outcomes } = await probe({ ...ALONE, port: ours.port, skip })
    expect(outcomes[name]).toEqual({ ok: true })
    expect(ours.failures).toEqual([])
  })

  test(`agrees on everything in one run, with 200 bodies larger than a window, 100 at once${why}`, async () => {
    const { checks: outcomes } = await probe({
      port: ours.port,
      streams: 200,
      bytes: 80_000,
      concurrency: 100,
    })
    expect(outcomes).toEqual(Object.fromEntries(checks.map((name) => [name, { ok: true }])))
    expect(ours.failures).toEqual([])
  })
})
