import { describe, expect, test } from '@jest/globals'
import { HeaderFields } from '@plexus/contract'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import type { HttpLogger } from '../log.js'
import type { HttpObserver } from '../observe.js'
import { requestOf, stageOf } from '../pair.test.kit.js'
import type { Exchange, ExchangeHandler, PushInit } from './exchange.js'
import type { ServeOptions } from './serve.js'

/** A server that pushes `init` on the first request and answers it when `answer` settles. */
async function pushStage(
  init: PushInit,
  handler?: ExchangeHandler,
  options: ServeOptions & { answer?: Promise<void> } = {},
) {
  const pushed: (Exchange | undefined | Error)[] = []
  const stage = await stageOf(
    'server',
    async (exchange) => {
      pushed.push(await exchange.push(init, handler).catch((error: Error) => error))
      await options.answer
      await exchange.end('page')
    },
    options,
  )
  return { ...stage, pushed }
}

const asks = (peer: ScriptedPeer, more: Record<string, string> = {}) =>
  peer.sends(frames.open(1, { headers: requestOf('/', more), end: true }))

const PUSH = { ':method': 'GET', ':scheme': 'https', ':host': 'example.test', ':path': '/a.css', ':version': 'HTTP/1.1' } // biome-ignore format: a line

test('a push is a stream of the request, before its answer: head, then status, then body', async () => {
  const { peer } = await pushStage({ path: '/a.css' }, async (exchange) => {
    expect(exchange.request).toMatchObject({ method: 'GET', path: '/a.css', authority: 'example.test' })
    exchange.respond({ headers: { 'content-type': 'text/css' } })
    await exchange.end('p{}')
  })
  await asks(peer)
  await peer.wants({ type: 'open', id: 2, parent: 1, unidirectional: true, end: false, headers: PUSH })
  await peer.wantsAny([
    {
      type: 'headers',
      id: 2,
      headers: { ':status': '200 OK', ':version': 'HTTP/1.1', 'content-type': 'text/css' },
    },
    { type: 'data', id: 2, payload: 'p{}', end: true },
    { type: 'reply', id: 1 },
    { type: 'data', id: 1, payload: 'page', end: true },
  ])
})

test('an answer that is known goes out with the push', async () => {
  const { peer, pushed } = await pushStage({
    path: '/a.css',
    priority: 6,
    response: { headers: { 'content-length': 3 } },
  })
  await asks(peer)
  const open = await peer.wants({ type: 'open', id: 2, parent: 1, priority: 6, headers: { ...PUSH, ':status': '200 OK', 'content-length': '3' } }) // biome-ignore format: a line
  expect(open.headers.getAll(':version')).toEqual(['HTTP/1.1'])
  peer.ignores({ type: 'reply' }, { type: 'data', id: 1 })
  const [exchange] = pushed as Exchange[]
  await exchange!.end('p{}')
  await peer.wants({ type: 'data', id: 2, payload: 'p{}', end: true })
})

test('it is asked for as the client asked, apart from what spoke of the request itself', async () => {
  const { peer, pushed } = await pushStage({ path: '/a.css', headers: { accept: 'text/css' } })
  await asks(peer, { cookie: 'a=1', accept: '*/*', 'if-none-match': '"1"', range: 'bytes=0-1' })
  await peer.wants({ type: 'open', id: 2 })
  const [exchange] = pushed as Exchange[]
  expect(exchange!.request.headers).toEqual(HeaderFields.from({ cookie: 'a=1', accept: 'text/css' }))
})

test('a client that refuses a push is no error, and the answer goes on', async () => {
  const failures: unknown[] = []
  let go!: () => void
  const { peer, clock } = await pushStage(
    { path: '/a.css' },
    async (exchange) => {
      exchange.respond()
      for (let i = 0; i < 100; i++) await exchange.write(new Uint8Array(10_000))
    },
    {
      onError: (error) => void failures.push(error),
      answer: new Promise((resolve) => {
        go = resolve
      }),
    },
  )
  await asks(peer)
  await peer.wants({ type: 'open', id: 2 })
  peer.ignores({ type: 'headers', id: 2 }, { type: 'data', id: 2 })
  await peer.sends(frames.reset(2, 'REFUSED_STREAM'), frames.window(0, 65_536))
  go()
  await peer.wants({ type: 'reply', id: 1 })
  await peer.wantsPayload(1, 'page', { end: true })
  await clock.settle()
  expect(failures).toEqual([])
})

test('a client without a place for pushes gets none, and the wait ends with the exchange', async () => {
  let push: Promise<Exchange | undefined> | undefined
  const { peer } = await stageOf('server', (exchange) => {
    push = exchange.push({ path: '/a.css' })
  })
  await peer.sends(frames.settings({ maxConcurrentStreams: 0 }))
  await asks(peer)
  await peer.wants({ type: 'reply', id: 1, end: true })
  expect(await push).toBeUndefined()
  await peer.idle()
})

test('a request that is cancelled takes its pushes with it', async () => {
  const { peer } = await pushStage(
    { path: '/a.css' },
    async ({ stream }) => {
      await stream.closed
    },
    { answer: new Promise(() => {}) },
  )
  await asks(peer)
  await peer.wants({ type: 'open', id: 2 })
  await peer.sends(frames.reset(1, 'CANCEL'))
  await peer.wants({ type: 'reset', id: 2, code: 'CANCEL' })
})

test('DM-20 a handler of a push that throws resets the push, and is told', async () => {
  const failures: unknown[] = []
  const throws = () => {
    throw new Error('no')
  }
  const { peer } = await pushStage({ path: '/a.css' }, throws, {
    onError: (error) => void failures.push(error),
  })
  await asks(peer)
  await peer.wants({ type: 'open', id: 2 })
  peer.ignores({ type: 'reply' }, { type: 'data' })
  await peer.wants({ type: 'reset', id: 2, code: 'INTERNAL_ERROR' })
  expect(failures).toHaveLength(1)
})

test('S01 what may not be asked for or answered is refused before anything is sent', async () => {
  for (const init of [{ path: 'a.css' }, { path: '/a b' }, { path: '/', response: { status: 99 } }]) {
    const { peer, pushed } = await pushStage(init)
    await asks(peer)
    await peer.wants({ type: 'reply', id: 1 })
    expect(pushed).toEqual([expect.objectContaining({ name: 'PlexusError', blame: 'application' })])
  }
})

describe('a push of a server that is watched', () => {
  const watched = () => {
    const told: string[] = []
    const note =
      (word: string) =>
      ({ request, status }: Exchange) =>
        void told.push(`${word} ${request.path} ${status ?? ''}`.trim())
    const observer: HttpObserver = { start: note('start'), response: note('response'), end: note('end') }
    const logger: HttpLogger = { debug: (_facts, message) => void told.push(message) }
    return { told, options: { observer, logger } }
  }

  test('AM-31 is told as a request is, with or without a handler', async () => {
    for (const [init, handler] of [
      [{ path: '/a.css' }, (exchange: Exchange) => exchange.end('p{}')],
      [{ path: '/a.css', response: { status: 204 } }, undefined],
    ] as const) {
      const { told, options } = watched()
      const { peer, clock } = await pushStage(init, handler, options)
      peer.ignores({ type: 'open' }, { type: 'reply' }, { type: 'headers' }, { type: 'data' })
      await asks(peer)
      await clock.settle()
      const status = handler === undefined ? 204 : 200
      expect(told.filter((word) => word.includes('.css'))).toEqual(
        ['start /a.css', 'response /a.css', 'end /a.css'].map((word, i) =>
          i === 0 && status === 200 ? word : `${word} ${status}`,
        ),
      )
      expect(told.filter((word) => !word.includes('/'))).toEqual([
        'request',
        'request',
        ...['request over', 'request over'],
      ])
    }
  })

  test('whose handler hangs is reset when its time is up', async () => {
    const failures: unknown[] = []
    const timeout = { ms: 5_000, clock: undefined as never }
    const { peer, clock } = await pushStage({ path: '/a.css' }, () => new Promise(() => {}), {
      handlerTimeout: timeout,
      onError: (error) => void failures.push(error),
    })
    Object.assign(timeout, { clock })
    peer.ignores({ type: 'open' }, { type: 'reply' }, { type: 'data' })
    await asks(peer)
    await clock.advance(5_000)
    await peer.wants({ type: 'reset', id: 2 })
    expect(failures).toMatchObject([{ code: 'TIMEOUT' }])
  })
})
