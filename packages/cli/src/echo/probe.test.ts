import { afterEach, describe, expect, it } from '@jest/globals'
import { connect, listen, type PlexusServer, type ServerHandler } from 'plexus/node'
import { echoService } from './echo-service.js'
import { type ProbeOptions, type ProbeReport, probe } from './probe.js'

const FEW: ProbeOptions = { streams: 20, bytes: 20_000, concurrency: 5, skip: [], timeoutMs: 10_000 }

let server: PlexusServer | undefined
afterEach(async () => {
  server?.destroy()
  await server?.close()
  server = undefined
})

async function probed(
  profile: string,
  handler: ServerHandler,
  options: Partial<ProbeOptions> = {},
): Promise<ProbeReport> {
  server = await listen('spdy+tcp://127.0.0.1:0', { profile }, handler)
  return probe(await connect(server.url, { profile }), { ...FEW, ...options })
}

describe.each(['spdy31', 'spdy3', 'spdystream'])('the probe and the echo in profile %s', (profile) => {
  it('agree on the whole contract', async () => {
    const report = await probed(profile, echoService)
    expect(report.errors).toEqual([])
    expect(report.ok).toBe(true)
  })
})
