import http from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { HeaderFields, type MuxSession } from '@plexus/contract'
import type { VirtualClock } from '@plexus/testkit'
import express, { type NextFunction, type Request, type Response } from 'express'
import fastify from 'fastify'
import { answerOf, ask, json, opened } from '../ask.test.kit.js'
import { pairOf } from '../pair.test.kit.js'
import { type NodeListener, nodeHandler } from './node-handler.js'

const MEGABYTE = 1_000_000

/** As a file is read: pieces of 64 KiB, and counted. */
function download(size: number, sent: { bytes: number }): Readable {
  return new Readable({
    read() {
      const length = Math.min(65_536, size - sent.bytes)
      sent.bytes += length
      this.push(length === 0 ? null : Buffer.alloc(length, 7))
    },
  })
}

/** What an app of any framework has to do here; the apps below answer the same questions. */
function cases(listenerOf: () => NodeListener, sent: { bytes: number }): void {
  let client: MuxSession
  let clock: VirtualClock
  const failures: unknown[] = []
  beforeAll(() => {
    const pair = pairOf(
      nodeHandler((req, res) => listenerOf()(req, res)),
      {
        onError: (error) => void failures.push(error),
      },
    )
    client = pair.client
    clock = pair.clock
  })
  afterAll(async () => {
    await clock.settle()
    expect(client.streamCount).toBe(0)
    client.destroy()
  })

  test('answers JSON with JSON', async () => {
    const answer = await ask(client, json({ name: 'plexus' }, { path: '/json?x=1' }))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ body: { name: 'plexus' }, query: { x: '1' } })
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('content-length')).toBe(`${answer.bytes.length}`)
  })

  test('refuses JSON that is none', async () => {
    const answer = await ask(client, json({}, { path: '/json', body: '{no', headers: { 'content-length': '3' } })) // biome-ignore format: a line
    expect(answer.status).toBe(400)
  })

  test('answers 404 where there is nothing', async () => {
    expect((await ask(client, { path: '/nothing' })).status).toBe(404)
  })

  test('redirects', async () => {
    const { status, headers } = await ask(client, { path: '/old' })
    expect([status, headers.get('location')]).toEqual([302, '/new'])
  })

  test('answers HEAD like GET, without the body', async () => {
    const get = await ask(client, { path: '/text' })
    const head = await ask(client, { path: '/text', method: 'HEAD' })
    expect([get.text, head.text]).toEqual(['hello', ''])
    expect(head.headers.get('content-length')).toBe('5')
  })

  test('AM-4 sets two cookies', async () => {
    const { headers } = await ask(client, { path: '/cookies' })
    expect(headers.getAll('set-cookie')).toEqual([expect.stringMatching(/^a=1/), expect.stringMatching(/^b=2/)]) // biome-ignore format: a line
  })

  test('turns an error in a handler, thrown or rejected, into its own 500', async () => {
    for (const path of ['/throw', '/reject']) {
      const { status, text } = await ask(client, { path })
      expect(status).toBe(500)
      expect(text).toContain('oops')
    }
    expect(failures).toEqual([])
  })

  test('AM-17 takes an upload as a stream', async () => {
    const stream = await opened(client, { method: 'POST', path: '/upload', headers: { 'content-type': 'application/octet-stream' } }, false) // biome-ignore format: a line
    for (let i = 0; i < 30; i++) await stream.write(new Uint8Array(100_000))
    await stream.close()
    expect((await answerOf(stream)).text).toBe(`${3 * MEGABYTE}`)
  })

  test('AM-15 holds a big download back for a slow reader, and loses nothing of it', async () => {
    sent.bytes = 0
    const stream = await opened(client, { path: '/download' })
    await stream.replied
    await clock.settle()
    expect(sent.bytes).toBeLessThan(1.5 * MEGABYTE)
    const { bytes } = await answerOf(stream)
    expect(bytes.length).toBe(5 * MEGABYTE)
    expect(bytes.every((byte) => byte === 7)).toBe(true)
  })

  test('sees a client go away in the middle of a download', async () => {
    sent.bytes = 0
    const stream = await opened(client, { path: '/download' })
    await stream.read()
    stream.reset()
    await clock.settle()
    expect(sent.bytes).toBeLessThan(2 * MEGABYTE)
  })

  test('answers a hundred requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(client, json({ i }, { path: '/json' }))),
    )
    expect(answers.map(({ text }) => JSON.parse(text).body.i)).toEqual(Array.from({ length: 100 }, (_, i) => i)) // biome-ignore format: a line
  })
}

describe('Express 5', () => {
  const sent = { bytes: 0 }
  const app = express()
  app.use(express.json())
  app.post('/json', (req, res) => void res.json({ body: req.body, query: req.query }))
  app.get('/old', (_req, res) => res.redirect('/new'))
  app.get('/text', (_req, res) => void res.send('hello'))
  app.get('/cookies', (_req, res) => void res.cookie('a', '1').cookie('b', '2').end())
  app.get('/throw', () => {
    throw new Error('oops')
  })
  app.get('/reject', async () => {
    throw new Error('oops')
  })
  app.post('/upload', (req, res) => {
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
    })
    req.on('end', () => res.send(`${size}`))
  })
  app.get('/download', (_req, res) => void download(5 * MEGABYTE, sent).pipe(res))
  app.get('/me', (req, res) => {
    res.json([req.ip, req.protocol, req.secure, req.hostname, req.fresh, req.get('x-a'), req.originalUrl])
  })
  app.get('/file', (_req, res) => res.sendFile(__filename))
  app.use((error: Error & { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status ?? 500).send(error.message)
  })
  cases(() => app, sent)

  test('knows who asks, and for what', async () => {
    const connection = { remoteAddress: '192.0.2.7', encrypted: true as never }
    const { client } = pairOf(nodeHandler(app, { connectionOf: () => connection }))
    const answer = await ask(client, { path: '/me?a=b', headers: { 'x-a': '1' } })
    expect(JSON.parse(answer.text)).toEqual(['192.0.2.7', 'https', true, 'example.test', false, '1', '/me?a=b']) // biome-ignore format: a line
  })

  test('sends files, ranges of them, and 304 for what is known', async () => {
    const { client } = pairOf(nodeHandler(app))
    const whole = await ask(client, { path: '/file' })
    expect(whole.text).toContain('sends files, ranges of them')
    const part = await ask(client, { path: '/file', headers: { range: 'bytes=2-5' } })
    expect([part.status, part.text]).toEqual([206, whole.text.slice(2, 6)])
    const etag = whole.headers.get('etag') ?? ''
    const known = await ask(client, { path: '/file', headers: { 'if-none-match': etag } })
    expect([known.status, known.text]).toEqual([304, ''])
  })
})

const fastifyApp = (sent: { bytes: number }, serverFactory?: (handler: NodeListener) => http.Server) => {
  const app = fastify(serverFactory && { serverFactory })
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.post('/json', async (request) => ({ body: request.body, query: request.query }))
  app.get('/old', (_request, reply) => reply.redirect('/new'))
  app.get('/text', async () => 'hello')
  app.get('/cookies', (_request, reply) =>
    reply.header('set-cookie', 'a=1').header('set-cookie', 'b=2').send(),
  )
  app.get('/throw', (_request, _reply) => {
    throw new Error('oops')
  })
  app.get('/reject', async () => {
    throw new Error('oops')
  })
  app.post('/upload', async (request) => {
    let size = 0
    for await (const chunk of request.body as Readable) size += chunk.length
    return `${size}`
  })
  app.get('/download', (_request, reply) => reply.send(download(5 * MEGABYTE, sent)))
  return app
}

describe('Fastify 5 by its serverFactory', () => {
  const sent = { bytes: 0 }
  let listener!: NodeListener
  const app = fastifyApp(sent, (handler) => {
    listener = handler
    return http.createServer()
  })
  beforeAll(async () => void (await app.ready()))
  cases(() => listener, sent)
})

describe('Fastify 5 by its routing', () => {
  const sent = { bytes: 0 }
  const app = fastifyApp(sent)
  beforeAll(async () => void (await app.ready()))
  cases(() => (req, res) => app.routing(req, res), sent)

  test('its hooks see the answer end, and a client go away', async () => {
    const seen: string[] = []
    const hooked = fastify()
    hooked.addHook(
      'onResponse',
      async (request, reply) => void seen.push(`${request.url} ${reply.statusCode}`),
    )
    hooked.addHook('onRequestAbort', async (request) => void seen.push(`${request.url} aborted`))
    hooked.get('/a', async () => 'a')
    hooked.get('/hang', () => new Promise(() => {}))
    await hooked.ready()
    const { client, clock } = pairOf(nodeHandler((req, res) => hooked.routing(req, res)))
    await ask(client, { path: '/a' })
    const stream = await opened(client, { path: '/hang' })
    await clock.settle()
    stream.reset()
    await clock.settle()
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual(expect.arrayContaining(['/a 200', '/hang aborted']))
  })
})

test('a bare listener of http.createServer needs nothing changed', async () => {
  const server = http.createServer((req, res) => {
    res.setHeader('x-url', req.url ?? '')
    req.pipe(res)
  })
  const [listener] = server.listeners('request') as NodeListener[]
  const { client } = pairOf(nodeHandler(listener!))
  const answer = await ask(client, { method: 'POST', path: '/p', body: 'hello' })
  expect(answer.headers).toBeInstanceOf(HeaderFields)
  expect([answer.text, answer.headers.get('x-url')]).toEqual(['hello', '/p'])
})
