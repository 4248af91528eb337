import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { MuxSession, MuxStream } from '@plexus/contract'
import { goAvailable, SPDYSTREAM } from '../go-peer.js'
import { type Peer, serveSpdystream, serveSpdyTransport } from '../peers.js'
import { connectOurs, type Profile } from './our-side.js'
import { testBytes } from './test-bytes.js'

/* Our client against foreign servers, by the echo contract. */

jest.setTimeout(60_000)

const go = goAvailable(SPDYSTREAM)
if (!go.available) console.warn(`Tests against moby/spdystream are skipped: ${go.reason}`)

interface Server {
  readonly name: string
  readonly profile: Profile
  readonly missing?: string
  start(): Promise<Peer>
}

const SERVERS: readonly Server[] = [
  {
    name: 'moby/spdystream',
    profile: 'spdystream',
    ...(!go.available && { missing: go.reason }),
    start: serveSpdystream,
  },
  { name: 'spdy-transport, SPDY/3.1', profile: 'spdy31', start: () => serveSpdyTransport('3.1') },
  { name: 'spdy-transport, SPDY/3', profile: 'spdy3', start: () => serveSpdyTransport('3') },
]

/**
 * Fewer than a credit's worth. spdy-transport forgets a stream when its last bytes are queued, answers a credit for it
 * with a reset, and that overtakes the bytes; one stream at a time, as below, it sends them first.
 */
const BYTES = 16_000

describe.each(SERVERS)('our client and a server on $name', ({ profile, missing, start }) => {
  const test = missing === undefined ? it : it.skip
  const why = missing === undefined ? '' : ` (skipped: ${missing})`
  let server: Peer
  let session: MuxSession

  beforeEach(async () => {
    if (missing !== undefined) return
    server = await start()
    session = await connectOurs(profile, server.port)
  })

  afterEach(async () => {
    session?.destroy()
    await server?.stop()
  })

  test(`exchange 200 streams of 16,000 bytes, 50 at once${why}`, async () => {
    let next = 0
    const worker = async () => {
      while (next < 200) {
        const i = next++
        expectBytes(await exchange(await request(session, i), testBytes(i, BYTES)), testBytes(i, BYTES))
      }
    }
    await Promise.all(Array.from({ length: 50 }, worker))
    expect(session.streamCount).toBe(0)
  })

  test(`exchange more than both windows hold on one stream${why}`, async () => {
    const body = testBytes(0, 1_000_000)
    expectBytes(await exchange(await request(session, 0), body), body)
  })

  test(`agree on the headers of the reply${why}`, async () => {
    const stream = await request(session, 17)
    const reply = await stream.replied
    expect(reply.get(':status')).toMatch(/^200/)
    expect(reply.get('x-echo-x-stream')).toBe('17')
  })

  test(`go on in one direction when the other has ended${why}`, async () => {
    const stream = await request(session, 1)
    await stream.close()
    expectBytes(await readAll(stream), new Uint8Array(0))
    expect(await stream.closed).toBeUndefined()
  })

  test(`agree that a GET is answered with a body${why}`, async () => {
    const headers = { ...requestHeaders(1), ':method': 'GET' }
    const stream = await session.open({ headers, end: true })
    expect(Buffer.from(await readAll(stream)).toString()).toMatch(/^hello from spdy/)
    expect(await stream.closed).toBeUndefined()
  })

  test(`agree on a reset behind the reply${why}`, async () => {
    const stream = await request(session, 2, 'reset')
    expect((await stream.replied).get(':status')).toMatch(/^200/)
    expect(await stream.closed).toMatchObject({ scope: 'stream', blame: 'peer', code: 'CANCEL' })
  })

  test(`agree on a refusal, which says that trying again is safe${why}`, async () => {
    const stream = await request(session, 3, 'refuse')
    const refusal = { scope: 'stream', blame: 'peer', code: 'REFUSED_STREAM', processed: 'no' }
    await expect(stream.replied).rejects.toMatchObject(refusal)
  })

  test(`agree on trailers behind the body${why}`, async () => {
    const body = testBytes(4, 20_000)
    const stream = await request(session, 4, 'trailers')
    expectBytes(await exchange(stream, body), body)
    const trailers = await stream.readHeaders()
    expect(trailers?.get('x-trailer-sha256')).toBe(createHash('sha256').update(body).digest('hex'))
  })

  test(`agree on a pushed stream beside the echo${why}`, async () => {
    const stream = await request(session, 5, 'push')
    const pushed = await firstOf(session)
    expect(pushed).toMatchObject({ parent: stream.id, initiator: 'peer' })
    expect(pushed.headers.get('x-from')).toBe('server')
    expectBytes(await readAll(pushed), testBytes(9999, 1024))
    expectBytes(await exchange(stream, testBytes(5, 1000)), testBytes(5, 1000))
  })

  test(`agree on a ping${why}`, async () => {
    expect(await session.ping()).toBeGreaterThan(0)
  })

  test(`part without loss when the server goes away${why}`, async () => {
    const body = testBytes(6, 1000)
    expectBytes(await exchange(await request(session, 6, 'goaway'), body), body)
    expect(await session.closed).toBeUndefined()
  })

  test(`part without loss when our client goes away${why}`, async () => {
    const body = testBytes(7, 1000)
    expectBytes(await exchange(await request(session, 7), body), body)
    await session.close()
    expect(await session.closed).toBeUndefined()
  })
})

function request(session: MuxSession, i: number, test?: string): Promise<MuxStream> {
  const headers = { ...requestHeaders(i), ...(test !== undefined && { 'x-test': test }) }
  return session.open({ headers })
}

function requestHeaders(i: number): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': `/echo/${i}`,
    ':version': 'HTTP/1.1',
    ':host': 'peer',
    ':scheme': 'http',
    'x-stream': String(i),
  }
}

/** Writes and reads at the same time, to an orderly end of both halves. */
async function exchange(stream: MuxStream, body: Uint8Array): Promise<Uint8Array> {
  const [echoed] = await Promise.all([readAll(stream), stream.write(body, { end: true })])
  expect(await stream.closed).toBeUndefined()
  return echoed
}

async function readAll(stream: MuxStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function firstOf(session: MuxSession): Promise<MuxStream> {
  for await (const stream of session) return stream
  throw new Error('expected the server to open a stream')
}

/** Says how they differ in one line instead of a million. */
function expectBytes(got: Uint8Array, want: Uint8Array): void {
  expect({ length: got.length, same: Buffer.compare(got, want) === 0 }).toEqual({
    length: want.length,
    same: true,
  })
}
