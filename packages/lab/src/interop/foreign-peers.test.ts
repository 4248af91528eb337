import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { goAvailable, SPDYSTREAM } from '../go-peer.js'
import {
  type Peer,
  type ProbeReport,
  probeWithSpdystream,
  probeWithSpdyTransport,
  type SpdyVersion,
  serveSpdystream,
  serveSpdyTransport,
} from '../peers.js'

/*
 * The foreign peers against each other: only if they agree among themselves do they count as witnesses about us.
 * spdystream knows no windows. It never grants any, so spdy-transport may send it the first 64 KiB and no more; hence
 * the small amounts where the two meet.
 */

const go = goAvailable(SPDYSTREAM)
const itWithGo = go.available ? it : it.skip
const why = go.available ? '' : ` (skipped: ${go.reason})`
if (!go.available) console.warn(`Tests against moby/spdystream are skipped: ${go.reason}`)

const MANY = { streams: 200, bytes: 20_000, concurrency: 50 }
const WITHIN_ONE_WINDOW = { streams: 20, bytes: 1000, concurrency: 5 }

jest.setTimeout(60_000)

let server: Peer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

itWithGo(`spdystream agrees with itself on the whole contract${why}`, async () => {
  server = await serveSpdystream()
  expect(failures(await probeWithSpdystream({ ...MANY, port: server.port }))).toEqual({})
})

describe.each<SpdyVersion>(['3.1', '3'])('over SPDY/%s', (version) => {
  it('spdy-transport agrees with itself on the whole contract', async () => {
    server = await serveSpdyTransport(version)
    expect(failures(await probeWithSpdyTransport(version, { ...MANY, port: server.port }))).toEqual({})
  })

  itWithGo(`a spdystream client and a spdy-transport server agree within one window${why}`, async () => {
    server = await serveSpdyTransport(version)
    expect(failures(await probeWithSpdystream({ ...WITHIN_ONE_WINDOW, port: server.port }))).toEqual({})
  })

  itWithGo(`a spdy-transport client and a spdystream server agree within one window${why}`, async () => {
    server = await serveSpdystream()
    expect(
      failures(await probeWithSpdyTransport(version, { ...WITHIN_ONE_WINDOW, port: server.port })),
    ).toEqual({})
  })
})

/** The checks that did not pass, by name, with what they say. */
function failures(report: ProbeReport): Record<string, string> {
  const failed = Object.entries(report.checks).filter(([, check]) => !check.ok)
  return Object.fromEntries(failed.map(([name, check]) => [name, check.error ?? '']))
}
