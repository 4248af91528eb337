/** What is said before an answer: 100, 102, 103, on both ends, and through a proxy. */
import http from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { opened } from './ask.test.kit.js'
import { SessionAgent } from './client/agent.js'
import { SessionDispatcher } from './client/dispatcher.js'
import { HttpClient } from './client/http-client.js'
import { h2RequestOf, pairOf, stageOf } from './pair.test.kit.js'
import { proxyTo } from './proxy/exchange.js'
import type { ExchangeHandler } from './server/exchange.js'
import { nodeHandler } from './server/node-handler.js'

const protocol = 'h2'
const origin = 'http://h.test'
const link = '</a.css>; rel=preload'
const expects = { ':method': 'POST', expect: '100-continue' }

const hints: ExchangeHandler = (exchange) => {
  exchange.inform(103, { link })
  exchange.inform(102)
  return exchange.end('ok')
}

describe('a server on HTTP/2', () => {
  const stage = (handler: ExchangeHandler) => stageOf('server', handler, { protocol })

  test('says what it has to say before the answer, and its frames do not end the stream', async () => {
    const told: boolean[] = []
    const { peer } = await stage((exchange) => {
      told.push(exchange.inform(103, { link }), exchange.inform(102))
      exchange.respond({ status: 204 })
    })
    await peer.sends(frames.open(1, { headers: h2RequestOf(), end: true }))
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '103', link } })
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '102' } })
    await peer.wants({ type: 'reply', id: 1, headers: { ':status': '204' }, end: true })
    expect(told).toEqual([true, true])
  })

  test('S09 says it ten times at most', async () => {
    const told: boolean[] = []
    const { peer } = await stage((exchange) => {
      for (let i = 0; i < 11; i++) told.push(exchange.inform(102))
    })
    await peer.sends(frames.open(1, { headers: h2RequestOf(), end: true }))
    for (let i = 0; i < 10; i++) await peer.wants({ type: 'inform', id: 1 })
    await peer.wants({ type: 'reply', id: 1 })
    expect(told).toEqual([...Array<boolean>(10).fill(true), false])
  })

  test('tells a client that waits with its body to go on, when the handler reads it and once', async () => {
    const { peer } = await stage(async (exchange) => exchange.end(await exchange.body.bytes()))
    await peer.sends(frames.open(1, { headers: h2RequestOf('/', expects) }))
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '100' } })
    await peer.sends(frames.data(1, 'a'))
    await peer.idle()
    await peer.sends(frames.data(1, 'b', { end: true }))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'ab', { end: true })
  })

  test.each<[string, ExchangeHandler, string]>([
    ['a handler that answers first', (exchange) => exchange.respond({ status: 413 }), '413'],
    ['one that reads nothing', (exchange) => exchange.end('no'), '200'],
  ])('tells it nothing for %s', async (_, handler, status) => {
    const { peer } = await stage(handler)
    await peer.sends(frames.open(1, { headers: h2RequestOf('/', expects) }))
    await peer.wants({ type: 'reply', id: 1, headers: { ':status': status } })
  })

  test('says nothing to a body that is here, nor to a client that does not wait', async () => {
    const { peer } = await stage(async (exchange) => exchange.end(await exchange.body.bytes()))
    await peer.sends(
      frames.open(1, { headers: h2RequestOf('/', expects) }),
      frames.data(1, 'x', { end: true }),
    )
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'x', { end: true })
    await peer.sends(frames.open(3, { headers: h2RequestOf('/', { ':method': 'POST' }) }))
    await peer.idle()
  })

  test('has all three in Node’s shape, with their fields', async () => {
    const called: string[] = []
    const { peer } = await stage(
      nodeHandler((req, res) => {
        res.writeContinue(() => called.push('continue'))
        res.writeProcessing()
        res.writeEarlyHints({ link, 'x-trace': 'a: b' }, () => called.push('hints'))
        req.pipe(res)
      }),
    )
    await peer.sends(frames.open(1, { headers: h2RequestOf('/', expects) }))
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '100' } })
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '102' } })
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '103', link, 'x-trace': 'a: b' } })
    await peer.sends(frames.data(1, 'hello', { end: true }))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'hello', { end: true })
    expect(called).toEqual(['continue', 'hints'])
  })
})

describe('a client on HTTP/2', () => {
  const stage = async () => {
    const all = await stageOf('client', undefined, { protocol })
    return { ...all, client: new HttpClient(all.session, { origin, clock: all.clock }) }
  }

  test('hears what comes before the answer, in order, though all came at once', async () => {
    const { client, peer } = await stage()
    const heard: string[] = []
    const answer = client
      .request({
        path: '/',
        onInformational: ({ status, headers }) => heard.push(`${status} ${headers.get('link')}`),
      })
      .then(({ status }) => heard.push(`${status}`))
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(
      frames.inform(1, { ':status': '103', link }),
      frames.inform(1, { ':status': '102' }),
      frames.reply(1, { headers: { ':status': '200' }, end: true }),
    )
    await answer
    expect(heard).toEqual([`103 ${link}`, '102 undefined', '200'])
  })

  test('needs not listen', async () => {
    const { client, peer } = await stage()
    const answer = client.request({ path: '/' })
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(
      frames.inform(1, { ':status': '103', link }),
      frames.reply(1, { headers: { ':status': '200' }, end: true }),
    )
    expect((await answer).status).toBe(200)
  })

  test('that waits with its body goes on when it is told to, and not for a hint', async () => {
    const { client, peer, clock } = await stage()
    const answer = client.request({ method: 'POST', path: '/', body: 'x', expectContinue: true })
    await peer.wants({ type: 'open', id: 1, headers: { expect: '100-continue' }, end: false })
    await peer.sends(frames.inform(1, { ':status': '103', link }))
    await clock.advance(999)
    await peer.idle()
    await peer.sends(frames.inform(1, { ':status': '100' }))
    await peer.wantsPayload(1, 'x', { end: true })
    await peer.sends(frames.reply(1, { headers: { ':status': '200' }, end: true }))
    expect((await answer).status).toBe(200)
  })

  test('a listener that throws ends its request, and no other', async () => {
    const { client, peer, session } = await stage()
    const broken = new Error('broken')
    const answer = client.request({
      path: '/',
      onInformational() {
        throw broken
      },
    })
    answer.catch(() => {})
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.inform(1, { ':status': '103' }))
    await expect(answer).rejects.toBe(broken)
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
    expect(session.places).toBeGreaterThan(0)
  })

  test('takes no 101: a switch of protocols is for a whole connection', async () => {
    const { client, peer } = await stage()
    const answer = client.request({ path: '/' })
    answer.catch(() => {})
    await peer.wants({ type: 'open', id: 1 })
    // HEADERS with `:status: 101` written out: our own encoder refuses it.
    await peer.sendsBytes(new Uint8Array([0, 0, 5, 1, 4, 0, 0, 0, 1, 0x08, 3, 0x31, 0x30, 0x31]))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    await expect(answer).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
  })

  test('in the shape of node:http emits `information` and `continue`, and waits for the server', async () => {
    const { client } = pairOf(
      async (exchange) => {
        exchange.inform(103, { link })
        await exchange.end(await exchange.body.bytes())
      },
      { protocol },
    )
    const agent = new SessionAgent(new HttpClient(client, { origin }))
    const heard: unknown[] = []
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { expect: '100-continue', 'content-length': 1 }
      const request = http.request({ agent, host: 'h.test', method: 'POST', path: '/', headers })
      request.on('error', reject)
      request.on('information', ({ statusCode, headers: { link } }) => heard.push([statusCode, link]))
      request.on('continue', () => {
        heard.push('continue')
        request.end('x')
      })
      request.on('response', async (response) => resolve(Buffer.concat(await response.toArray()).toString()))
      request.flushHeaders()
    })
    expect(text).toBe('x')
    expect(heard).toEqual([[103, link], 'continue', [100, undefined]])
  })

  test('in the shape of undici tells its handler of hints', async () => {
    const { client } = pairOf(hints, { protocol })
    const heard: unknown[] = []
    const dispatcher = new SessionDispatcher(new HttpClient(client, { origin }))
    const { statusCode, body } = await dispatcher.request({
      origin,
      path: '/',
      method: 'GET',
      onInfo: ({ statusCode, headers }) => heard.push([statusCode, headers.link]),
    })
    expect([statusCode, await body.text()]).toEqual([200, 'ok'])
    expect(heard).toEqual([
      [103, link],
      [102, undefined],
    ])
  })
})

test('a proxy hands on what comes before the answer, but for 100, which it gives itself', async () => {
  const { client: back } = pairOf(
    async (exchange) => {
      exchange.inform(103, { link })
      await exchange.end(await exchange.body.bytes())
    },
    { protocol },
  )
  const { client: front } = pairOf(proxyTo(back, { via: false }), { protocol })
  const stream = await opened(front, { method: 'POST', headers: { expect: '100-continue' } }, false)
  const heard: (string | undefined)[] = []
  for (let i = 0; i < 2; i++) heard.push((await stream.readInform())?.get(':status'))
  expect(heard.sort()).toEqual(['100', '103'])
  await stream.write('x', { end: true })
  expect((await stream.replied).get(':status')).toBe('200')
})
