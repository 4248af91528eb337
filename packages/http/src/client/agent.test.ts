import http from 'node:http'
import https from 'node:https'
import { afterEach, describe, expect, test } from '@jest/globals'
import { listen } from 'plexus/node'
import { certificate } from '../certificate.test.kit.js'
import { pairOf } from '../pair.test.kit.js'
import type { ExchangeHandler } from '../server/exchange.js'
import { httpStreams } from '../server/serve.js'
import { createServer } from '../server/server.js'
import { SessionAgent, type SessionAgentOptions } from './agent.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'
import { createPool } from './pool/dial-http.js'

const agents: SessionAgent[] = []
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy()
})

const origin = 'http://h.test'

function agentTo(handler: ExchangeHandler, options: HttpClientOptions = {}, more: SessionAgentOptions = {}) {
  const pair = pairOf(handler)
  const client = new HttpClient(pair.client, { clock: pair.clock, origin, ...options })
  const agent = new SessionAgent(client, more)
  agents.push(agent)
  return { ...pair, agent }
}

interface Got {
  readonly response: http.IncomingMessage
  readonly text: string
}

function ask(options: http.RequestOptions, body?: readonly string[]): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: 'h.test', ...options }, async (response) => {
      try {
        let text = ''
        for await (const bytes of response) text += bytes
        resolve({ response, text })
      } catch (error) {
        reject(error)
      }
    })
    request.on('error', reject)
    for (const piece of body ?? []) request.write(piece)
    request.end()
  })
}

const echo: ExchangeHandler = async (exchange) => {
  const { method, path, authority, headers } = exchange.request
  const body = await exchange.body.text()
  exchange.respond({
    status: 201,
    headers: {
      'set-cookie': ['a', 'b'],
      authority,
      names: headers.flat.filter((_, i) => i % 2 === 0).join(),
    },
  })
  await exchange.end(`${method} ${path} ${body}`)
}

test('http.request asks over a session', async () => {
  const { agent, client } = agentTo(echo, { speaksFor: ['http://h.test:8080'] })
  const headers = { 'X-A': ['1', '2'] }
  const { response, text } = await ask({ agent, path: '/a?b', port: 8080, headers })
  expect(response).toMatchObject({ statusCode: 201, statusMessage: 'Created' })
  expect(response.headers).toMatchObject({ 'set-cookie': ['a', 'b'], authority: 'h.test:8080' })
  expect(response.headers.names).toBe('x-a,x-a')
  expect(text).toBe('GET /a?b ')
  const posted = await ask({ agent, method: 'POST', path: '/' }, ['hel', 'lo'])
  expect(posted.text).toBe('POST / hello')
  const whole = await ask({ agent, method: 'PUT', path: '/', headers: { 'content-length': 5 } }, ['hello'])
  expect(whole.text).toBe('PUT / hello')
  expect(whole.response.headers.names).toBe('content-length')
  expect(client.streamCount).toBe(0)
})

test('many requests go at once, each on a stream of its own', async () => {
  const { agent, client } = agentTo(echo)
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => ask({ agent, path: `/${i}` })))
  expect(all.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, i) => `GET /${i} `))
  expect(client.stats.peakStreams).toBeGreaterThan(10)
})

test('an answer without a body ends, whatever length it says', async () => {
  const { agent } = agentTo((exchange) => exchange.respond({ headers: { 'content-length': 5 } }))
  const { response, text } = await ask({ agent, method: 'HEAD', path: '/' })
  expect(response.headers['content-length']).toBe('5')
  expect(text).toBe('')
})

test('what ends the stream is the error of the request', async () => {
  const { agent } = agentTo((exchange) => exchange.stream.refuse())
  await expect(ask({ agent, path: '/' })).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
})

test('an answer that breaks off is no end', async () => {
  const { agent } = agentTo(async (exchange) => {
    await exchange.write('half')
    throw new Error('no')
  })
  await expect(ask({ agent, path: '/' })).rejects.toBeInstanceOf(Error)
})

test('to destroy a request resets its stream', async () => {
  let code: Promise<unknown> | undefined
  let isHere = () => {}
  const here = new Promise<void>((resolve) => {
    isHere = resolve
  })
  const { agent, client } = agentTo(async (exchange) => {
    code = exchange.stream.closed.then((error) => error?.code)
    isHere()
    await new Promise(() => {})
  })
  const request = http.get({ agent, host: 'h.test', path: '/' })
  request.on('error', () => {})
  await here
  request.destroy()
  expect(await code).toBe('CANCEL')
  expect(client.streamCount).toBe(0)
})

test('a reader that does not read holds the server back', async () => {
  let written = 0
  const { agent, clock } = agentTo(async (exchange) => {
    for (; written < 200; written++) await exchange.write(new Uint8Array(16 * 1024))
  })
  const response = await new Promise<http.IncomingMessage>((resolve) => {
    http.get({ agent, host: 'h.test', path: '/' }, resolve)
  })
  await clock.settle()
  await clock.settle()
  const held = written
  expect(held).toBeLessThan(200)
  await clock.settle()
  expect(written).toBe(held)
  let size = 0
  for await (const bytes of response) size += bytes.length
  expect(size).toBe(200 * 16 * 1024)
})

test('what is expected is asked for', async () => {
  const { agent } = agentTo(echo)
  const text = await new Promise((resolve, reject) => {
    const headers = { expect: '100-continue', 'content-length': 1 }
    const request = http.request({ agent, host: 'h.test', method: 'POST', path: '/', headers })
    request.on('error', reject)
    request.on('continue', () => request.end('x'))
    request.on('response', async (response) => resolve(Buffer.concat(await response.toArray()).toString()))
    request.flushHeaders()
  })
  expect(text).toBe('POST / x')
})

test('CONNECT is a tunnel', async () => {
  const { agent } = agentTo(async (exchange) => {
    exchange.respond()
    for await (const bytes of exchange.body) await exchange.write(bytes)
    await exchange.end()
  })
  const echoed = await new Promise((resolve, reject) => {
    const request = http.request({ agent, host: 'h.test', method: 'CONNECT', path: 'far:22' })
    request.on('error', reject)
    request.on('connect', async (response, socket) => {
      expect(response.statusCode).toBe(200)
      socket.end('through')
      resolve(Buffer.concat(await socket.toArray()).toString())
    })
    request.end()
  })
  expect(echoed).toBe('through')
})

describe('S11 an agent is for the origin that its session was made for', () => {
  const asked: string[] = []
  const note: ExchangeHandler = ({ request }) => {
    asked.push(`${request.scheme}://${request.authority}`)
  }
  afterEach(() => void asked.splice(0))

  const refused = { code: 'PROTOCOL_ERROR', scope: 'request', processed: 'no' }

  test.each<[string, http.RequestOptions]>([
    ['another host', { host: 'h.test.evil' }],
    ['another port', { port: 8080 }],
    ['another host in the host field', { headers: { host: 'other.test' } }],
    ['a host field that is none', { headers: { host: 'h.test/' } }],
  ])('%s is an error, and nothing is sent', async (_, options) => {
    const { agent, client } = agentTo(note)
    await expect(ask({ agent, path: '/', ...options })).rejects.toMatchObject(refused)
    expect([asked, client.stats.streamsOpened]).toEqual([[], 0])
    await ask({ agent, path: '/', host: 'H.test', headers: { host: 'h.test:80' } })
    expect(asked).toEqual(['http://h.test:80'])
  })

  test('the scheme is looked at as Node does it', async () => {
    const { agent } = agentTo(note)
    expect(() => https.get({ agent, host: 'h.test' })).toThrow(/Protocol "https:" not supported/)
    const secure = agentTo(note, { origin: 'https://h.test' })
    expect(() => http.get({ agent: secure.agent, host: 'h.test' })).toThrow(/Protocol "http:" not supported/)
    await askSecurely({ agent: secure.agent })
    expect(asked).toEqual(['https://h.test'])
  })

  const ca = 'a certificate'
  test.each<[string, https.RequestOptions]>([
    ['another trust', { ca: 'another' }],
    ['no trust at all', { rejectUnauthorized: false }],
    ['a certificate of the client', { cert: 'mine', key: 'mine' }],
    ['another check of the name', { checkServerIdentity: () => undefined }],
    ['another name', { servername: 'other.test' }],
    ['another choice of protocols', { ALPNProtocols: ['http/1.1'] } as https.RequestOptions],
  ])('%s than the session was dialled with is an error', async (_, options) => {
    const { agent, client } = agentTo(note, { origin: 'https://h.test' }, { tls: { ca } })
    await expect(askSecurely({ agent, ...options })).rejects.toMatchObject(refused)
    expect(client.stats.streamsOpened).toBe(0)
    await askSecurely({ agent, ca: Buffer.from(ca), rejectUnauthorized: true, servername: 'h.test' })
    expect(client.stats.streamsOpened).toBe(1)
  })

  test('`any` is for a session that speaks for all', async () => {
    const { agent } = agentTo(note, { origin: undefined, speaksFor: 'any' })
    await ask({ agent, host: 'one.test' })
    await ask({ agent, host: 'two.test' })
    expect(asked).toEqual(['http://one.test', 'http://two.test'])
  })

  function askSecurely(options: https.RequestOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = https.get({ host: 'h.test', ...options }, (response) => {
        response.resume().on('end', resolve)
      })
      request.on('error', reject)
    })
  }
})

describe('S11 over a pool an agent goes where each request says:', () => {
  test('to any host, and not to what its host field names', async () => {
    const serve = (name: string) =>
      listen(
        'h2+tcp://127.0.0.1:0',
        {},
        httpStreams((exchange) => exchange.end(`${name} for ${exchange.request.authority}`)),
      )
    await using one = await serve('one')
    await using two = await serve('two')
    await using pool = createPool({})
    const agent = new SessionAgent(pool)
    agents.push(agent)
    const at = (url: string, headers = {}) =>
      ask({ agent, host: '127.0.0.1', port: new URL(url).port, path: '/', headers })
    const hostOf = (url: string) => url.replace('h2+tcp://', '')
    expect((await at(one.url)).text).toBe(`one for ${hostOf(one.url)}`)
    expect((await at(two.url)).text).toBe(`two for ${hostOf(two.url)}`)
    expect((await at(one.url, { host: hostOf(two.url) })).text).toBe(`one for ${hostOf(two.url)}`)
    expect(pool.stats).toMatchObject({ dials: 2, origins: 2 })
  })

  test('with the options of TLS that each request names', async () => {
    const { key, cert } = await certificate()
    const server = createServer((_, res) => void res.end('secure'))
    const { port } = await server.listen('https://127.0.0.1:0', { key, cert })
    await using pool = createPool({ maxDials: 1 })
    const agent = new SessionAgent(pool, { scheme: 'https' })
    agents.push(agent)
    const secure = (tls: https.RequestOptions) =>
      new Promise<string>((resolve, reject) => {
        const request = https.get({ agent, host: '127.0.0.1', port, path: '/', ...tls }, async (response) => {
          let text = ''
          for await (const bytes of response) text += bytes
          resolve(text)
        })
        request.on('error', reject)
      })
    try {
      await expect(secure({})).rejects.toMatchObject({ code: 'INADEQUATE_SECURITY' })
      expect(await secure({ ca: cert })).toBe('secure')
      expect(await secure({ ca: cert })).toBe('secure')
      expect(await secure({ rejectUnauthorized: false })).toBe('secure')
      await expect(secure({})).rejects.toMatchObject({ code: 'INADEQUATE_SECURITY' })
      expect(pool.stats).toMatchObject({ dials: 4, dialsFailed: 2 })
    } finally {
      await server.close()
    }
  })
})
