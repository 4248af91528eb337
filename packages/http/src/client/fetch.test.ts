import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { HeaderFields, type PlexusError } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { pairOf, stageOf } from '../pair.test.kit.js'
import type { ExchangeHandler } from '../server/exchange.js'
import { decoded } from './decode.js'
import { nodeDecoders } from './decoders.js'
import { trailersOf } from './fetch.js'
import { HttpClient } from './http-client.js'

const origin = 'http://h.test'

function fetchFrom(handler: ExchangeHandler) {
  const { client, clock } = pairOf(handler)
  return new HttpClient(client, { origin, clock }).fetch
}

const failure = <E = TypeError & { cause: PlexusError }>(promise: Promise<unknown>): Promise<E> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

test('a Response has what was answered, and its body streams', async () => {
  const fetch = fetchFrom(async (exchange) => {
    exchange.respond({ status: 201, headers: { 'set-cookie': ['a', 'b'], 'x-path': exchange.request.path } })
    for await (const bytes of exchange.body) await exchange.write(bytes)
    await exchange.end('!')
  })
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('streamed'))
      controller.close()
    },
  })
  for (const [sent, said] of [
    ['text', 'text!'],
    [new URLSearchParams({ a: 'b c' }), 'a=b+c!'],
    [new Blob(['blob']), 'blob!'],
    [body, 'streamed!'],
  ] as const) {
    const response = await fetch('/a?b#c', { method: 'POST', body: sent })
    expect(response).toMatchObject({ status: 201, statusText: 'Created', ok: true, redirected: false })
    expect(response.url).toBe('http://h.test/a?b')
    expect(response.headers.getSetCookie()).toEqual(['a', 'b'])
    expect(response.headers.get('x-path')).toBe('/a?b')
    expect(await response.text()).toBe(said)
  }
  const request = new Request('http://h.test/r', { method: 'PUT', body: 'request' })
  expect(await (await fetch(request)).text()).toBe('request!')
})

test.each([
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 205],
  ['GET', 304],
])('a Response to %s with %i has no body', async (method, status) => {
  const fetch = fetchFrom((exchange) => exchange.respond({ status }))
  const response = await fetch('/', { method })
  expect(response.status).toBe(status)
  expect(response.body).toBeNull()
})

test('to cancel a Response is CANCEL on the wire; a body that breaks off is no end', async () => {
  const { session, peer, clock } = await stageOf('client')
  const { fetch } = new HttpClient(session, { origin, clock })
  const ok = { ':status': '200 OK', ':version': 'HTTP/1.1' }
  const first = fetch('/')
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }))
  await (await first).body!.cancel()
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  const second = fetch('/')
  await peer.wants({ type: 'open', id: 3 })
  await peer.sends(frames.reply(3, { headers: ok }), frames.reset(3, 'INTERNAL_ERROR'))
  const error = await failure((await second).text())
  expect(error).toBeInstanceOf(TypeError)
  expect(error.cause).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
})

test('a signal that aborts rejects with its reason, before the head and in the body', async () => {
  const fetch = fetchFrom(async (exchange) => {
    if (exchange.request.path === '/silent') await new Promise(() => {})
    await exchange.write('half')
    await new Promise(() => {})
  })
  for (const path of ['/silent', '/half']) {
    const controller = new AbortController()
    const { signal } = controller
    const text = failure(fetch(path, { signal }).then((response) => response.text()))
    const reason = new Error('enough')
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort(reason)
    expect(await text).toBe(reason)
    expect(await failure(fetch(path, { signal }))).toBe(reason)
  }
})

const jumps: ExchangeHandler = async (exchange) => {
  const { path, method, headers } = exchange.request
  const [, status, to] = /^\/(\d+)(\/.*)$/.exec(path) ?? []
  if (status !== undefined) return exchange.respond({ status: Number(status), headers: { location: to! } })
  if (path === '/away') return exchange.respond({ status: 302, headers: { location: 'https://h.test/' } })
  if (path === '/loop') return exchange.respond({ status: 302, headers: { location: '/loop' } })
  if (path === '/bad') return exchange.respond({ status: 302, headers: { location: 'http://[' } })
  await exchange.end(`${method} ${path} ${headers.has('content-type')} ${await exchange.body.text()}`)
}

test.each([
  ['GET', 301, 'GET /x false '],
  ['POST', 301, 'GET /x false '],
  ['POST', 302, 'GET /x false '],
  ['PUT', 302, 'PUT /x true body'],
  ['POST', 303, 'GET /x false '],
  ['PUT', 303, 'GET /x false '],
  ['POST', 307, 'POST /x true body'],
  ['POST', 308, 'POST /x true body'],
])('%s is followed through %i as fetch does', async (method, status, said) => {
  const fetch = fetchFrom(jumps)
  const response = await fetch(`/${status}/x`, { method, ...(method !== 'GET' && { body: 'body' }) })
  expect(response).toMatchObject({ status: 200, redirected: true, url: 'http://h.test/x' })
  expect(await response.text()).toBe(said)
})

test('redirects are handed out or refused where that was asked for', async () => {
  const fetch = fetchFrom(jumps)
  const manual = await fetch('/302/x', { redirect: 'manual' })
  expect(manual.status).toBe(302)
  expect(manual.headers.get('location')).toBe('/x')
  expect((await failure(fetch('/302/x', { redirect: 'error' }))).message).toContain('no redirect')
})

test.each([
  ['/away', 'that this session is for, got https://h.test'],
  ['/loop', 'at most 20 redirects'],
  ['/bad', 'to an URL'],
])('a redirect to %s is an error that tells so', async (path, why) => {
  const error = await failure(fetchFrom(jumps)(path))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(why)
})

test('a streamed body is not sent twice', async () => {
  const body = new ReadableStream({ start: (controller) => controller.close() })
  const error = await failure(fetchFrom(jumps)('/307/x', { method: 'POST', body }))
  expect(error.message).toContain('sent again')
})

const coded: ExchangeHandler = async (exchange) => {
  const codings = exchange.request.path.slice(1)
  let bytes: Uint8Array = new TextEncoder().encode('hello '.repeat(1000))
  for (const coding of codings.split(',')) {
    if (coding === 'gzip') bytes = gzipSync(bytes)
    if (coding === 'deflate') bytes = deflateSync(bytes)
    if (coding === 'br') bytes = brotliCompressSync(bytes)
  }
  exchange.respond({
    headers: { 'content-encoding': codings, said: exchange.request.headers.get('accept-encoding') },
  })
  await exchange.end(bytes)
}

test.each([
  ['gzip', 'hello'],
  ['deflate', 'hello'],
  ['deflate,gzip', 'hello'],
  ['identity', 'hello'],
  ['gzip,gzip,gzip,gzip,gzip', 'hello'],
])('S13 a body coded with %s is decoded', async (codings, said) => {
  const response = await fetchFrom(coded)(`/${codings}`)
  expect(response.headers.get('said')).toBe('gzip, deflate')
  expect(await response.text()).toBe(`${said} `.repeat(1000))
})

test('S13 Node knows br too; a coding that is not known is left as it is', async () => {
  const response = await fetchFrom(coded)('/br,gzip', { decoders: nodeDecoders })
  expect(response.headers.get('said')).toBe('gzip, deflate, br')
  expect(await response.text()).toBe('hello '.repeat(1000))
  const left = new Uint8Array(await (await fetchFrom(coded)('/br')).arrayBuffer())
  expect(left).toEqual(new Uint8Array(brotliCompressSync('hello '.repeat(1000))))
})

test('S13 a sixth coding is refused', async () => {
  const error = await failure(fetchFrom(coded)('/gzip,gzip,gzip,gzip,gzip,gzip'))
  expect(error.cause).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
})

test('S13 what is decoded ends at its cap, and its request with it', async () => {
  const bomb = gzipSync(gzipSync(new Uint8Array(64 * 1024 * 1024)))
  let isGivenUp: Promise<unknown> | undefined
  const fetch = fetchFrom(async (exchange) => {
    isGivenUp = exchange.stream.closed
    exchange.respond({ headers: { 'content-encoding': 'gzip, gzip' } })
    await exchange.write(bomb)
    await new Promise(() => {})
  })
  for (const decoders of [undefined, nodeDecoders]) {
    const response = await fetch('/', { maxDecodedBytes: 100_000, ...(decoders && { decoders }) })
    let size = 0
    const error = await failure(
      (async () => {
        for await (const bytes of response.body!) size += bytes.length
      })(),
    )
    expect(error).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
    expect(size).toBeLessThanOrEqual(100_000)
    expect(await isGivenUp).toMatchObject({ code: 'CANCEL' })
  }
})

test('S13 what is not coded as it says fails', async () => {
  const headers = HeaderFields.from({ 'content-encoding': 'gzip' })
  const plain = () => new Response('this is not gzip').body as ReadableStream<Uint8Array>
  for (const decoders of [undefined, nodeDecoders])
    expect(
      await failure(new Response(decoded(plain(), headers, { decoders }) as BodyInit).text()),
    ).toMatchObject({ message: 'incorrect header check' })
  expect(() => decoded(plain(), HeaderFields.from({ 'content-encoding': 'zip' }))).toThrow("got 'zip'")
})

describe('a redirect', () => {
  test('to an origin that the session speaks for is followed, without the secrets of the first', async () => {
    const seen: string[][] = []
    const { client, clock } = pairOf((exchange) => {
      const { authority, headers } = exchange.request
      const secrets = ['authorization', 'cookie', 'proxy-authorization', 'x-own'].filter((name) =>
        headers.has(name),
      )
      seen.push([authority, ...secrets])
      const to = { 'h.test': '/again', 'two.test': '/end' }[authority]
      if (seen.length === 1) exchange.respond({ status: 307, headers: { location: to! } })
      if (seen.length === 2) exchange.respond({ status: 307, headers: { location: 'http://two.test/' } })
    })
    const http = new HttpClient(client, { origin, clock, speaksFor: ['http://two.test'] })
    const headers = { authorization: 'a', cookie: 'b', 'proxy-authorization': 'c', 'x-own': 'd' }
    const response = await http.fetch('/', { headers })
    expect(response).toMatchObject({ url: 'http://two.test/', redirected: true })
    expect(seen).toEqual([
      ['h.test', ...Object.keys(headers)],
      ['h.test', ...Object.keys(headers)],
      ['two.test', 'x-own'],
    ])
  })

  test.each([301, 302, 307, 308])(
    'of a streamed body through %i is an error, whatever the method becomes',
    async (status) => {
      const body = new ReadableStream({ start: (controller) => controller.close() })
      const error = await failure(fetchFrom(jumps)(`/${status}/x`, { method: 'POST', body }))
      expect(error.message).toContain('sent again')
    },
  )

  test('through 303 needs no body again', async () => {
    const body = new ReadableStream({ start: (controller) => controller.close() })
    const response = await fetchFrom(jumps)('/303/x', { method: 'POST', body })
    expect(await response.text()).toBe('GET /x false ')
  })

  test('to GET leaves out what spoke of the body, and no more', async () => {
    let names: string[] = []
    const fetch = fetchFrom((exchange) => {
      names = exchange.request.headers.flat.filter((_, i) => i % 2 === 0)
      if (exchange.request.path === '/') exchange.respond({ status: 302, headers: { location: '/x' } })
    })
    const headers = { 'content-language': 'la', 'content-encoding': 'x', 'content-dpr': '2' }
    await fetch('/', { method: 'POST', body: 'body', headers })
    expect(names.filter((name) => name.startsWith('content-'))).toEqual(['content-dpr'])
  })
})

test('integrity that is not looked at is refused', async () => {
  const error = await failure(fetchFrom(jumps)('/', { integrity: 'sha256-AAAA' }))
  expect(error.message).toContain('no integrity')
})

test('AM-26 the trailers of a Response are to be had', async () => {
  const fetch = fetchFrom((exchange) => exchange.end('body', { sum: '42' }))
  const response = await fetch('/')
  expect(await response.text()).toBe('body')
  expect((await trailersOf(response)).get('sum')).toBe('42')
  expect((await trailersOf(new Response(''))).size).toBe(0)
})
