import { describe, expect, it, jest } from '@jest/globals'
import { goAvailable, SPDYSTREAM } from '../go-peer.js'
import { type ProbeOptions, type ProbeReport, probeWithSpdystream, probeWithSpdyTransport } from '../peers.js'
import { type Profile, serveOurs } from './our-side.js'

/*
 * Foreign clients against our server. The probe runs in its own process, checks every byte, and names what failed; each
 * check is asked for alone as well, so that one failure does not hide another.
 */

jest.setTimeout(60_000)

const go = goAvailable(SPDYSTREAM)
if (!go.available) console.warn(`Tests against moby/spdystream are skipped: ${go.reason}`)

interface Client {
  readonly name: string
  readonly profile: Profile
  readonly missing?: string
  probe(options: ProbeOptions): Promise<ProbeReport>
}

const CLIENTS: readonly Client[] = [
  {
    name: 'moby/spdystream',
    profile: 'spdystream',
    ...(!go.available && { missing: go.reason }),
    probe: probeWithSpdystream,
  },
  {
    name: 'spdy-transport, SPDY/3.1',
    profile: 'spdy31',
    probe: (options) => probeWithSpdyTransport('3.1', options),
  },
  {
    name: 'spdy-transport, SPDY/3',
    profile: 'spdy3',
    probe: (options) => probeWithSpdyTransport('3', options),
  },
]

const CHECKS = ['echo', 'halfClose', 'reset', 'refuse', 'trailers', 'push', 'ping', 'goaway']

describe.each(CLIENTS)('a client on $name', ({ profile, missing, probe }) => {
  const test = missing === undefined ? it : it.skip
  const why = missing === undefined ? '' : ` (skipped: ${missing})`

  test(`gets 200 streams of 20,000 bytes back from our server, 50 at once${why}`, async () => {
    const skip = CHECKS.filter((name) => name !== 'echo')
    expect(await failures(profile, probe, { streams: 200, bytes: 20_000, concurrency: 50, skip })).toEqual({})
  })

  test.each(CHECKS)(`agrees with our server on %s${why}`, async (name) => {
    const skip = CHECKS.filter((other) => other !== name)
    expect(await failures(profile, probe, { streams: 1, bytes: 100_000, concurrency: 1, skip })).toEqual({})
  })

  test(`agrees with our server on everything in one session${why}`, async () => {
    expect(await failures(profile, probe, { streams: 20, bytes: 20_000, concurrency: 5 })).toEqual({})
  })
})

/** The checks that did not pass, by name, with what they say. */
async function failures(
  profile: Profile,
  probe: Client['probe'],
  options: Omit<ProbeOptions, 'port'>,
): Promise<Record<string, string>> {
  const server = await serveOurs(profile)
  try {
    const { checks } = await probe({ ...options, port: server.port })
    const failed = Object.entries(checks).filter(([, check]) => !check.ok)
    return Object.fromEntries(failed.map(([name, check]) => [name, check.error ?? '']))
  } finally {
    await server.stop()
  }
}
