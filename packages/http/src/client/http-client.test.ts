import { expect, test } from '@jest/globals'
import { isRetryable, type MuxSession, type PlexusError } from '@plexus/contract'
import { frames, type ScriptedPeer, type VirtualClock } from '@plexus/testkit'
import { pairOf, stageOf } from '../pair.test.kit.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'

const origin = 'http://h.test'

async function clientOn(options: HttpClientOptions = {}): Promise<{
  clock: VirtualClock
  session: MuxSession
  peer: ScriptedPeer
  client: HttpClient
}> {
  const stage = await stageOf('client')
  return { ...stage, client: new HttpClient(stage.session, { origin, clock: stage.clock, ...options }) }
}

const ok = { ':status': '200 OK', ':version': 'HTTP/1.1' }
const failure = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

test('AM-3 an answer has status, reason, headers and body', async () => {
  const { client, clock } = pairOf(async (exchange) => {
    const said = await exchange.body.text()
    exchange.respond({ status: 201, headers: { a: 'b', 'content-length': said.length } })
    await exchange.end(said.toUpperCase())
  })
  const http = new HttpClient(client, { origin, clock })
  const response = await http.request({ method: 'POST', path: '/a', body: 'hello' })
  expect(response).toMatchObject({ status: 201, statusText: 'Created', ok: true })
  expect(response.headers.get('A')).toBe('b')
  expect(response.body.length).toBe(5)
  expect(await response.text()).toBe('HELLO')
  await response.sent
})

test('AM-4 every value of a repeated header survives', async () => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1, end: true })
  await peer.sends(frames.reply(1, { headers: { ...ok, 'set-cookie': ['a=1', 'b=2'] }, end: true }))
  expect((await answer).headers.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
})

test.each([
  ['REFUSED_STREAM', true],
  ['CANCEL', false],
  ['INTERNAL_ERROR', false],
] as const)(
  'AM-5 a request that is reset with %s fails with it; to be made again: %s',
  async (code, isSafe) => {
    const { client, peer } = await clientOn()
    const error = failure(client.request({ path: '/' }))
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.reset(1, code))
    expect(await error).toMatchObject({ scope: 'stream', code, blame: 'peer', streamId: 1 })
    expect(isRetryable(await error)).toBe(isSafe)
  },
)

test('AM-5 a body that is reset half-way fails with the code', async () => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }), frames.data(1, 'half'))
  const response = await answer
  const error = failure(response.text())
  await peer.sends(frames.reset(1, 'INTERNAL_ERROR'))
  expect(await error).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
})

test('AM-6 a silent peer is a TIMEOUT for the caller and a CANCEL on the wire', async () => {
  const { client, peer, clock, session } = await clientOn({ timeoutMs: 3000 })
  const error = failure(client.request({ path: '/' }))
  await peer.wants({ type: 'open', id: 1 })
  await clock.advance(2999)
  await peer.idle()
  await clock.advance(1)
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  expect(await error).toMatchObject({ code: 'TIMEOUT', blame: 'peer', streamId: 1, processed: 'unknown' })
  expect(session.streamCount).toBe(0)
})

test('AM-6 without a time-out of its own a request has the session’s', async () => {
  const { session, peer, clock } = await stageOf('client', undefined, { limits: { openTimeoutMs: 5000 } })
  const error = failure(new HttpClient(session, { origin }).request({ path: '/' }))
  await peer.wants({ type: 'open', id: 1 })
  await clock.advance(6000)
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  expect(await error).toMatchObject({ code: 'TIMEOUT', blame: 'peer', streamId: 1 })
})

test('AM-6 a request that waits for a place until its time is over is never sent', async () => {
  const { client, peer, clock } = await clientOn()
  await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
  const first = client.request({ path: '/1' })
  const error = failure(client.request({ path: '/2', timeoutMs: 500 }))
  await peer.wants({ type: 'open', id: 1 })
  await clock.advance(500)
  expect(await error).toMatchObject({ code: 'TIMEOUT', processed: 'no' })
  await peer.sends(frames.reply(1, { headers: ok, end: true }))
  await first
  await peer.idle()
})

test('AM-6 a body that goes out slowly is not silence', async () => {
  const { client, peer, clock } = await clientOn({ timeoutMs: 1000 })
  let goOn = () => {}
  async function* body() {
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      yield `${i}`
    }
  }
  const answer = client.request({ method: 'POST', path: '/', body: body() })
  await peer.wants({ type: 'open', id: 1, end: false })
  for (let i = 0; i < 3; i++) {
    await clock.advance(900)
    goOn()
    await peer.wantsPayload(1, `${i}`)
  }
  await peer.sends(frames.reply(1, { headers: ok, end: true }))
  expect((await answer).status).toBe(200)
  await clock.advance(5000)
  await peer.idle()
})

test('AM-7 after GOAWAY a request fails as retryable, one below the last good id ends, one above fails at once', async () => {
  const { client, peer } = await clientOn()
  const first = client.request({ path: '/1' })
  const second = failure(client.request({ path: '/3' }))
  await peer.wants({ type: 'open', id: 1 })
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.goAway(1))
  expect(isRetryable(await second)).toBe(true)
  expect(isRetryable(await failure(client.request({ path: '/5' })))).toBe(true)
  await peer.sends(frames.reply(1, { headers: ok }), frames.data(1, 'done', { end: true }))
  expect(await (await first).text()).toBe('done')
})

test('AM-8 a push after our GOAWAY is ignored, and the session lives until its requests are over', async () => {
  const { client, peer, clock } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  const closed = client.close()
  await peer.wants({ type: 'goAway' })
  await peer.sends(frames.open(2, { headers: {}, parent: 1, unidirectional: true }), frames.ping(2))
  await peer.wants({ type: 'ping', token: 2 })
  await peer.sends(frames.reply(1, { headers: ok, end: true }))
  expect((await answer).status).toBe(200)
  await clock.advance(2000)
  await closed
})

test('AM-24 a ping is true within its time, false after it, and each has its own answer', async () => {
  const { client, peer, clock } = await clientOn()
  const pings = [client.ping(100), client.ping(200), client.ping(300)]
  const [a, b, c] = [
    await peer.wants({ type: 'ping' }),
    await peer.wants({ type: 'ping' }),
    await peer.wants({ type: 'ping' }),
  ]
  await clock.advance(150)
  await peer.sends(frames.ping(c.token, { ack: true }), frames.ping(b.token, { ack: true }))
  await peer.sends(frames.ping(a.token, { ack: true }))
  expect(await Promise.all(pings)).toEqual([false, true, true])
  client.session.destroy()
  await clock.advance(2000)
  expect(await failure(client.ping(100))).toMatchObject({ scope: 'session' })
})

test.each([
  ['an even id of ours', 2],
  ['a lower id', 4],
])('AM-29 a push with %s ends the session, not the process', async (_, lower) => {
  const { client, peer, session, clock } = await clientOn({ onPush: () => true })
  client.request({ path: '/' }).catch(() => {})
  await peer.wants({ type: 'open', id: 1 })
  const headers = { ':scheme': 'http', ':host': 'h.test', ':path': '/a', ...ok }
  const push = (id: number) => frames.open(id, { headers, parent: 1, unidirectional: true })
  await peer.sends(push(6), push(lower === 2 ? 3 : lower))
  await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
  await clock.advance(2000)
  expect(await session.closed).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
})

test('AM-30 close says GOAWAY first, and lets what is open end', async () => {
  const { client, peer, clock } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  const closed = client.close()
  await peer.wants({ type: 'goAway', code: 'NO_ERROR' })
  await peer.sends(frames.reply(1, { headers: ok }), frames.data(1, 'x', { end: true }))
  expect(await (await answer).text()).toBe('x')
  await peer.wantsEnd()
  await clock.advance(2000)
  await closed
})

test('a signal gives a request up before its place, before its answer and in its body', async () => {
  const { client, peer } = await clientOn()
  await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
  const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()]
  const first = failure(client.request({ path: '/', signal: one.signal }))
  const second = failure(client.request({ path: '/', signal: two.signal }))
  const third = client.request({ path: '/', signal: three.signal, timeoutMs: 50 })
  await peer.wants({ type: 'open', id: 1 })
  two.abort()
  expect(await second).toMatchObject({ code: 'CANCEL', blame: 'application', processed: 'no' })
  one.abort()
  expect(await first).toMatchObject({ code: 'CANCEL', blame: 'application' })
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.reply(3, { headers: ok }))
  const body = failure((await third).text())
  three.abort()
  expect(await body).toMatchObject({ code: 'CANCEL', blame: 'application' })
  await peer.wants({ type: 'reset', id: 3, code: 'CANCEL' })
})

test.each([
  ['no status', { ':version': 'HTTP/1.1' }],
  ['a status of two digits', { ':status': '20', ':version': 'HTTP/1.1' }],
  ['a pseudo field of requests', { ...ok, ':path': '/' }],
  ['a field of one connection', { ...ok, connection: 'close' }],
  ['two lengths', { ...ok, 'content-length': ['1', '1'] }],
  ['a length that is no number', { ...ok, 'content-length': '+1' }],
  ['a switch of protocols', { ...ok, ':status': '101 Switching Protocols' }],
])('S01 S03 S04 S05 an answer with %s is a PROTOCOL_ERROR of its stream alone', async (_, headers) => {
  const { client, peer } = await clientOn()
  const error = failure(client.request({ path: '/' }))
  const other = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.reply(1, { headers, end: false }))
  expect(await error).toMatchObject({ scope: 'stream', code: 'PROTOCOL_ERROR', blame: 'peer', streamId: 1 })
  await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
  await peer.sends(frames.reply(3, { headers: ok, end: true }))
  expect((await other).status).toBe(200)
})

test('S09 an answer to what nobody asked, and a second answer, reset their streams', async () => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(7, { headers: ok }))
  await peer.wants({ type: 'reset', id: 7, code: 'INVALID_STREAM' })
  await peer.sends(frames.reply(1, { headers: ok }))
  const body = failure((await answer).text())
  await peer.sends(frames.reply(1, { headers: ok }))
  await peer.wants({ type: 'reset', id: 1, code: 'STREAM_IN_USE' })
  expect(await body).toMatchObject({ code: 'STREAM_IN_USE', blame: 'peer' })
})

test('S09 ten interim answers may come before the final one, an eleventh is a fault', async () => {
  const { client, peer } = await clientOn()
  const interim = { ':status': '103 Early Hints', ':version': 'HTTP/1.1' }
  const answers = [client.request({ path: '/' }), failure(client.request({ path: '/' }))] as const
  for (const id of [1, 3]) {
    await peer.wants({ type: 'open', id })
    await peer.sends(frames.reply(id, { headers: interim }))
    for (let i = 0; i < 9; i++) await peer.sends(frames.headers(id, interim))
  }
  await peer.sends(frames.headers(1, ok, { end: true }))
  expect((await answers[0]).status).toBe(200)
  await peer.sends(frames.headers(3, interim))
  expect(await answers[1]).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
})

test('S13 an answer of more fields than the limit is refused like a request', async () => {
  const { client, peer } = await clientOn()
  const error = failure(client.request({ path: '/' }))
  await peer.wants({ type: 'open', id: 1 })
  const many = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`x-${i}`, 'y']))
  await peer.sends(frames.reply(1, { headers: { ...ok, ...many } }))
  expect(await error).toMatchObject({ blame: 'peer' })
})

test('S10 names that every object has are headers like any other', async () => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  const headers = [...Object.entries(ok), ['__proto__', 'a'], ['constructor', 'b']] as [string, string][]
  await peer.sends(frames.reply(1, { headers, end: true }))
  const { headers: got } = await answer
  expect([got.get('__proto__'), got.get('constructor'), got.get('tostring')]).toEqual(['a', 'b', undefined])
})
