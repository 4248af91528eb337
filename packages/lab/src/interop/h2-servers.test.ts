/* DG-30: our client against foreign servers of HTTP/2, by the HTTP contract (see http-side.ts). */
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type ClientResponse, HttpClient } from '@plexus/http'
import { connect } from 'plexus/node'
import { HTTP2_PEERS } from '../http2-peers.js'
import type { Peer } from '../peers.js'

jest.setTimeout(30_000)

const MIB = 1024 * 1024

describe.each(HTTP2_PEERS)('DG-30 our client and a server on $name', ({ missing, takesGoodbye, serve }) => {
  const why = missing === undefined ? '' : ` (skipped: ${missing})`
  const test = missing === undefined ? it : it.skip
  let server: Peer
  let client: HttpClient

  beforeEach(async () => {
    if (missing !== undefined) return
    server = await serve()
    const origin = `http://127.0.0.1:${server.port}`
    client = new HttpClient(await connect(`h2+tcp://127.0.0.1:${server.port}`), { origin })
  })

  afterEach(async () => {
    client?.session.destroy()
    await server?.stop()
  })

  test.each([0, 1, 16_384, 8 * MIB])(`agree on %d bytes and their digest${why}`, async (size) => {
    const response = await client.request({ path: `/bytes/${size}` })
    expect(await sizeAndAgreement(response)).toEqual([size, true])
  })

  test(`agree on an upload of 4 MiB that is echoed, with trailers both ways${why}`, async () => {
    await expectEcho(client, 4 * MIB)
  })

  test(`exchange a hundred bodies at once, each larger than a window${why}`, async () => {
    await Promise.all(Array.from({ length: 100 }, () => expectEcho(client, 80_000)))
    expect(client.session.streamCount).toBe(0)
  })

  test(`go on while a body of 8 MiB is left unread, and it is whole afterwards${why}`, async () => {
    const unread = await client.request({ path: `/bytes/${8 * MIB}` })
    for (let i = 0; i < 5; i += 1) await expectEcho(client, 100_000)
    expect(await sizeAndAgreement(unread)).toEqual([8 * MIB, true])
  })

  test(`agree on what is cancelled, before the answer and in the midst of it${why}`, async () => {
    const cancel = new AbortController()
    const hanging = client.request({ path: '/hang', signal: cancel.signal })
    const midway = await client.request({ path: `/bytes/${8 * MIB}` })
    await midway.body.read()
    midway.cancel()
    await expectEcho(client, 10)
    cancel.abort()
    await expect(hanging).rejects.toMatchObject({ code: 'CANCEL', blame: 'application' })
    expect((await client.do({ path: '/cancelled' })).status).toBe(200)
    expect(await client.session.ping()).toBeGreaterThanOrEqual(0)
  })

  test(`agree on 103 before the answer${why}`, async () => {
    const stream = await client.session.open({
      headers: { ':method': 'GET', ':scheme': 'http', ':authority': 'peer', ':path': '/hints' },
      end: true,
    })
    expect((await stream.readInform())?.get('link')).toBe('</style.css>; rel=preload')
    expect((await stream.replied).get(':status')).toBe('200')
  })

  test(`part in peace: what was asked before GOAWAY comes whole, what is asked after it was not done${why}`, async () => {
    const early = await client.request({ path: `/bytes/${MIB}` })
    const going = await client.request({ path: '/goaway' })
    expect(await sizeAndAgreement(going)).toEqual([MIB, true])
    await expect(client.request({ path: '/bytes/1' })).rejects.toMatchObject({ processed: 'no' })
    expect(await sizeAndAgreement(early)).toEqual([MIB, true])
    expect(await client.session.closed).toBeUndefined()
  })

  const asItGoes = takesGoodbye ? 'while a body is under way, which comes whole' : 'with nothing open'
  test(`part in peace when we go ${asItGoes}${why}`, async () => {
    const early = await client.request({ path: `/bytes/${takesGoodbye ? MIB : 0}` })
    if (!takesGoodbye) await early.bytes()
    const closing = client.close()
    if (takesGoodbye) expect(await sizeAndAgreement(early)).toEqual([MIB, true])
    await closing
    expect(await client.session.closed).toBeUndefined()
  })
})

/** How many bytes came, and whether they have the digest that came behind them. */
async function sizeAndAgreement({ body, trailers }: ClientResponse): Promise<[number, boolean]> {
  const digest = createHash('sha256')
  for await (const bytes of body) digest.update(bytes)
  return [body.received, (await trailers).get('x-sha256') === digest.digest('hex')]
}

async function expectEcho(client: HttpClient, size: number): Promise<void> {
  const bytes = randomBytes(size)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { status, body, trailers } = await client.do({
    method: 'POST',
    path: '/echo',
    headers: { trailer: 'x-sum' },
    body: bytes,
    trailers: { 'x-sum': sha256 },
  })
  expect([status, trailers.get('x-sha256'), trailers.get('x-echo-sum')]).toEqual([200, sha256, sha256])
  expect(bytes.equals(body)).toBe(true)
}
