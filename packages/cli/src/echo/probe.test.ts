import { afterEach, describe, expect, it } from '@jest/globals'
import type { MuxStream } from 'plexus'
import { connect, listen, type PlexusServer, type ServerHandler } from 'plexus/node'
import { CHECK_NAMES, type CheckName } from './contract.js'
import { echoService } from './echo-service.js'
import { type ProbeOptions, type ProbeReport, probe } from './probe.js'

const FEW: ProbeOptions = { streams: 20, bytes: 20_000, concurrency: 5, skip: [], timeoutMs: 10_000 }

let server: PlexusServer | undefined

afterEach(async () => {
  server?.destroy()
  await server?.close()
})

async function probed(
  handler: ServerHandler,
  options: Partial<ProbeOptions> = {},
  profile?: string,
): Promise<ProbeReport> {
  server = await listen('spdy+tcp://127.0.0.1:0', { profile, limits: { maxInboundStreams: 1000 } }, handler)
  return probe(await connect(server.url, { profile }), { ...FEW, ...options })
}

describe.each(['spdy31', 'spdy3', 'spdystream'])('in profile %s', (profile) => {
  it('the probe and the echo agree on the whole contract', async () => {
    const report = await probed(echoService, {}, profile)
    expect(report.errors).toEqual([])
    expect(report).toMatchObject({ ok: true, streams: 20, bytes: 400_000 })
    expect(Object.keys(report.checks)).toEqual(CHECK_NAMES)
    expect(report.pingMs).toBeGreaterThan(0)
  })

  it('so they do with more streams at once than the session has window for', async () => {
    const report = await probed(echoService, { streams: 800, concurrency: 400 }, profile)
    expect(report.errors).toEqual([])
    expect(report.bytes).toBe(16_000_000)
  })
})

describe('over HTTP/2', () => {
  it('the probe and the echo agree on the whole contract but for pushes', async () => {
    server = await listen('h2+tcp://127.0.0.1:0', {}, echoService)
    const report = await probe(await connect(server.url), { ...FEW, streams: 300, concurrency: 100 })
    expect(report.errors).toEqual([])
    expect(report).toMatchObject({ ok: true, bytes: 6_000_000, checks: { push: { skipped: true } } })
  })
})

describe('a check that is left out', () => {
  it.each(CHECK_NAMES)('%s is not run and not counted against the peer', async (name) => {
    const asked: (string | undefined)[] = []
    const report = await probed(
      (stream, session) => {
        asked.push(stream.headers.get('x-test'))
        return echoService(stream, session)
      },
      { skip: [name], streams: 1 },
    )
    expect(report.checks[name]).toEqual({ ok: true, skipped: true })
    expect(report.errors).toEqual([])
    expect(asked).not.toContain(name)
  })
})

/** What one peer does wrong, and the check that says so. */
const SINS: readonly [sin: string, check: CheckName, handler: ServerHandler][] = [
  ['loses a byte', 'echo', spoiling((bytes) => bytes.subarray(1))],
  ['says a byte twice', 'echo', spoiling((bytes) => Buffer.concat([bytes, bytes.subarray(0, 1)]))],
  [
    'turns a bit',
    'echo',
    spoiling((bytes) => Uint8Array.from(bytes, (byte, i) => (i === 7 ? byte ^ 1 : byte))),
  ],
  ['says another status', 'echo', answering({ ':status': '500 No' })],
  ['does not say our headers back', 'echo', answering({ ':status': '200 OK' })],
  ['ends before we do', 'echo', closing],
  ['resets what it should echo', 'halfClose', (stream) => stream.reset()],
  ['echoes what it should reset', 'reset', echoing],
  ['answers what it should refuse', 'refuse', echoing],
  ['has no trailers', 'trailers', echoing],
  ['stays when it should go', 'goaway', echoing],
]

describe('a peer that', () => {
  it.each(SINS)('%s is found out by the check %s', async (_, check, handler) => {
    const skip = CHECK_NAMES.filter((name) => name !== check)
    const report = await probed(handler, { skip, streams: 2, timeoutMs: 300 })
    expect(report.ok).toBe(false)
    expect(report.checks[check].ok).toBe(false)
    expect(report.errors).toEqual([expect.stringContaining(`${check}: `)])
  })

  it('never answers is given up in time, and every check says so', async () => {
    const report = await probed(() => new Promise(() => {}), { timeoutMs: 200, skip: ['ping'] })
    expect(report.seconds).toBeLessThan(5)
    expect(report.errors).toHaveLength(CHECK_NAMES.length - 1)
  })

  it('answers no ping is found out by the check ping, and by no other', async () => {
    server = await listen('spdy+tcp://127.0.0.1:0', {}, echoService)
    const session = await connect(server.url)
    session.ping = ({ signal, timeoutMs = 15_000 } = {}) =>
      new Promise((_, reject) => {
        AbortSignal.any([signal!, AbortSignal.timeout(timeoutMs)]).addEventListener('abort', reject)
      })
    const report = await probe(session, { ...FEW, timeoutMs: 2000, skip: ['goaway'] })
    expect(report.errors).toEqual([expect.stringMatching(/^ping: /)])
  })

  it('goes away at once fails every check but hangs none', async () => {
    const report = await probed((_, session) => session.destroy(), { timeoutMs: 5000, skip: ['ping'] })
    expect(report.seconds).toBeLessThan(5)
    expect(report.ok).toBe(false)
  })
})

/** The contract, but for what is done to the bytes of the echo. */
function spoiling(spoil: (bytes: Uint8Array) => Uint8Array): ServerHandler {
  return async (stream) => {
    reply(stream)
    const first = await stream.read()
    if (first !== undefined) await stream.write(spoil(first))
    for await (const chunk of stream) await stream.write(chunk)
  }
}

function answering(headers: Record<string, string>): ServerHandler {
  return async (stream) => {
    stream.reply(headers)
    for await (const chunk of stream) await stream.write(chunk)
  }
}

async function closing(stream: MuxStream): Promise<void> {
  reply(stream)
  await stream.close()
}

/** The contract without any of its tests: everything is echoed. */
async function echoing(stream: MuxStream): Promise<void> {
  reply(stream)
  for await (const chunk of stream) await stream.write(chunk)
}

function reply(stream: MuxStream): void {
  stream.reply({ ':status': '200 OK', 'x-echo-x-stream': stream.headers.get('x-stream') })
}
