import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { answerOf, ask, opened } from '../ask.test.kit.js'
import { pairOf, requestOf, stageOf } from '../pair.test.kit.js'

test('an exchange has a head and a body on both ways', async () => {
  const { client, clock } = pairOf(async ({ request, body }) => {
    expect(request).toMatchObject({ method: 'GET', path: '/a', authority: 'example.test', scheme: 'https' })
    expect(await body.text()).toBe('')
  })
  const stream = await client.open({ headers: requestOf('/a'), end: true })
  await clock.settle()
  expect((await stream.replied).get(':status')).toBe('200 OK')
})

test('DM-20 AM-22 a handler that writes nothing is a reply of 200 with the end', async () => {
  const { peer } = await stageOf('server', () => {})
  await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
  await peer.wants({ type: 'reply', id: 1, end: true })
})

test('DM-20 a handler that throws is answered with 500, and the session lives', async () => {
  const failures: unknown[] = []
  const { peer } = await stageOf(
    'server',
    () => {
      throw new Error('no')
    },
    { onError: (error) => void failures.push(error) },
  )
  await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
  const reply = await peer.wants({ type: 'reply', id: 1, end: true })
  expect(reply).toMatchObject({ type: 'reply' })
  expect(failures).toHaveLength(1)
})

describe('a head that is none', () => {
  const fields = [':method', ':path', ':version', ':host', ':scheme'] as const
  test.each(fields)('DM-13 without %s it is answered with 400, and the session lives', async (name) => {
    const handled: unknown[] = []
    const { peer } = await stageOf('server', (exchange) => void handled.push(exchange))
    const { [name]: _, ...headers } = requestOf()
    await peer.sends(frames.open(1, { headers, end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { ':status': '400 Bad Request', ':version': 'HTTP/1.1' } }) // biome-ignore format: a line
    await peer.sends(frames.open(3, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 3, headers: { ':status': '200 OK' } })
    expect(handled).toHaveLength(1)
  })

  test('DM-13 with an upload behind it, the upload is dropped', async () => {
    const { peer, session, clock } = await stageOf('server')
    await peer.sends(frames.open(1, { headers: { ':method': 'POST' } }), frames.data(1, 'x'))
    await peer.wants({ type: 'reply', id: 1, end: true })
    await peer.sends(frames.data(1, 'y', { end: true }))
    await clock.settle()
    expect(session.streamCount).toBe(0)
    await peer.idle()
  })

  const malformed: [string, Record<string, string>][] = [
    ['S01', { 'x-a': 'a\x01b' }],
    ['S01', { 'x-a': ' a' }],
    ['S01', { 'x-a': 'a\nb' }],
    ['S02', { 'x(a': 'b' }],
    ['S03', { ':status': '200' }],
    ['S04', { connection: 'close' }],
    ['S05', { 'content-length': '1x' }],
    ['S06', { host: 'other.test' }],
    ['S06', { ':host': 'me@example.test' }],
    ['S07', { ':method': 'CONNECT' }],
  ]
  test.each(malformed)('%s with %j it is reset, and the session lives', async (_, more) => {
    const handled: unknown[] = []
    const { peer } = await stageOf('server', (exchange) => void handled.push(exchange))
    await peer.sends(frames.open(1, { headers: requestOf('/', more), end: true }))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    await peer.sends(frames.ping(1))
    await peer.wants({ type: 'ping', token: 1 })
    expect(handled).toEqual([])
  })
})

describe('a handler', () => {
  test('DM-20 that rejects in the middle of the answer resets it, and behind its end changes nothing', async () => {
    const failures: unknown[] = []
    const { client } = pairOf(
      async (exchange) => {
        if (exchange.request.path === '/whole') await exchange.end('whole')
        else await exchange.write('half')
        throw new Error('no')
      },
      { onError: (error) => void failures.push(error) },
    )
    expect((await ask(client, { path: '/whole' })).text).toBe('whole')
    const half = await opened(client, { path: '/half' })
    expect(await half.closed).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
    expect(failures).toHaveLength(2)
  })

  test('AM-21 may think longer than any patience but its own', async () => {
    const { client, clock } = pairOf(async (exchange) => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 12_000))
      await exchange.end('thought')
    })
    const stream = await opened(client)
    await clock.advance(11_999)
    expect(stream.state).toBe('half-closed (local)')
    await clock.advance(1)
    expect((await answerOf(stream)).text).toBe('thought')
  })

  test('AM-22 that leaves the answer open has it ended', async () => {
    const { peer } = await stageOf('server', (exchange) => void exchange.write('x'))
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'x', { end: true })
  })

  test('B11 that outlives its stream hears of it, and is no failure', async () => {
    const failures: unknown[] = []
    const heard: unknown[] = []
    const { peer, clock } = await stageOf(
      'server',
      async (exchange) => {
        await exchange.stream.closed
        exchange.respond()
        await exchange.write('late').catch((error: unknown) => {
          heard.push(error)
          throw error
        })
      },
      { onError: (error) => void failures.push(error) },
    )
    await peer.sends(frames.open(1, { headers: requestOf(), end: true }))
    await peer.sends(frames.reset(1, 'CANCEL'))
    await clock.settle()
    expect(heard).toEqual([expect.objectContaining({ code: 'CANCEL', blame: 'peer' })])
    expect(failures).toEqual([])
    await peer.idle()
  })

  test('that leaves an upload unread has it dropped, up to 1 MiB', async () => {
    const { client, clock } = pairOf((exchange) => exchange.end('no'))
    const short = await opened(client, { method: 'POST' }, false)
    await short.write(new Uint8Array(500_000), { end: true })
    expect((await answerOf(short)).text).toBe('no')
    expect(await short.closed).toBeUndefined()
    const long = await opened(client, { method: 'POST' }, false)
    const writing = long.write(new Uint8Array(5_000_000)).catch((error: unknown) => error)
    expect((await answerOf(long)).text).toBe('no')
    expect(await writing).toMatchObject({ code: 'CANCEL' })
    await clock.settle()
    expect(client.streamCount).toBe(0)
  })
})

describe('a handler that hangs', () => {
  const hanging = async (path: string, answerFirst: boolean) => {
    const failures: unknown[] = []
    let signal: AbortSignal | undefined
    const timeout: { ms: number; clock: never } = { ms: 5_000, clock: undefined as never }
    const stage = await stageOf(
      'server',
      async (exchange) => {
        signal = exchange.signal
        if (answerFirst) exchange.respond()
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal?.reason)))
      },
      { handlerTimeout: timeout, onError: (error) => void failures.push(error) },
    )
    Object.assign(timeout, { clock: stage.clock })
    await stage.peer.sends(frames.open(1, { headers: requestOf(path), end: true }))
    return { ...stage, failures, aborted: () => signal?.aborted }
  }

  test('is answered with 503 when its time is up, and told', async () => {
    const { peer, clock, failures, aborted } = await hanging('/', false)
    await clock.advance(4_999)
    await peer.idle()
    await clock.advance(1)
    await peer.wants({ type: 'reply', id: 1, end: true, headers: { ':status': '503 Service Unavailable' } })
    expect(aborted()).toBe(true)
    expect(failures).toEqual([expect.objectContaining({ code: 'TIMEOUT', blame: 'application' })])
    await peer.idle()
  })

  test('behind the head of its answer is reset', async () => {
    const { peer, clock, aborted } = await hanging('/', true)
    await peer.wants({ type: 'reply', id: 1 })
    await clock.advance(5_000)
    await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
    expect(aborted()).toBe(true)
  })

  test('B19 over the number that may be at work, a request is refused at once, not taken and left', async () => {
    const { peer, clock } = await stageOf('server', ({ stream }) => stream.closed.then(() => {}), {
      maxHandlers: 2,
    })
    for (const id of [1, 3, 5]) await peer.sends(frames.open(id, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reset', id: 5, code: 'REFUSED_STREAM' })
    await peer.sends(frames.reset(1, 'CANCEL'))
    await clock.settle()
    await peer.sends(frames.open(7, { headers: requestOf(), end: true }))
    await peer.idle()
  })

  test('B19 over the streams of a session, it is the session that refuses', async () => {
    const { peer } = await stageOf('server', () => new Promise(() => {}), {
      limits: { maxInboundStreams: 1 },
    })
    for (const id of [1, 3]) await peer.sends(frames.open(id, { headers: requestOf(), end: true }))
    await peer.wants({ type: 'reset', id: 3, code: 'REFUSED_STREAM' })
  })
})
