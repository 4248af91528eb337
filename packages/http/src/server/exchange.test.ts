import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { answerOf, ask, opened } from '../ask.test.kit.js'
import { pairOf, requestOf, stageOf } from '../pair.test.kit.js'
import type { Exchange } from './exchange.js'

const asks = (path = '/', more: Record<string, string> = {}) =>
  frames.open(1, { headers: requestOf(path, more), end: true })

describe('an answer', () => {
  test('AM-4 has every value of a repeated field', async () => {
    const { client } = pairOf((exchange) => {
      exchange.respond({ headers: { 'set-cookie': ['a=1', 'b=2'] } })
    })
    expect((await ask(client)).headers.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
  })

  test('has the usual reason phrase, or the one that is given', async () => {
    const said: [number, string?][] = [[404], [404, 'Gone fishing'], [299], [200, '']]
    for (const [status, statusText] of said) {
      const { peer } = await stageOf('server', (exchange) =>
        exchange.respond({ status, ...(statusText !== undefined && { statusText }) }),
      )
      await peer.sends(asks())
      const wanted = statusText ?? { 404: 'Not Found' }[status] ?? ''
      await peer.wants({
        type: 'reply',
        id: 1,
        end: false,
        headers: { ':status': `${status} ${wanted}`.trim() },
      })
    }
  })

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 205],
    ['GET', 304],
  ])('to %s with %i ends with its head, and what is written of a body is dropped', async (method, status) => {
    const { peer } = await stageOf('server', async (exchange) => {
      exchange.respond({ status, headers: { 'x-a': '1' } })
      expect([exchange.hasNoBody, exchange.isEnded]).toEqual([true, true])
      await exchange.write('dropped')
      await exchange.end('dropped', { 'x-b': '2' })
    })
    await peer.sends(asks('/', { ':method': method }))
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { 'x-a': '1' } })
    await peer.idle()
  })

  test('to HEAD may say how long the answer to GET is', async () => {
    const { client } = pairOf((exchange) => exchange.respond({ headers: { 'content-length': 5 } }))
    expect((await ask(client, { method: 'HEAD' })).headers.get('content-length')).toBe('5')
  })

  test('that is whole at once says its length', async () => {
    const { peer } = await stageOf('server', (exchange) => exchange.end('größer'))
    await peer.sends(asks())
    await peer.wants({ type: 'reply', id: 1, headers: { ':status': '200 OK', 'content-length': '8' } })
    await peer.wants({ type: 'data', id: 1, payload: 'größer', end: true })
  })

  test('AM-26 may have trailers, behind data or alone', async () => {
    for (const body of ['body', undefined]) {
      const { peer } = await stageOf('server', (exchange) => exchange.end(body, { 'x-sum': 'abc' }))
      await peer.sends(asks())
      await peer.wants({ type: 'reply', id: 1, end: false })
      if (body !== undefined) await peer.wants({ type: 'data', id: 1, payload: body, end: false })
      await peer.wants({ type: 'headers', id: 1, headers: { 'x-sum': 'abc' }, end: true })
    }
  })

  test('S01 S03 S04 that may not be sent throws, nothing of it is sent, and another may follow', async () => {
    const failures: unknown[] = []
    const { peer } = await stageOf('server', async (exchange) => {
      const wrong = [
        { headers: { 'x-a': 'a\nb' } },
        { headers: { 'x a': 'b' } },
        { headers: { connection: 'close' } },
        { headers: { ':path': '/' } },
        { headers: { 'content-length': ['1', '1'] } },
        { status: 103 },
        { status: 600 },
        { statusText: 'a\r\nb' },
      ]
      for (const init of wrong) {
        expect(() => exchange.respond(init)).toThrow('expected')
        expect(exchange.isAnswered).toBe(false)
      }
      expect(() => exchange.respond({ headers: { 'content-length': 5 } }, { end: true })).toThrow('5 bytes')
      await exchange.end('x', { ':status': '200' }).catch((error: unknown) => failures.push(error))
      exchange.respond({ status: 404 }, { end: true })
      expect(() => exchange.respond()).toThrow('one answer')
    })
    await peer.sends(asks())
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { ':status': '404 Not Found' } })
    await peer.idle()
    expect(failures).toHaveLength(1)
  })

  test('S05 is never shorter nor longer than it said: the stream is reset, and the handler told', async () => {
    const failures: string[] = []
    const onError = (error: unknown) => void failures.push((error as Error).message)
    const handlers: ((exchange: Exchange) => unknown)[] = [
      (exchange) => exchange.write('four'),
      (exchange) => exchange.end('four'),
      (exchange) => exchange.end('sixsix'),
      async (exchange) => {
        await exchange.write('four')
        await exchange.write('more')
      },
    ]
    for (const handler of handlers) {
      const { peer } = await stageOf(
        'server',
        async (exchange) => {
          exchange.respond({ headers: { 'content-length': 5 } })
          await handler(exchange)
        },
        { onError },
      )
      await peer.sends(asks())
      peer.ignores({ type: 'reply' }, { type: 'data', end: false })
      await peer.wants({ type: 'reset', id: 1, code: 'INTERNAL_ERROR' })
    }
    expect(failures).toEqual([
      'expected 1 more bytes of body, got the end',
      'expected 1 more bytes of body, got the end',
      'expected 5 more bytes of body, got 6',
      'expected 1 more bytes of body, got 4',
    ])
  })

  test('AM-16 of one large write is split and goes on as the client takes it', async () => {
    const { peer } = await stageOf('server', (exchange) => exchange.end(new Uint8Array(100 * 1024).fill(7)))
    await peer.sends(asks())
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, new Uint8Array(65_536).fill(7), { end: false })
    await peer.idle()
    await peer.sends(frames.window(1, 65_536), frames.window(0, 65_536))
    await peer.wantsPayload(1, new Uint8Array(100 * 1024 - 65_536).fill(7), { end: true })
  })

  test('AM-15 to a slow reader comes whole, and its writer waits meanwhile', async () => {
    let written = 0
    const { client, clock } = pairOf(async (exchange) => {
      for (; written < 3_000_000; written += 10_000) await exchange.write(new Uint8Array(10_000))
    })
    const stream = await opened(client)
    await clock.settle()
    expect(written).toBeLessThan(1_000_000)
    let size = 0
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      size += chunk.length
      if (size % 7 === 0) await clock.advance(300)
    }
    expect(size).toBe(3_000_000)
  })

  test('left to itself harms nobody when the client goes away', async () => {
    const harm: unknown[] = []
    const listen = (error: unknown) => void harm.push(error)
    process.on('unhandledRejection', listen)
    const { client, clock } = pairOf((exchange) => {
      void exchange.write(new Uint8Array(1_000_000))
      void exchange.end('x', { 'x-a': '1' })
    })
    const stream = await opened(client)
    await clock.settle()
    stream.reset()
    await clock.settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(harm).toEqual([])
  })

  test('interim answers are checked, and go out nowhere in SPDY', async () => {
    const { peer } = await stageOf('server', (exchange) => {
      expect(exchange.inform(103, { link: '</a.css>' })).toBe(false)
      for (const status of [99, 101, 200]) expect(() => exchange.inform(status)).toThrow('an interim status')
      expect(() => exchange.inform(103, { 'x-a': '\n' })).toThrow('a field value')
      exchange.respond()
      expect(() => exchange.inform(103)).toThrow('before the answer')
    })
    await peer.sends(asks())
    await peer.wants({ type: 'reply', id: 1, headers: { ':status': '200 OK' } })
  })
})

describe('a request', () => {
  test('AM-19 its body comes before its end', async () => {
    const { peer } = await stageOf('server', async (exchange) => {
      for await (const chunk of exchange.body) await exchange.write(chunk)
    })
    await peer.sends(
      frames.open(1, { headers: requestOf('/', { ':method': 'POST' }) }),
      frames.data(1, 'one'),
    )
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wants({ type: 'data', id: 1, payload: 'one', end: false })
    await peer.sends(frames.data(1, 'two', { end: true }))
    await peer.wantsPayload(1, 'two', { end: true })
  })

  test('AM-20 an upload without end delays no other stream', async () => {
    const { client } = pairOf(async (exchange) => {
      await exchange.end(`${(await exchange.body.bytes()).length}`)
    })
    const upload = await opened(client, { method: 'POST' }, false)
    await upload.write(new Uint8Array(100_000))
    expect((await ask(client)).text).toBe('0')
    await upload.close()
    expect((await answerOf(upload)).text).toBe('100000')
  })

  test('AM-17 credit for its body comes as it is read, and not before', async () => {
    let go!: () => void
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const { peer } = await stageOf('server', async (exchange) => {
      await gate
      await exchange.end(`${(await exchange.body.bytes()).length}`)
    })
    const size = 200 * 1024
    const half = new Uint8Array(size / 8)
    await peer.sends(frames.open(1, { headers: requestOf('/', { ':method': 'POST' }) }))
    for (let i = 0; i < 2; i++) await peer.sends(frames.data(1, half))
    await peer.idle()
    go()
    const credit = await peer.wants({ type: 'window', id: 1 })
    expect(credit.delta).toBeGreaterThan(0)
    peer.ignores({ type: 'window' }, { type: 'ping' })
    for (let i = 2; i < 8; i++) await peer.sends(frames.data(1, half, { end: i === 7 }))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, `${size}`, { end: true })
  })
})
