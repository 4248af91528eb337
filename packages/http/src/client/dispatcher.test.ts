import { afterEach, describe, expect, test } from '@jest/globals'
import { listen } from 'plexus/node'
import { FormData, request, fetch as undiciFetch } from 'undici'
import { pairOf } from '../pair.test.kit.js'
import type { ExchangeHandler } from '../server/exchange.js'
import { httpStreams } from '../server/serve.js'
import { SessionDispatcher } from './dispatcher.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'
import { createPool } from './pool/dial-http.js'

const origin = 'http://h.test'

function dispatcherTo(handler: ExchangeHandler, options: HttpClientOptions = {}) {
  const pair = pairOf(handler)
  const client = new HttpClient(pair.client, { clock: pair.clock, origin, ...options })
  return { ...pair, dispatcher: new SessionDispatcher(client) }
}

const echo: ExchangeHandler = async (exchange) => {
  const { method, path, authority, headers } = exchange.request
  const body = await exchange.body.text()
  exchange.respond({
    status: 201,
    headers: { 'set-cookie': ['a', 'b'], type: headers.get('content-type'), authority },
  })
  await exchange.end(`${method} ${path} ${body}`, { sum: '42' })
}

const failure = (promise: Promise<unknown>): Promise<Error & { cause?: unknown }> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('undici.request asks over a session', async () => {
  const { dispatcher, client } = dispatcherTo(echo)
  const response = await request(`${origin}/a`, {
    dispatcher,
    method: 'POST',
    body: 'hello',
    query: { c: [1, 2] },
    headers: { 'Content-Type': 'text/x', Connection: 'close' },
  })
  expect(response.statusCode).toBe(201)
  expect(response.headers).toMatchObject({ 'set-cookie': ['a', 'b'], type: 'text/x', authority: 'h.test' })
  expect(await response.body.text()).toBe('POST /a?c=1&c=2 hello')
  expect(response.trailers).toMatchObject({ sum: '42' })
  expect(client.streamCount).toBe(0)
})

test.each([
  ['undici’s', undiciFetch as unknown as typeof fetch],
  ['Node’s own', fetch],
])('%s fetch asks over a session', async (_, fetch) => {
  const { dispatcher } = dispatcherTo(echo)
  const init = { dispatcher } as RequestInit
  const got = await fetch(`${origin}/a?b#c`, init)
  expect(got.status).toBe(201)
  expect(got.headers.getSetCookie()).toEqual(['a', 'b'])
  expect(await got.text()).toBe('GET /a?b ')
  const posted = await fetch(`${origin}/`, { ...init, method: 'POST', body: 'hello' })
  expect(await posted.text()).toBe('POST / hello')
  const body = new Blob(['streamed']).stream()
  const streamed = await fetch(`${origin}/`, { ...init, method: 'PUT', body, duplex: 'half' } as RequestInit)
  expect(await streamed.text()).toBe('PUT / streamed')
})

test('bodies of every kind that undici takes go out', async () => {
  const { dispatcher } = dispatcherTo(echo)
  const form = new FormData()
  form.set('a', 'b')
  for (const [body, said] of [
    [Buffer.from('buffer'), 'buffer'],
    [new Uint16Array([0x6968]), 'hi'],
    [new Blob(['blob']), 'blob'],
    [['it', 'ems'], 'items'],
    [form, 'name="a"'],
  ] as const) {
    const response = await request(origin, { dispatcher, method: 'POST', body: body as never })
    expect(await response.body.text()).toContain(said)
    if (body === form) expect(response.headers.type).toMatch(/^multipart\/form-data; boundary=/)
  }
})

test('a reader that does not read holds the server back', async () => {
  let written = 0
  const { dispatcher, clock } = dispatcherTo(async (exchange) => {
    for (; written < 200; written++) await exchange.write(new Uint8Array(16 * 1024))
  })
  const { body } = await request(origin, { dispatcher })
  for (let i = 0; i < 10; i++) {
    await turn()
    await clock.settle()
  }
  const held = written
  expect(held).toBeLessThan(200)
  await clock.settle()
  expect(written).toBe(held)
  expect((await body.arrayBuffer()).byteLength).toBe(200 * 16 * 1024)
})

test('to give up resets the stream, before the head and in the body', async () => {
  const codes: unknown[] = []
  let isHere = () => {}
  const here = new Promise<void>((resolve) => {
    isHere = resolve
  })
  const { dispatcher, client, clock } = dispatcherTo(async (exchange) => {
    isHere()
    void exchange.stream.closed.then((error) => codes.push(error?.code))
    if (exchange.request.path === '/half') await exchange.write('half')
    await new Promise(() => {})
  })
  const controller = new AbortController()
  const silent = failure(request(`${origin}/silent`, { dispatcher, signal: controller.signal }))
  await here
  controller.abort()
  expect((await silent).name).toBe('AbortError')
  const { body } = await request(`${origin}/half`, { dispatcher })
  body.on('error', () => {})
  body.destroy()
  for (let i = 0; i < 5; i++) {
    await turn()
    await clock.settle()
  }
  expect(codes).toEqual(['CANCEL', 'CANCEL'])
  expect(client.streamCount).toBe(0)
})

test('what ends the stream is the error of the request', async () => {
  const { dispatcher } = dispatcherTo((exchange) => exchange.stream.refuse())
  expect(await failure(request(origin, { dispatcher }))).toMatchObject({
    code: 'REFUSED_STREAM',
    processed: 'no',
  })
  const error = await failure(undiciFetch(origin, { dispatcher }))
  expect(error.cause).toMatchObject({ code: 'REFUSED_STREAM' })
})

test('time-outs of undici hold on the client’s clock', async () => {
  const { dispatcher, clock } = dispatcherTo(async (exchange) => {
    if (exchange.request.path === '/half') await exchange.write('half')
    await new Promise(() => {})
  })
  const silent = failure(request(`${origin}/silent`, { dispatcher, headersTimeout: 500 }))
  await turn()
  await clock.advance(500)
  expect(await silent).toMatchObject({ code: 'TIMEOUT' })
  const { body } = await request(`${origin}/half`, { dispatcher, bodyTimeout: 500 })
  const text = failure(body.text())
  await turn()
  await clock.advance(500)
  expect(await text).toMatchObject({ code: 'TIMEOUT' })
})

test('an upgrade is an error', async () => {
  const { dispatcher } = dispatcherTo(echo)
  const upgrade = dispatcher.upgrade({ path: '/', protocol: 'websocket' })
  expect(await failure(upgrade)).toMatchObject({ code: 'PROTOCOL_ERROR', processed: 'no' })
})

test('a closed dispatcher takes no more, and waits for what is under way', async () => {
  let goOn = () => {}
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const { dispatcher, client } = dispatcherTo(async (exchange) => {
    await mayGoOn
    await exchange.end('done')
  })
  const first = request(origin, { dispatcher })
  let isClosed = false
  const closing = dispatcher.close().then(() => {
    isClosed = true
  })
  expect(await failure(request(origin, { dispatcher }))).toMatchObject({ code: 'CANCEL', processed: 'no' })
  expect(isClosed).toBe(false)
  goOn()
  expect(await (await first).body.text()).toBe('done')
  await closing
  expect(client.streamCount).toBe(0)
})

test('a destroyed dispatcher gives up what is under way', async () => {
  const { dispatcher, client } = dispatcherTo(() => new Promise(() => {}))
  const reason = new Error('enough')
  const error = failure(request(origin, { dispatcher }))
  await turn()
  await dispatcher.destroy(reason)
  expect(await error).toBe(reason)
  expect(client.streamCount).toBe(0)
})

test('B11 a handler that throws gives its request up, and ends no process', async () => {
  const codes: Promise<unknown>[] = []
  const { dispatcher, client, clock } = dispatcherTo(async (exchange) => {
    codes.push(exchange.stream.closed.then((error) => error?.code))
    await exchange.write('half')
    await new Promise(() => {})
  })
  const told: string[] = []
  const why = new Error('no')
  dispatcher.dispatch(
    { origin, path: '/', method: 'GET' },
    {
      onRequestStart: () => void told.push('start'),
      onResponseStart: () => {
        throw why
      },
      onResponseError: (_, error) => {
        told.push(error === why ? 'why' : 'else')
        throw new Error('again')
      },
    },
  )
  await dispatcher.close()
  await clock.settle()
  expect(told).toEqual(['start', 'why'])
  expect(await Promise.all(codes)).toEqual(['CANCEL'])
  expect(client.streamCount).toBe(0)
})

describe('S11 a dispatcher is for the origin that its session was made for', () => {
  const asked: string[] = []
  const note: ExchangeHandler = (exchange) => {
    asked.push(exchange.request.authority)
  }
  afterEach(() => void asked.splice(0))

  test.each([
    ['another scheme', 'https://h.test/'],
    ['another host', 'http://h.test.evil/'],
    ['another port', 'http://h.test:8080/'],
  ])('%s is an error, and nothing is sent', async (_, url) => {
    const { dispatcher, client } = dispatcherTo(note)
    const refused = { code: 'PROTOCOL_ERROR', scope: 'request', processed: 'no' }
    expect(await failure(request(url, { dispatcher }))).toMatchObject(refused)
    const { cause } = await failure(fetch(url, { dispatcher } as RequestInit))
    expect(String(cause)).toMatch(/expected an origin that this session is for/)
    expect([asked, client.stats.streamsOpened]).toEqual([[], 0])
  })

  test('a host field that names another is one', async () => {
    const { dispatcher } = dispatcherTo(note)
    const headers = { host: 'other.test' }
    expect(await failure(request(origin, { dispatcher, headers }))).toMatchObject({ processed: 'no' })
    await request('http://H.TEST:80/', { dispatcher, headers: { host: 'h.test' } })
    expect(asked).toEqual(['h.test'])
  })

  test('a path that is an URL does not hide another', async () => {
    const { dispatcher } = dispatcherTo(note)
    const told = new Promise<Error>((resolve) => {
      const path = 'http://other.test/secret'
      const handler = { onRequestStart() {}, onResponseError: (_: unknown, error: Error) => resolve(error) }
      dispatcher.dispatch({ origin, path, method: 'GET' }, handler)
    })
    expect(await told).toMatchObject({ processed: 'no' })
    expect(asked).toEqual([])
  })

  test('a list, a function that is asked each time, and `any` say more', async () => {
    const two = dispatcherTo(note, { speaksFor: ['http://two.test'] })
    await request('http://two.test/', two)
    await request(origin, two)
    let isGood = true
    const three = dispatcherTo(note, { speaksFor: (one) => isGood && one === 'http://three.test' })
    await request('http://three.test/', three)
    isGood = false
    expect(await failure(request('http://three.test/', three))).toMatchObject({ processed: 'no' })
    const any = dispatcherTo(note, { origin: undefined, speaksFor: 'any' })
    await request('http://four.test/', any)
    expect(asked).toEqual(['two.test', 'h.test', 'three.test', 'four.test'])
  })

  test('one without an origin is for nobody', async () => {
    const { dispatcher } = dispatcherTo(note, { origin: undefined })
    expect(await failure(request(origin, { dispatcher }))).toMatchObject({ processed: 'no' })
  })
})

test('S11 over a pool each request goes to the origin that it is dispatched to, whatever its host field says', async () => {
  const serve = (name: string) =>
    listen(
      'h2+tcp://127.0.0.1:0',
      {},
      httpStreams((exchange) => exchange.end(`${name} for ${exchange.request.authority}`)),
    )
  await using one = await serve('one')
  await using two = await serve('two')
  await using pool = createPool({})
  const dispatcher = new SessionDispatcher(pool)
  const textOf = async (url: string, headers = {}) =>
    (await request(`${url.replace('h2+tcp', 'http')}/a`, { dispatcher, headers })).body.text()
  expect(await textOf(one.url)).toBe(`one for ${new URL(one.url).host}`)
  expect(await textOf(two.url)).toBe(`two for ${new URL(two.url).host}`)
  expect(await textOf(one.url, { host: 'x.test' })).toBe('one for x.test')
  expect(pool.stats).toMatchObject({ dials: 2, origins: 2 })
})
