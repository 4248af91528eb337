import { expect, test } from '@jest/globals'
import type { MuxSession, PlexusError } from '@plexus/contract'
import { frames, type ScriptedPeer, type VirtualClock } from '@plexus/testkit'
import { pairOf, stageOf } from '../pair.test.kit.js'
import { HttpClient } from './http-client.js'

const origin = 'http://h.test'

async function clientOn(): Promise<{
  clock: VirtualClock
  session: MuxSession
  peer: ScriptedPeer
  client: HttpClient
}> {
  const stage = await stageOf('client')
  return { ...stage, client: new HttpClient(stage.session, { origin, clock: stage.clock }) }
}

/** `streamReceive`, and what the session may lend on top of it (L10). */
const LARGEST_WINDOW = 4 * 256 * 1024

const ok = { ':status': '200 OK', ':version': 'HTTP/1.1' }
const failure = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

test.each([
  ['HEAD', '200 OK', '5'],
  ['GET', '204 No Content', undefined],
  ['GET', '304 Not Modified', '5'],
])('an answer to %s with %s has no body, whatever length it says', async (method, status, length) => {
  const { client, peer } = await clientOn()
  const answer = client.request({ method, path: '/' })
  await peer.wants({ type: 'open', id: 1, end: true })
  const headers = { ...ok, ':status': status, ...(length !== undefined && { 'content-length': length }) }
  await peer.sends(frames.reply(1, { headers, end: true }))
  const response = await answer
  expect(await response.text()).toBe('')
  expect(response.headers.get('content-length')).toBe(length)
})

test.each([
  ['shorter', '6', 'hello'],
  ['longer', '4', 'hello'],
])('S05 a body %s than announced is an error, never a success', async (_, length, body) => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(
    frames.reply(1, { headers: { ...ok, 'content-length': length } }),
    frames.data(1, body, { end: true }),
  )
  expect(await failure((await answer).bytes())).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
})

test('S13 a body is read whole up to a limit, and the rest is given up', async () => {
  const { client, peer } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }), frames.data(1, 'hello'))
  expect(await failure((await answer).bytes(4))).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
  await peer.wants({ type: 'reset', id: 1 })
})

test('AM-26 trailers come behind the body, on both ways', async () => {
  const { client, clock } = pairOf(async (exchange) => {
    const said = await exchange.body.text()
    const { flat } = await exchange.body.trailers
    exchange.respond({ headers: { said, trailers: flat.join() } })
    await exchange.end('body', { sum: '42' })
  })
  const http = new HttpClient(client, { origin, clock })
  for (const trailers of [{ a: 'b' }, () => ({ a: 'b' }), async () => [['a', 'b']] as const]) {
    const response = await http.request({ method: 'POST', path: '/', body: 'x', trailers })
    expect(response.headers.get('trailers')).toBe('a,b')
    expect(await response.text()).toBe('body')
    expect((await response.trailers).get('sum')).toBe('42')
  }
})

test('AM-15 a slow consumer loses nothing, and credit goes back only as it reads', async () => {
  const { client, peer, clock } = await clientOn()
  const answer = client.request({ path: '/' })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }))
  const payload = 'x'.repeat(1000)
  for (let i = 0; i < 65; i++) await peer.sends(frames.data(1, payload))
  const { body } = await answer
  await clock.advance(1000)
  const credit = (id: number) =>
    peer.frames.reduce((sum, f) => (f.type === 'window' && f.id === id ? sum + f.delta : sum), 0)
  const ofSession = credit(0)
  expect(credit(1)).toBe(0)
  let received = 0
  for await (const bytes of body) {
    received += bytes.length
    // What was granted beyond what was read is never more than the window.
    expect(credit(1)).toBeLessThanOrEqual(received + LARGEST_WINDOW)
    await clock.advance(300)
    if (received === 65_000) await peer.sends(frames.data(1, 'last', { end: true }))
  }
  expect(received).toBe(65_004)
  expect(credit(1)).toBeGreaterThan(0)
  expect(credit(0)).toBeGreaterThanOrEqual(ofSession)
})

test('AM-16 AM-17 a body larger than the window goes out as the peer grants it', async () => {
  const { client, peer } = await clientOn()
  const body = new Uint8Array(100 * 1024).fill(7)
  const answer = client.request({ method: 'POST', path: '/', body })
  await peer.wants({ type: 'open', id: 1, headers: { 'content-length': '102400' } })
  await peer.wantsPayload(1, body.subarray(0, 65_536))
  await peer.idle()
  await peer.sends(frames.window(1, 65_536), frames.window(0, 65_536))
  await peer.wantsPayload(1, body.subarray(65_536), { end: true })
  await peer.sends(frames.reply(1, { headers: ok, end: true }))
  await (await answer).sent
})

test('AM-18 two requests share the session’s window', async () => {
  const { client, peer } = await clientOn()
  const body = new Uint8Array(40 * 1024)
  for (let i = 0; i < 2; i++) client.request({ method: 'POST', path: '/', body }).catch(() => {})
  await peer.wants({ type: 'open', id: 1 })
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends()
  const sent = () =>
    peer.frames.reduce((sum, frame) => (frame.type === 'data' ? sum + frame.payload.length : sum), 0)
  expect(sent()).toBe(65_536)
  await peer.sends(frames.window(0, 65_536))
  expect(sent()).toBe(80 * 1024)
})

test('AM-17 AM-19 AM-20 bodies stream both ways with back-pressure, and an open upload holds nobody up', async () => {
  const { client, clock } = pairOf(async (exchange) => {
    if (exchange.request.method === 'GET') return
    exchange.respond()
    for await (const bytes of exchange.body) await exchange.write(bytes)
    await exchange.end()
  })
  const http = new HttpClient(client, { origin, clock })
  let pulled = 0
  let wait: Promise<void> | undefined
  async function* body() {
    for (; pulled < 200; pulled++) {
      await wait
      yield new Uint8Array(16 * 1024)
    }
  }
  const response = await http.request({ method: 'POST', path: '/', body: body() })
  const first = await response.body.read()
  expect(first?.length).toBeGreaterThan(0)
  await clock.settle()
  // Nobody reads: what is under way is what the windows and queues hold, and the source is asked for no more.
  const held = pulled
  expect(held).toBeLessThan(200)
  await clock.advance(1000)
  expect(pulled).toBe(held)
  expect((await http.request({ path: '/' })).status).toBe(200)
  let size = first!.length
  for await (const bytes of response.body) size += bytes.length
  expect(size).toBe(200 * 16 * 1024)
  wait = undefined
  await response.sent
})

test('a body may be a web stream, which is cancelled when nobody wants it any more', async () => {
  const { client, peer, clock } = await clientOn()
  let reason: unknown = 'not cancelled'
  const body = new ReadableStream<string>({
    start: (controller) => controller.enqueue('hello'),
    cancel: (why) => {
      reason = why
    },
  })
  const error = failure(client.request({ method: 'POST', path: '/', body }))
  await peer.wants({ type: 'open', id: 1 })
  await peer.wantsPayload(1, 'hello')
  await peer.sends(frames.reset(1, 'INTERNAL_ERROR'))
  expect(await error).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
  await clock.settle()
  expect(reason).toBeUndefined()
})

test.each([
  ['shorter', 6],
  ['longer', 4],
])('S05 a streamed body %s than it announced resets its request', async (_, length) => {
  const { client, peer } = await clientOn()
  async function* body() {
    yield 'hello'
  }
  const headers = { 'content-length': length }
  const error = failure(client.request({ method: 'POST', path: '/', body: body(), headers }))
  await peer.wants({ type: 'open', id: 1 })
  expect(await error).toMatchObject({ scope: 'request', blame: 'application' })
  await peer.sends()
  expect(peer.frames.at(-1)).toMatchObject({ type: 'reset', id: 1, code: 'CANCEL' })
})

test('a body that fails resets its request, and is the cause of the error', async () => {
  const { client, peer } = await clientOn()
  const why = new Error('disk on fire')
  async function* body() {
    yield 'hello'
    throw why
  }
  const error = failure(client.request({ method: 'POST', path: '/', body: body() }))
  expect(await error).toMatchObject({ scope: 'request', blame: 'application', cause: why })
  await peer.sends()
  expect(peer.frames.at(-1)).toMatchObject({ type: 'reset', id: 1, code: 'CANCEL' })
})

test('an answer that comes before the body is sent holds, and says what became of the body', async () => {
  const { client, peer } = await clientOn()
  let isEnded = false
  async function* body() {
    try {
      for (;;) yield new Uint8Array(16 * 1024)
    } finally {
      isEnded = true
    }
  }
  const answer = client.request({ method: 'POST', path: '/', body: body() })
  await peer.wants({ type: 'open', id: 1 })
  const headers = { ...ok, ':status': '413 Content Too Large', 'content-length': '3' }
  await peer.sends(frames.reply(1, { headers }), frames.data(1, 'big', { end: true }))
  const response = await answer
  await peer.sends(frames.reset(1, 'CANCEL'))
  await response.sent
  expect(response.status).toBe(413)
  expect(await response.text()).toBe('big')
  expect((await response.trailers).size).toBe(0)
  expect(isEnded).toBe(true)
})

test('a body that is expected waits for the answer, a second at most', async () => {
  const { client, peer, clock } = await clientOn()
  const post = () => client.request({ method: 'POST', path: '/', body: 'x', expectContinue: true })
  const first = post()
  await peer.wants({ type: 'open', id: 1, headers: { expect: '100-continue' }, end: false })
  await clock.advance(999)
  await peer.idle()
  await clock.advance(1)
  await peer.wantsPayload(1, 'x', { end: true })
  await peer.sends(frames.reply(1, { headers: ok, end: true }))
  expect((await first).status).toBe(200)

  const asked = post()
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.reply(3, { headers: { ...ok, ':status': '100 Continue' } }))
  await peer.wantsPayload(3, 'x', { end: true })
  await peer.sends(frames.headers(3, ok, { end: true }))
  expect((await asked).status).toBe(200)

  const refused = post()
  await peer.wants({ type: 'open', id: 5 })
  await peer.sends(frames.reply(5, { headers: { ...ok, ':status': '401 Unauthorized' }, end: true }))
  expect((await refused).status).toBe(401)
  await peer.wantsPayload(5, '', { end: true })
  await clock.advance(2000)
  await peer.idle()
})

test('S07 a tunnel is two bodies that go on as long as both want', async () => {
  const { client, clock } = pairOf(async (exchange) => {
    expect(exchange.request).toMatchObject({ method: 'CONNECT', authority: 'far:22' })
    exchange.respond()
    for await (const bytes of exchange.body) await exchange.write(bytes)
    await exchange.end()
  })
  const http = new HttpClient(client, { clock })
  const { stream, status } = await http.request({ method: 'CONNECT', authority: 'far:22' })
  expect(status).toBe(200)
  await stream.write('ping')
  expect(new TextDecoder().decode(await stream.read())).toBe('ping')
  await stream.close()
  expect(await stream.read()).toBeUndefined()
})
