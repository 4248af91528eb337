import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import { pino } from 'pino'
import { connect } from 'plexus/node'
import { type DiagnosticsMessage, diagnostics } from './diagnostics.js'
import type { HttpLogger } from './log.js'
import type { HttpObserver } from './observe.js'
import { pairOf, requestOf } from './pair.test.kit.js'
import type { ExchangeHandler } from './server/exchange.js'
import type { ServeOptions } from './server/serve.js'
import { createServer } from './server/server.js'

const oops = new Error('oops')
const handler: ExchangeHandler = ({ request }) => {
  if (request.path.startsWith('/bad')) throw oops
}

/** Three requests: one well, one whose handler throws, one that the client gives up. */
async function served(options: ServeOptions, handle = handler): Promise<void> {
  const { client, clock } = pairOf(async (exchange) => {
    if (exchange.request.path.startsWith('/slow')) await exchange.stream.closed
    else await handle(exchange)
  }, options)
  for (const path of ['/well?token=hunter2', '/bad?token=hunter2', '/slow']) {
    const headers = requestOf(path, { authorization: 'Bearer hunter2', cookie: 'id=hunter2' })
    const stream = await client.open({ headers, end: true })
    if (path === '/slow') {
      await clock.settle()
      stream.reset('CANCEL')
    }
    await clock.settle()
  }
}

/** What real pino writes to memory, at a level of its own. */
async function logged(level: string): Promise<Record<string, unknown>[]> {
  const lines: string[] = []
  await served({
    logger: pino({ level, base: null }, { write: (line: string) => void lines.push(line) }),
  })
  expect(lines.join()).not.toContain('hunter2')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('AM-31 two levels: debug tells each request and its end, the normal one only what failed', async () => {
  const lines = (await logged('debug')).map(({ level, msg, path, status, code }) => [
    level,
    msg,
    path ?? status,
    code,
  ])
  const [debug, error] = [20, 50]
  expect(lines).toEqual([
    [debug, 'request', '/well', undefined],
    [debug, 'request over', 200, undefined],
    [debug, 'request', '/bad', undefined],
    [error, 'handler failed', '/bad', undefined],
    [debug, 'request over', 500, undefined],
    [debug, 'request', '/slow', undefined],
    [debug, 'request over', undefined, 'CANCEL'],
  ])
  const [line, ...others] = await logged('info')
  expect(others).toEqual([])
  expect(line).toMatchObject({ level: error, msg: 'handler failed', err: { type: 'Error', message: 'oops' } })
})

test('AM-31 silent by default, with levels left out, and whatever the sink does', async () => {
  const said: unknown[] = []
  const original = { out: process.stdout.write, err: process.stderr.write }
  process.stdout.write = (text) => said.push(text) > 0
  process.stderr.write = (text) => said.push(text) > 0
  try {
    await served({})
    await served({ logger: {} })
  } finally {
    process.stdout.write = original.out
    process.stderr.write = original.err
  }
  expect(said).toEqual([])
  const broken = () => {
    throw new Error('the disk is full')
  }
  let answered = 0
  const logger: HttpLogger = { debug: broken, error: broken }
  const observer: HttpObserver = {
    start: broken,
    response: broken,
    error: broken,
    end: () => void (answered += 1),
  }
  await served({ logger, observer })
  expect(answered).toBe(3)
})

test('AM-31 Node’s diagnostics_channel tells start, response, error and end, to those who are subscribed', async () => {
  const heard: [string, DiagnosticsMessage][] = []
  const listeners = ['start', 'response', 'error', 'end'].map((name) => {
    const listen = (message: unknown) => void heard.push([name, message as DiagnosticsMessage])
    return { name: `plexus:http:request:${name}`, listen }
  })
  expect(diagnostics.isListening).toBe(false)
  await served({ observer: diagnostics })
  for (const { name, listen } of listeners) subscribe(name, listen)
  try {
    expect(diagnostics.isListening).toBe(true)
    await served({ observer: diagnostics })
  } finally {
    for (const { name, listen } of listeners) unsubscribe(name, listen)
  }
  expect(heard.map(([name, { request }]) => `${name} ${request.path.split('?')[0]}`)).toEqual([
    ...['start /well', 'response /well', 'end /well'],
    ...['start /bad', 'response /bad', 'error /bad', 'end /bad'],
    ...['start /slow', 'end /slow'],
  ])
  // One object from the first word to the last: a tool may hang its span on it.
  expect(heard[0]![1]).toBe(heard[2]![1])
  expect(heard[2]![1]).toMatchObject({ status: 200 })
  expect(heard[5]![1]).toMatchObject({ status: 500, error: oops })
  expect(heard.at(-1)![1]).toMatchObject({ error: { code: 'CANCEL' } })
  await served({ observer: diagnostics })
  expect(heard).toHaveLength(9)
})

test('AM-31 a server publishes on diagnostics_channel without being told to', async () => {
  const heard: number[] = []
  const listen = (message: unknown) => void heard.push((message as DiagnosticsMessage).status!)
  subscribe('plexus:http:request:response', listen)
  try {
    await using server = createServer({ exchange: (exchange) => exchange.respond({ status: 204 }) })
    const { url } = await server.listen('spdy+tcp://127.0.0.1:0')
    await using session = await connect(url)
    await (await session.open({ headers: requestOf(), end: true })).replied
  } finally {
    unsubscribe('plexus:http:request:response', listen)
  }
  expect(heard).toEqual([204])
})
