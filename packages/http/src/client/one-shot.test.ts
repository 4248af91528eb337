import { describe, expect, test } from '@jest/globals'
import { isRetryable, type PlexusError } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { pairOf, stageOf } from '../pair.test.kit.js'
import { HttpClient } from './http-client.js'
import { ResponseRecorder } from './recorder.js'

const origin = 'http://h.test'
const ok = { ':status': '200 OK', ':version': 'HTTP/1.1' }
const failure = (promise: Promise<unknown>): Promise<PlexusError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

async function clientOn() {
  const stage = await stageOf('client')
  return { ...stage, client: new HttpClient(stage.session, { origin, clock: stage.clock, timeoutMs: 1000 }) }
}

test('AM-9 a recorder says 200 until the first status, which counts', () => {
  const recorder = new ResponseRecorder()
  expect(recorder).toMatchObject({ status: 200, isHeadWritten: false, size: 0 })
  recorder.writeHeader(404, { a: 'b' })
  recorder.writeHeader(500, { c: 'd' })
  expect(recorder.status).toBe(404)
  expect(recorder.headers.toJSON()).toEqual([['a', 'b']])
})

test('AM-9 the first write implies 200, and a head after it comes too late', () => {
  const recorder = new ResponseRecorder()
  recorder.addHeaders({ a: ['1', '2'] })
  expect(recorder.write('hello ')).toBe(6)
  recorder.writeHeader(404)
  recorder.addHeaders({ a: '3' })
  recorder.write(new TextEncoder().encode('wörld'))
  expect(recorder).toMatchObject({ status: 200, isHeadWritten: true, size: 12 })
  expect(recorder.text()).toBe('hello wörld')
  expect(recorder.headers.getAll('a')).toEqual(['1', '2'])
})

test('AM-9 headers and body are made when they are needed', () => {
  const [one, two] = [new ResponseRecorder(), new ResponseRecorder()]
  expect(one.headers).toBe(two.headers)
  expect(one.body).toBe(two.body)
  one.write('a')
  expect(one.body).toBe(one.body)
  expect(one.body).not.toBe(two.body)
})

test('AM-3 do gives status, headers, body and content length: 100 round trips on 5 clients at once', async () => {
  const round = async (http: HttpClient, i: number) => {
    const got = await http.do({ path: `/${i}` })
    expect(got).toMatchObject({ status: 200, statusText: 'OK', contentLength: `GET /${i} `.length })
    const posted = await http.do({ method: 'POST', path: `/${i}`, body: `body ${i}` })
    expect(posted.text()).toBe(`POST /${i} body ${i}`)
    expect(posted.headers.get('x-length')).toBe(`${`body ${i}`.length}`)
  }
  const clients = Array.from({ length: 5 }, () => {
    const { client, clock } = pairOf(async (exchange) => {
      const { method, path, headers } = exchange.request
      exchange.respond({ headers: { 'x-length': headers.get('content-length') } })
      await exchange.end(`${method} ${path} ${await exchange.body.text()}`)
    })
    return new HttpClient(client, { origin, clock })
  })
  await Promise.all(
    clients.map(async (http) => {
      for (let i = 0; i < 100; i++) await round(http, i)
      expect(http.session.streamCount).toBe(0)
    }),
  )
})

test('AM-5 do settles with the code of the reset', async () => {
  const { client, peer } = await clientOn()
  for (const [id, code] of [
    [1, 'REFUSED_STREAM'],
    [3, 'CANCEL'],
  ] as const) {
    const error = failure(client.do({ path: '/' }))
    await peer.wants({ type: 'open', id })
    await peer.sends(frames.reset(id, code))
    expect(await error).toMatchObject({ code, blame: 'peer' })
    expect(isRetryable(await error)).toBe(code === 'REFUSED_STREAM')
  }
})

test('AM-6 do ends when the peer is silent before the head, and in the body', async () => {
  const { client, peer, clock } = await clientOn()
  const before = failure(client.do({ path: '/' }))
  await peer.wants({ type: 'open', id: 1 })
  await clock.advance(1000)
  expect(await before).toMatchObject({ code: 'TIMEOUT', streamId: 1 })
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  const inside = failure(client.do({ path: '/' }))
  await peer.wants({ type: 'open', id: 3 })
  await clock.advance(900)
  await peer.sends(frames.reply(3, { headers: ok }), frames.data(3, 'a'))
  await clock.advance(900)
  await peer.sends(frames.data(3, 'b'))
  await clock.advance(1000)
  expect(await inside).toMatchObject({ code: 'TIMEOUT', streamId: 3 })
  await peer.wants({ type: 'reset', id: 3, code: 'CANCEL' })
})

test('S13 do takes no more than its limit', async () => {
  const { client, peer } = await clientOn()
  const error = failure(client.do({ path: '/', limit: 4 }))
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }), frames.data(1, 'hello'))
  expect(await error).toMatchObject({ code: 'ENHANCE_YOUR_CALM', blame: 'peer' })
})

describe('an answer that is whole before the request is', () => {
  /** A body of which the test gives each piece. */
  function pieces() {
    let give: (piece: IteratorResult<string>) => void = () => {}
    let isDropped = false
    const body: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise((resolve) => (give = resolve)),
        return: async () => {
          isDropped = true
          return { done: true, value: undefined }
        },
      }),
    }
    return { body, give: (value: string) => give({ value }), end: () => give({ done: true, value: undefined }), isDropped: () => isDropped } // biome-ignore format: a line
  }

  async function answered(status: string) {
    const stage = await clientOn()
    const upload = pieces()
    let settled: unknown
    const done = stage.client
      .do({ method: 'POST', path: '/', body: upload.body })
      .then((response) => response.status)
      .catch((error: unknown) => error)
    void done.then((value) => (settled = value))
    await stage.peer.wants({ type: 'open', id: 1 })
    const headers = { ...ok, ':status': status }
    await stage.peer.sends(frames.reply(1, { headers }), frames.data(1, 'early', { end: true }))
    await stage.clock.settle()
    return { ...stage, upload, done, settled: () => settled }
  }

  test('and says yes: the rest is sent, and waited for', async () => {
    const { upload, peer, clock, settled, done } = await answered('200 OK')
    expect(settled()).toBeUndefined()
    upload.give('late')
    await peer.wants({ type: 'data', id: 1 })
    await clock.settle()
    expect(settled()).toBeUndefined()
    upload.end()
    expect(await done).toBe(200)
  })

  test('and says no: the rest is given up', async () => {
    const { upload, peer, done } = await answered('413 Content Too Large')
    expect(await done).toBe(413)
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
    expect(upload.isDropped()).toBe(true)
  })

  test('and wants no more: a reset after it does not take it back', async () => {
    const { upload, peer, done } = await answered('200 OK')
    await peer.sends(frames.reset(1, 'CANCEL'))
    expect(await done).toBe(200)
    expect(upload.isDropped()).toBe(true)
  })
})

test('a request whose own body fails after the head fails with that, not with the reset it came to', async () => {
  const why = new Error('no such file')
  let fail = () => {}
  const failing = new Promise<never>((_, reject) => {
    fail = () => reject(why)
  })
  failing.catch(() => {})
  async function* body() {
    yield 'half'
    await failing
  }
  const { client, peer } = await clientOn()
  const done = failure(client.do({ method: 'POST', path: '/', body: body() }))
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: ok }))
  await peer.wants({ type: 'data', id: 1 })
  fail()
  expect(await done).toMatchObject({ scope: 'request', blame: 'application', cause: why })
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
})
