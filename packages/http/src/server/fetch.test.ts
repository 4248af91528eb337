import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { Hono } from 'hono'
import { stream as streaming } from 'hono/streaming'
import { answerOf, ask, json, opened } from '../ask.test.kit.js'
import { pairOf, requestOf, stageOf } from '../pair.test.kit.js'
import { type FetchListener, fetchHandler } from './fetch.js'
import type { ServeOptions } from './serve.js'

const fetchPair = (listener: FetchListener, options?: ServeOptions) => pairOf(fetchHandler(listener), options)

describe('the fetch shape', () => {
  test('gives a Request and takes a Response', async () => {
    let seen: Request | undefined
    const { client } = fetchPair(async (request) => {
      seen = request
      return new Response(`got ${await request.text()}`, { status: 201, headers: { 'x-a': '1' } })
    })
    const answer = await ask(client, {
      method: 'POST',
      path: '/a?b=c',
      headers: { 'x-q': '1' },
      body: 'body',
    })
    expect([seen?.method, seen?.url, seen?.headers.get('x-q')]).toEqual(['POST', 'https://example.test/a?b=c', '1']) // biome-ignore format: a line
    expect([answer.status, answer.text, answer.headers.get('x-a')]).toEqual([201, 'got body', '1'])
  })

  test('AM-4 repeated fields survive: set-cookie one by one', async () => {
    const { client } = fetchPair(() => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ])
      return new Response(null, { headers })
    })
    expect((await ask(client)).headers.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
  })

  test.each([
    ['HEAD', 200, 'body'],
    ['GET', 204, null],
    ['GET', 304, null],
  ])('an answer to %s with %i ends with its head', async (method, status, body) => {
    const { peer } = await stageOf(
      'server',
      fetchHandler(() => new Response(body, { status })),
    )
    await peer.sends(frames.open(1, { headers: requestOf('/', { ':method': method }), end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    await peer.idle()
  })

  test('S04 fields of one connection are left out', async () => {
    const headers = { connection: 'close', 'transfer-encoding': 'chunked', 'x-a': '1' }
    const { client } = fetchPair(() => new Response('x', { headers }))
    const answer = await ask(client)
    expect([answer.status, answer.headers.has('connection'), answer.headers.get('x-a')]).toEqual([200, false, '1']) // biome-ignore format: a line
  })

  test('AM-19 answers while the upload goes on', async () => {
    const { client } = fetchPair((request) => new Response(request.body))
    const stream = await opened(client, { method: 'POST' }, false)
    for (const word of ['one', 'two']) {
      await stream.write(word)
      expect(new TextDecoder().decode(await stream.read())).toBe(word)
    }
    await stream.close()
    expect((await answerOf(stream)).text).toBe('')
  })

  test('AM-15 AM-17 a slow reader holds the source back, both ways', async () => {
    let pulled = 0
    let isWritten = false
    const { client, clock } = fetchPair((request) => {
      if (request.method === 'POST') return new Promise(() => {})
      const body = new ReadableStream({
        pull(controller) {
          pulled += 50_000
          if (pulled > 3_000_000) controller.close()
          else controller.enqueue(new Uint8Array(50_000))
        },
      })
      return new Response(body)
    })
    const download = await opened(client)
    const upload = await opened(client, { method: 'POST' }, false)
    void upload.write(new Uint8Array(2_000_000)).then(
      () => {
        isWritten = true
      },
      () => {},
    )
    await clock.settle()
    expect(pulled).toBeLessThan(1_000_000)
    expect(isWritten).toBe(false)
    expect((await answerOf(download)).bytes.length).toBe(3_000_000)
    upload.reset()
  })

  test('a client that goes away aborts the signal and cancels the body, even one that never gives', async () => {
    const told: unknown[] = []
    const { client, clock } = fetchPair((request) => {
      request.signal.addEventListener('abort', () => told.push((request.signal.reason as Error).message))
      return new Response(new ReadableStream({ cancel: () => void told.push('cancelled') }))
    })
    const stream = await opened(client)
    await stream.replied
    stream.reset()
    await clock.settle()
    expect(told).toEqual(expect.arrayContaining(['cancelled', expect.stringContaining('CANCEL')]))
    expect(told).toHaveLength(2)
  })

  test('DM-20 a body that fails resets the stream, and a listener that fails is a 500', async () => {
    const failures: string[] = []
    const onError = (error: unknown) => void failures.push((error as Error).message)
    const listener: FetchListener = (request) => {
      if (request.url.endsWith('/throw')) throw new Error('no')
      if (request.url.endsWith('/error')) return Response.error()
      if (request.url.endsWith('/none')) return undefined as never
      let isFirst = true
      const pull = (controller: ReadableStreamDefaultController) => {
        if (!isFirst) throw new Error('disk')
        isFirst = false
        controller.enqueue(new TextEncoder().encode('half'))
      }
      return new Response(new ReadableStream({ pull }))
    }
    const { client } = fetchPair(listener, { onError })
    for (const path of ['/throw', '/error', '/none'])
      expect([path, (await ask(client, { path })).status]).toEqual([path, 500])
    const stream = await opened(client, { path: '/half' })
    expect(await stream.closed).toMatchObject({ code: 'INTERNAL_ERROR', blame: 'peer' })
    expect(failures).toEqual([
      'no',
      'expected a Response of status 200 to 599, got one of status 0',
      'expected a Response of status 200 to 599, got undefined',
      'disk',
    ])
  })

  test('S05 a body shorter than announced is an error for who reads it', async () => {
    const told: unknown[] = []
    const { peer } = await stageOf(
      'server',
      fetchHandler(async (request) => {
        await request.text().catch((error: unknown) => told.push(error))
        return new Response('?')
      }),
    )
    await peer.sends(
      frames.open(1, { headers: requestOf('/', { ':method': 'POST', 'content-length': '5' }) }),
      frames.data(1, 'four', { end: true }),
    )
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(told).toEqual([expect.objectContaining({ code: 'PROTOCOL_ERROR' })])
  })

  test('what a Request cannot hold is not its business', async () => {
    const { client } = fetchPair(() => new Response('x'))
    expect((await ask(client, { method: 'TRACE' })).status).toBe(501)
  })
})

describe('Hono 4', () => {
  const app = new Hono()
  app.post('/json', async (c) => c.json({ body: await c.req.json(), query: c.req.query() }))
  app.get('/old', (c) => c.redirect('/new'))
  app.get('/text', (c) => c.text('hello'))
  app.get('/throw', () => {
    throw new Error('oops')
  })
  app.post('/upload', async (c) => {
    let size = 0
    for await (const chunk of c.req.raw.body as unknown as AsyncIterable<Uint8Array>) size += chunk.length
    return c.text(`${size}`)
  })
  app.get('/download', (c) =>
    streaming(c, async (body) => {
      for (let i = 0; i < 50; i++) await body.write(new Uint8Array(100_000))
    }),
  )
  app.onError((error, c) => c.text(error.message, 500))
  const { client, clock } = fetchPair((request) => app.fetch(request))

  test('answers JSON with JSON', async () => {
    const answer = await ask(client, json({ name: 'plexus' }, { path: '/json?x=1' }))
    expect(JSON.parse(answer.text)).toEqual({ body: { name: 'plexus' }, query: { x: '1' } })
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test('redirects, answers HEAD and 404, and turns errors into its own 500', async () => {
    const redirect = await ask(client, { path: '/old' })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/new'])
    expect(await ask(client, { path: '/text', method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    expect((await ask(client, { path: '/nothing' })).status).toBe(404)
    expect(await ask(client, { path: '/throw' })).toMatchObject({ status: 500, text: 'oops' })
  })

  test('AM-17 takes an upload as a stream', async () => {
    const stream = await opened(client, { method: 'POST', path: '/upload' }, false)
    for (let i = 0; i < 30; i++) await stream.write(new Uint8Array(100_000))
    await stream.close()
    expect((await answerOf(stream)).text).toBe('3000000')
  })

  test('AM-15 holds a big download back for a slow reader', async () => {
    const stream = await opened(client, { path: '/download' })
    await stream.replied
    await clock.settle()
    expect((await answerOf(stream)).bytes.length).toBe(5_000_000)
  })
})
