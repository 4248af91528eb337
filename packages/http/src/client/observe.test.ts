import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import { listen } from 'plexus/node'
import { pairOf } from '../pair.test.kit.js'
import type { ExchangeHandler } from '../server/exchange.js'
import { httpStreams } from '../server/serve.js'
import { connectClient } from './connect.js'
import { clientDiagnostics } from './diagnostics.js'
import { HttpClient } from './http-client.js'
import type { ClientCall, ClientObserver } from './observe.js'

const handler: ExchangeHandler = async (exchange) => {
  const { path } = exchange.request
  if (path === '/refused') return exchange.stream.refuse()
  exchange.respond({ headers: { 'content-length': path === '/short' ? 9 : 4 } })
  await exchange.write('body')
  if (path === '/slow') await new Promise(() => {})
  if (path === '/short') exchange.stream.close()
}

/** What becomes of four requests, told to `observer`. */
async function asked(observer: ClientObserver): Promise<void> {
  const { client, clock } = pairOf(handler)
  const http = new HttpClient(client, { origin: 'http://h.test', clock, observer })
  expect((await http.do({ path: '/well?secret' })).status).toBe(200)
  await http.do({ path: '/refused' }).catch(() => {})
  const slow = await http.request({ path: '/slow' })
  slow.cancel()
  await clock.settle()
  await expect(http.request({ path: 'nowhere' })).rejects.toMatchObject({ processed: 'no' })
}

const NAMES = ['start', 'headers', 'end', 'error'] as const

test('AM-31 diagnostics_channel tells start, headers and end or error of each request, to those who are subscribed', async () => {
  const heard: [string, ClientCall][] = []
  const listeners = NAMES.map((name) => {
    const hear = (message: unknown) => void heard.push([name, message as ClientCall])
    return { name: `plexus:http:client:request:${name}`, hear }
  })
  expect(clientDiagnostics.isListening).toBe(false)
  await asked(clientDiagnostics)
  for (const { name, hear } of listeners) subscribe(name, hear)
  try {
    expect(clientDiagnostics.isListening).toBe(true)
    await asked(clientDiagnostics)
  } finally {
    for (const { name, hear } of listeners) unsubscribe(name, hear)
  }
  const facts = heard.map(([name, { path, response, error }]) => [
    name,
    path,
    response?.status,
    codeOf(error),
  ])
  expect(facts).toEqual([
    ['start', '/well?secret', 200, undefined],
    ['headers', '/well?secret', 200, undefined],
    ['end', '/well?secret', 200, undefined],
    ['start', '/refused', undefined, 'REFUSED_STREAM'],
    ['error', '/refused', undefined, 'REFUSED_STREAM'],
    ['start', '/slow', 200, 'CANCEL'],
    ['headers', '/slow', 200, 'CANCEL'],
    ['error', '/slow', 200, 'CANCEL'],
  ])
  // One object from the first word to the last: a tool may hang its span on it.
  expect(new Set(heard.map(([, call]) => call)).size).toBe(3)
})

const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code

test('AM-31 an observer that throws harms nobody', async () => {
  const oops = () => {
    throw new Error('oops')
  }
  await asked({ start: oops, headers: oops, end: oops, error: oops })
})

test('AM-31 a client that dialled publishes without being told to', async () => {
  const heard: number[] = []
  const hear = (message: unknown) => void heard.push((message as ClientCall).response!.status)
  subscribe('plexus:http:client:request:headers', hear)
  try {
    await using server = await listen('spdy+tcp://127.0.0.1:0', {}, httpStreams(handler))
    await using client = await connectClient(server.url)
    await client.do({ path: '/' })
  } finally {
    unsubscribe('plexus:http:client:request:headers', hear)
  }
  expect(heard).toEqual([200])
})
