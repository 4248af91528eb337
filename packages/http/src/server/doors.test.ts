import { connect as dial, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { VirtualClock } from '@plexus/testkit'
import type { PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import { answerOf, opened } from '../ask.test.kit.js'
import type { HttpObserver } from '../observe.js'
import type { NodeListener } from './node-handler.js'
import { createServer, type HttpServer, type ServerListener, type ServerOptions } from './server.js'

let server: HttpServer
const open: (Socket | PlexusSession)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) end.destroy()
  await server?.close({ timeoutMs: 0 })
})

interface Asked {
  /** What came back; 0 for nothing. */
  readonly status: Promise<number>
  cancel(): void
}

/** Asks on HTTP/1.1, byte by byte, so that nobody helps. */
async function asksHttp1(path: string): Promise<Asked> {
  const { port } = await server.listen('http://127.0.0.1:0')
  const socket = dial(port!, '127.0.0.1').on('error', () => undefined)
  open.push(socket)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: example.test\r\n\r\n`)
  const status = new Promise<number>((resolve) => {
    socket.once('data', (bytes) => resolve(Number(/^HTTP\/1.1 (\d{3}) /.exec(`${bytes}`)?.[1])))
    socket.once('close', () => resolve(0))
  })
  return { status, cancel: () => socket.destroy() }
}

async function asksSpdy(path: string): Promise<Asked> {
  const { url } = await server.listen('spdy+tcp://127.0.0.1:0')
  const session = await connect(url)
  open.push(session)
  const stream = await opened(session, { path })
  const status = answerOf(stream).then(
    (answer) => answer.status,
    () => 0,
  )
  return { status, cancel: () => stream.reset('CANCEL') }
}

/** Three shapes of one handler: it answers at once, throws, waits for ever, or begins an answer and waits. */
const SHAPES: [string, ServerListener][] = [
  [
    'Node’s (req, res)',
    (req, res) => {
      if (req.url === '/well') res.setHeader('x-a', 'b').end('well')
      if (req.url === '/half') res.write('half')
      if (req.url === '/bad') throw new Error('oops')
    },
  ],
  [
    'fetch',
    {
      fetch: (req) => {
        const { pathname } = new URL(req.url)
        if (pathname === '/well') return new Response('well')
        if (pathname === '/bad') throw new Error('oops')
        if (pathname === '/half') return new Response(new ReadableStream({ start: (c) => c.enqueue(Buffer.from('half')) })) // biome-ignore format: a line
        return new Promise((_, reject) =>
          req.signal.addEventListener('abort', () => reject(req.signal.reason)),
        )
      },
    },
  ],
  [
    'exchanges',
    {
      exchange: async (exchange) => {
        const { path } = exchange.request
        if (path === '/well') return exchange.end('well')
        if (path === '/bad') throw new Error('oops')
        if (path === '/half') void exchange.write('half')
        await new Promise((resolve) => exchange.signal.addEventListener('abort', resolve))
      },
    },
  ],
]

const DOORS: [string, (path: string) => Promise<Asked>][] = [
  ['HTTP/1.1', asksHttp1],
  ['SPDY', asksSpdy],
]

const CASES = SHAPES.flatMap(([shape, listener]) =>
  DOORS.map(([door, asks]) => [shape, door, listener, asks] as const),
)

describe.each(CASES)('a handler of the shape of %s behind a door for %s', (_shape, _door, listener, asks) => {
  const lines: string[] = []
  const told: string[] = []
  let ended!: () => void
  const serve = (options: ServerOptions = {}) => {
    lines.length = told.length = 0
    const over = new Promise<void>((resolve) => {
      ended = resolve
    })
    const observer: HttpObserver = {
      start: ({ request }) => told.push(`start ${request.method} ${request.path}`),
      response: ({ status }) => told.push(`response ${status}`),
      error: () => told.push('error'),
      end: (_exchange, error) => {
        told.push(error === undefined ? 'end' : 'end by an error')
        ended()
      },
    }
    const say = (_facts: object, message: string) => void lines.push(message)
    server = createServer({ logger: { debug: say, error: say }, observer, ...options }, listener)
    return over
  }

  test('AM-31 is logged and observed', async () => {
    const over = serve()
    expect(await (await asks('/well')).status).toBe(200)
    await over
    expect(told).toEqual(['start GET /well', 'response 200', 'end'])
    expect(lines).toEqual(['request', 'request over'])
  })

  test('DM-20 AM-31 that throws is a 500, logged and observed', async () => {
    const failures: unknown[] = []
    const over = serve({ onError: (error, exchange) => failures.push([`${error}`, exchange?.request.path]) })
    expect(await (await asks('/bad')).status).toBe(500)
    await over
    expect(told).toEqual(['start GET /bad', 'response 500', 'error', 'end'])
    expect(lines).toEqual(['request', 'handler failed', 'request over'])
    expect(failures).toEqual([['Error: oops', '/bad']])
  })

  test('AM-31 whose client goes away is told so', async () => {
    const over = serve()
    const asked = await asks('/never')
    while (told.length === 0) await new Promise(setImmediate)
    asked.cancel()
    await over
    expect(told.filter((word) => !word.startsWith('response'))).toEqual([
      'start GET /never',
      'end by an error',
    ])
  })

  test('that hangs is a 503 when its time is up, not before, and cut off if it has begun', async () => {
    const clock = new VirtualClock()
    serve({ handlerTimeout: { ms: 5_000, clock } })
    let answered = 0
    const never = await asks('/never')
    void never.status.then((status) => {
      answered = status
    })
    while (told.length < 1) await new Promise(setImmediate)
    await clock.advance(4_999)
    await new Promise(setImmediate)
    expect(answered).toBe(0)
    await clock.advance(1)
    expect(await never.status).toBe(503)
    await server.close({ timeoutMs: 0 })
    const over = serve({ handlerTimeout: { ms: 5_000, clock } })
    await asks('/half')
    while (!told.includes('response 200')) await new Promise(setImmediate)
    await clock.advance(5_000)
    await over
    expect(told).toContain('end by an error')
  })

  test('B19 has its number bounded, and a place that is left is taken again', async () => {
    const over = serve({ maxHandlers: 1 })
    const first = await asks('/never')
    while (told.length === 0) await new Promise(setImmediate)
    expect([0, 503]).toContain(await (await asks('/well')).status)
    first.cancel()
    await over
    await new Promise(setImmediate)
    expect(await (await asks('/well')).status).toBe(200)
  })
})

describe.each(DOORS)('a listener of Node’s behind a door for %s', (_door, asks) => {
  /** What a listener does with a client that goes away while it is at work. */
  const failuresOf = async (listener: NodeListener, whenBegun?: (asked: Asked) => void) => {
    const failures: string[] = []
    let begun!: () => void
    const working = new Promise<void>((resolve) => {
      begun = resolve
    })
    const over = new Promise<void>((resolve) => {
      const observer: HttpObserver = { end: () => resolve() }
      const onError = (error: unknown) => void failures.push((error as { code?: string }).code ?? `${error}`)
      server = createServer({ onError, observer }, (req, res) => {
        begun()
        return listener(req, res)
      })
    })
    const asked = await asks('/')
    await working
    whenBegun?.(asked)
    const status = await asked.status
    await over
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    return { status, failures }
  }

  test('B11 that writes behind its end is told and harms nobody', async () => {
    const twice = await failuresOf((_req, res) => {
      res.end('once')
      res.write('more')
    })
    expect(twice).toEqual({ status: 200, failures: ['ERR_STREAM_WRITE_AFTER_END'] })
  })

  test('B11 that throws behind its end is told, and the answer stands', async () => {
    const late = await failuresOf(async (_req, res) => {
      res.end('whole')
      throw new Error('late')
    })
    expect(late).toEqual({ status: 200, failures: ['Error: late'] })
  })

  test('B07 whose client goes away in the middle of a pipeline has not failed', async () => {
    const gone = await failuresOf(
      (_req, res) => pipeline(Readable.from(endless()), res),
      (asked) => asked.cancel(),
    )
    expect(gone.failures).toEqual([])
  })

  test('S14 whose time is up may go on with its answer, and harms nobody', async () => {
    const clock = new VirtualClock()
    let goOn!: () => void
    const word = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let wentWell!: () => void
    const done = new Promise<void>((resolve) => {
      wentWell = resolve
    })
    server = createServer({ handlerTimeout: { ms: 1_000, clock } }, (_req, res) => {
      void word.then(() => {
        res.setHeader('x-late', '1')
        res.writeHead(200)
        res.write('late')
        res.end()
        wentWell()
      })
    })
    const asked = await asks('/')
    while (clock.pending === 0) await new Promise(setImmediate)
    await clock.advance(1_000)
    expect(await asked.status).toBe(503)
    goOn()
    await done
  })

  test('B19 holds its place until its promise is settled, whatever the client does', async () => {
    let finish!: () => void
    const work = new Promise<void>((resolve) => {
      finish = resolve
    })
    let begun = 0
    let over!: () => void
    const ended = new Promise<void>((resolve) => {
      over = resolve
    })
    server = createServer({ maxHandlers: 1, observer: { end: () => over() } }, (_req, res) => {
      begun += 1
      if (begun === 1) return work
      res.end('next')
    })
    const first = await asks('/')
    while (begun === 0) await new Promise(setImmediate)
    first.cancel()
    await ended
    expect([0, 503]).toContain(await (await asks('/')).status)
    expect(begun).toBe(1)
    finish()
    await new Promise(setImmediate)
    expect(await (await asks('/')).status).toBe(200)
  })
})

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'x'.repeat(1000)
    await new Promise(setImmediate)
  }
}
