import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { requestOf } from '../pair.test.kit.js'
import { nodeHandler } from '../server/node-handler.js'
import { nameTowards } from './crossing.js'
import { proxyExchange, proxyTo } from './exchange.js'
import { originOf, scriptedOrigin } from './front.test.kit.js'
import { streamProxy } from './stream-proxy.js'

const OK = { ':status': '200 OK', ':version': 'HTTP/1.1' }

test.each(['proxyExchange', 'streamProxy'])(
  'AM-14 %s: SPDY in, SPDY out; body, answer and trailers cross as they come',
  async (how) => {
    const { session, peer } = await scriptedOrigin()
    const client = originOf(
      how === 'proxyExchange'
        ? (exchange) =>
            proxyExchange(session, exchange, { address: () => '192.0.2.1', forwarded: 'x-forwarded' })
        : nodeHandler((req, res) => streamProxy(session, req, res, { forwarded: 'x-forwarded' })),
    )
    const stream = await client.open({
      headers: { ...requestOf('/up', { cookie: 'a=1' }), ':method': 'POST' },
    })
    void stream.write('one')
    const { headers } = await peer.wants({ type: 'open', id: 1, end: false })
    expect([headers.get(':path'), headers.get('cookie'), headers.get('x-forwarded-proto')]).toEqual([
      '/up',
      'a=1',
      'https',
    ])
    if (how === 'proxyExchange')
      expect([headers.get('x-forwarded-for'), headers.get('via')]).toEqual([
        '192.0.2.1',
        `SPDY/3.1 ${nameTowards(session)}`,
      ])
    await peer.wantsPayload(1, 'one')
    await stream.write('two', { end: true })
    await peer.wantsPayload(1, 'two', { end: true })
    await peer.sends(frames.reply(1, { headers: { ...OK, 'x-a': ['1', '2'] } }), frames.data(1, 'three'))
    const reply = await stream.replied
    expect([reply.get(':status'), reply.getAll('x-a')]).toEqual(['200 OK', ['1', '2']])
    expect(new TextDecoder().decode(await stream.read())).toBe('three')
    await peer.sends(frames.headers(1, { 'x-sum': '5' }, { end: true }))
    expect(await stream.read()).toBeUndefined()
    expect((await stream.readHeaders())?.get('x-sum')).toBe('5')
    expect(await stream.closed).toBeUndefined()
  },
)

test('a request that came whole goes out whole: its end with the head, or with the body', async () => {
  const { session, peer } = await scriptedOrigin()
  const client = originOf((exchange) => proxyExchange(session, exchange))
  await client.open({ headers: requestOf('/a'), end: true })
  await peer.wants({ type: 'open', id: 1, end: true })
  const stream = await client.open({ headers: { ...requestOf('/b'), ':method': 'PUT' } })
  void stream.write('all', { end: true })
  await peer.wants({ type: 'open', id: 3, end: false })
  await peer.wantsPayload(3, 'all', { end: true })
})

test('AM-14 without an origin: 404 to the client and an error to the caller; proxyTo answers and does not reject', async () => {
  const errors: unknown[] = []
  const client = originOf((exchange) =>
    proxyExchange(undefined, exchange).catch((error: unknown) => void errors.push(error)),
  )
  const silent = originOf((exchange) => {
    const handled = proxyTo(undefined)(exchange)
    return Promise.resolve(handled).catch((error: unknown) => void errors.push(error))
  })
  for (const session of [client, silent]) {
    const stream = await session.open({ headers: requestOf('/'), end: true })
    expect((await stream.replied).get(':status')).toBe('404 Not Found')
    expect(new TextDecoder().decode(await stream.read())).toBe('Not Found\n')
  }
  expect(errors).toMatchObject([{ code: 'CONNECT_ERROR' }])
})

test('AM-14 an origin that breaks off behind its head resets the client’s stream; a client that cancels resets the origin’s', async () => {
  const { session, peer } = await scriptedOrigin()
  const client = originOf((exchange) => proxyExchange(session, exchange))
  const stream = await client.open({ headers: requestOf('/'), end: true })
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: OK }), frames.data(1, 'half'))
  expect(new TextDecoder().decode(await stream.read())).toBe('half')
  await peer.sends(frames.reset(1, 'INTERNAL_ERROR'))
  expect(await stream.closed).toMatchObject({ code: 'INTERNAL_ERROR' })

  const other = await client.open({ headers: requestOf('/'), end: true })
  await peer.wants({ type: 'open', id: 3 })
  other.reset('CANCEL')
  await peer.wants({ type: 'reset', id: 3, code: 'CANCEL' })
})

test('AM-14 a client that cancels while its request waits for a place at the origin leaves the line', async () => {
  const { session, peer } = await scriptedOrigin()
  await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
  const errors: unknown[] = []
  const client = originOf((exchange) =>
    proxyExchange(session, exchange).catch((error: unknown) => void errors.push(error)),
  )
  await client.open({ headers: requestOf('/first'), end: true })
  await peer.wants({ type: 'open', id: 1 })
  const second = await client.open({ headers: requestOf('/second'), end: true })
  await client.open({ headers: requestOf('/third'), end: true })
  await client.ping()
  second.reset('CANCEL')
  await client.ping()
  expect(errors).toMatchObject([{ code: 'CANCEL', processed: 'no' }])
  await peer.sends(frames.reply(1, { headers: OK, end: true }))
  const { headers } = await peer.wants({ type: 'open', id: 3 })
  expect(headers.get(':path')).toBe('/third')
})
