import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import type { PlexusError } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { nameTowards } from './crossing.js'
import { originOf, RawClient, scriptedOrigin, serverOf, standOf } from './front.test.kit.js'
import { streamProxy } from './stream-proxy.js'

const OK = { ':status': '200 OK', ':version': 'HTTP/1.1' }

test('AM-14 the answer streams through as it comes: each frame is at the client before the next is sent', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  client.says('GET /slow?a=1 HTTP/1.1\r\nHost: origin.test\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n')
  const { headers } = await peer.wants({ type: 'open', id: 1, end: true })
  expect(headers.flat).toEqual([
    ...[
      ':method',
      'GET',
      ':path',
      '/slow?a=1',
      ':version',
      'HTTP/1.1',
      ':host',
      'origin.test',
      ':scheme',
      'http',
    ],
    ...['x-twice', '1', 'x-twice', '2', 'via', `1.1 ${nameTowards(session)}`],
  ])
  await peer.sends(frames.reply(1, { headers: { ...OK, 'set-cookie': ['a=1', 'b=2'] } }))
  // The head alone: an origin may think before it writes.
  await client.hears('\r\n\r\n')
  expect(client.text).toContain('set-cookie: a=1\r\nset-cookie: b=2\r\n')
  expect(client.text).toContain(`via: SPDY/3.1 ${nameTowards(session)}\r\n`)
  for (let i = 0; i < 20; i++) {
    await peer.sends(frames.data(1, `frame ${i};`, { end: i === 19 }))
    await client.hears(`frame ${i};`)
  }
  await client.hears('0\r\n\r\n')
  expect(stand.errors).toEqual([])
})

test('AM-14 a client that does not read holds the origin back, and nothing is lost', async () => {
  const size = 8 * 1024 * 1024
  let written = 0
  const session = originOf(async (exchange) => {
    exchange.respond({ headers: { 'content-length': size } })
    for (; written < size; written += 64 * 1024) await exchange.write(new Uint8Array(64 * 1024).fill(65))
    await exchange.end()
  })
  await using stand = await standOf(session)
  const req = httpRequest({ port: stand.port, host: '127.0.0.1', path: '/', agent: false })
  req.end()
  const res = await new Promise<import('node:http').IncomingMessage>((resolve) => req.on('response', resolve))
  let before = -1
  // At rest: what was written did not grow while the loop turned a hundred times.
  for (let still = 0; still < 100; still = written === before ? still + 1 : 0) {
    before = written
    await new Promise(setImmediate)
  }
  // Windows, queues and the kernel's socket buffers hold some; the rest is not even made.
  expect(written).toBeLessThan(size)
  let received = 0
  for await (const chunk of res) received += (chunk as Buffer).length
  expect(received).toBe(size)
  expect(stand.errors).toEqual([])
})

test('AM-14 an upload streams through, held back by an origin that does not read, with its trailers', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  client.says(
    'POST /up HTTP/1.1\r\nHost: o.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nfirst\r\n',
  )
  await peer.wants({ type: 'open', id: 1, end: false })
  await peer.wantsPayload(1, 'first')
  client.says('6\r\nsecond\r\n')
  await peer.wantsPayload(1, 'second')
  client.says('0\r\nX-Sum: 11\r\nHost: other.test\r\nAuthorization: me\r\n\r\n')
  // What says how to treat a message may not stand behind it.
  expect(await peer.wants({ type: 'headers', id: 1, end: true })).toMatchObject({
    headers: { flat: ['x-sum', '11'] },
  })
  await peer.sends(
    frames.reply(1, { headers: OK }),
    frames.data(1, 'thanks'),
    frames.headers(1, { 'x-end': 'yes' }, { end: true }),
  )
  await client.hears('0\r\nx-end: yes\r\n\r\n')
})

test('AM-14 without an origin the client gets 404, and the caller an error', async () => {
  await using stand = await standOf(undefined)
  const answer = await fetch(`http://127.0.0.1:${stand.port}/`)
  expect([answer.status, await answer.text()]).toEqual([404, 'Not Found\n'])
  expect(stand.errors).toMatchObject([
    { name: 'PlexusError', code: 'CONNECT_ERROR', blame: 'application', processed: 'no' },
  ])
})

test.each<[string, number, Partial<PlexusError>]>([
  ['REFUSED_STREAM', 503, { code: 'REFUSED_STREAM', processed: 'no' }],
  ['CANCEL', 502, { code: 'CANCEL', blame: 'peer' }],
  ['INTERNAL_ERROR', 502, { code: 'INTERNAL_ERROR', blame: 'peer' }],
] as const)(
  'AM-14 an origin that resets with %s before its head is a %d and an error',
  async (code, status, error) => {
    const { session, peer } = await scriptedOrigin()
    await using stand = await standOf(session)
    const asked = fetch(`http://127.0.0.1:${stand.port}/`)
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.reset(1, code as 'CANCEL'))
    expect((await asked).status).toBe(status)
    expect(stand.errors).toMatchObject([error])
  },
)

test('AM-14 a dead origin is a 502 and an error, before the request and while it waits', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  const asked = fetch(`http://127.0.0.1:${stand.port}/`)
  await peer.wants({ type: 'open', id: 1 })
  await peer.cuts()
  expect((await asked).status).toBe(502)
  await session.closed
  expect((await fetch(`http://127.0.0.1:${stand.port}/`)).status).toBe(502)
  expect(stand.errors).toMatchObject([{ name: 'PlexusError' }, { name: 'PlexusError', processed: 'no' }])
})

test('AM-14 an origin that does not answer in time is a 504, and its stream is given up', async () => {
  const { session, peer } = await scriptedOrigin({ openTimeoutMs: 30 })
  await using stand = await standOf(session)
  const asked = fetch(`http://127.0.0.1:${stand.port}/`)
  await peer.wants({ type: 'open', id: 1 })
  expect((await asked).status).toBe(504)
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  expect(stand.errors).toMatchObject([{ code: 'TIMEOUT' }])
})

test.each([
  ['a reset', [frames.reset(1, 'INTERNAL_ERROR')]],
  ['fewer bytes than it announced', [frames.data(1, '', { end: true })]],
  ['more bytes than it announced', [frames.data(1, 'x'.repeat(100))]],
])('AM-14 after the head %s breaks the answer off: it never ends well', async (_, last) => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(
    frames.reply(1, { headers: { ...OK, 'content-length': '20' } }),
    frames.data(1, 'half of it'),
  )
  await client.hears('half of it')
  await peer.sends(...last)
  await client.over()
  expect(client.text.endsWith('half of it')).toBe(true)
  expect(stand.errors).toHaveLength(1)
})

test('AM-14 a chunked answer that breaks off has no last chunk', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers: OK }), frames.data(1, 'half'))
  await client.hears('half')
  await peer.sends(frames.reset(1, 'CANCEL'))
  expect(await client.over()).not.toContain('0\r\n\r\n')
})

test.each([
  ['malformed', { ':status': '2oo', ':version': 'HTTP/1.1' }],
  ['without a status', { ':version': 'HTTP/1.1' }],
  ['interim', { ':status': '101 Switching Protocols', ':version': 'HTTP/1.1' }],
  ['with a field of one connection', { ...OK, 'transfer-encoding': 'chunked' }],
])('S08 an answer whose head is %s does not cross: 502, an error, a reset', async (_, headers) => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  const asked = fetch(`http://127.0.0.1:${stand.port}/`)
  await peer.wants({ type: 'open', id: 1 })
  await peer.sends(frames.reply(1, { headers }))
  expect((await asked).status).toBe(502)
  await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
  expect(stand.errors).toHaveLength(1)
})

test('AM-14 a client that goes away cancels the origin’s stream, in whatever phase', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  const phases = {
    'before the reply': async () => {},
    'in the answer': async (id: number) => {
      await peer.sends(frames.reply(id, { headers: OK }), frames.data(id, 'some'))
    },
  }
  let id = 1
  for (const go of Object.values(phases)) {
    const client = new RawClient(stand.port)
    client.says('GET / HTTP/1.1\r\nHost: o.test\r\n\r\n')
    await peer.wants({ type: 'open', id })
    await go(id)
    client.socket.destroy()
    await peer.wants({ type: 'reset', id, code: 'CANCEL' })
    id += 2
  }
  const client = new RawClient(stand.port)
  client.says('POST / HTTP/1.1\r\nHost: o.test\r\nContent-Length: 100\r\n\r\npart')
  await peer.wants({ type: 'open', id })
  await peer.wantsPayload(id, 'part')
  client.socket.destroy()
  // Not ended: the origin would take a part for the whole.
  await peer.wants({ type: 'reset', id, code: 'CANCEL' })
  await peer.idle()
  expect(stand.errors).toMatchObject([{ code: 'CANCEL' }, { code: 'CANCEL' }, { code: 'CANCEL' }])
})

test('an answer that is complete before the request is: the rest is not sent, and the connection serves the next', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  client.says('POST /big HTTP/1.1\r\nHost: o.test\r\nContent-Length: 10\r\n\r\n12345')
  await peer.wants({ type: 'open', id: 1 })
  await peer.wantsPayload(1, '12345')
  await peer.sends(
    frames.reply(1, { headers: { ...OK, 'content-length': '2' } }),
    frames.data(1, 'no', { end: true }),
  )
  await client.hears('no')
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  client.says('67890GET /next HTTP/1.1\r\nHost: o.test\r\n\r\n')
  await peer.wants({ type: 'open', id: 3, headers: { ':path': '/next' } })
  expect(stand.errors).toEqual([])
})

test.each(['HEAD', 'GET'])(
  'an answer to %s keeps its content-length, with 304 and without a body',
  async (method) => {
    const { session, peer } = await scriptedOrigin()
    await using stand = await standOf(session)
    const asked = fetch(`http://127.0.0.1:${stand.port}/`, { method })
    await peer.wants({ type: 'open', id: 1, headers: { ':method': method } })
    const status = method === 'HEAD' ? '200 OK' : '304 Not Modified'
    await peer.sends(
      frames.reply(1, {
        headers: { ...OK, ':status': status, 'content-length': '512', etag: '"a"' },
        end: true,
      }),
    )
    const answer = await asked
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      Number.parseInt(status, 10),
      '512',
      '',
    ])
  },
)

test('a request that a middleware has read in part does not pass for the whole', async () => {
  const { session, peer } = await scriptedOrigin()
  const failed = new Promise((resolve) => {
    void serverOf(async (req, res) => {
      await once(req, 'readable')
      req.read()
      await streamProxy(session, req, res).catch(resolve)
    }).then((server) => {
      const client = new RawClient((server.address() as AddressInfo).port)
      client.says('POST / HTTP/1.1\r\nHost: o.test\r\nContent-Length: 4\r\n\r\nbody')
      void client.hears('HTTP/1.1 502').then(() => {
        client.socket.destroy()
        server.close()
      })
    })
  })
  await peer.wants({ type: 'open', id: 1 })
  await peer.wants({ type: 'reset', id: 1, code: 'CANCEL' })
  expect(await failed).toMatchObject({ blame: 'application' })
})

test.each([
  ['fields', 123, 'X-A: 1\r\n'],
  ['bytes', 12, `X-A: ${'a'.repeat(6000)}\r\n`],
])(
  'L07 a head of more %s than a session takes is 431, and the origin hears nothing of it',
  async (_, most, field) => {
    let asked = 0
    const session = originOf((exchange) => {
      asked += 1
      exchange.respond({ status: 204 })
    })
    const front = await serverOf((req, res) => void streamProxy(session, req, res, { via: false }), {
      maxHeaderSize: 100_000,
    })
    const { port } = front.address() as AddressInfo
    // Host becomes a pseudo field: five of those there are.
    for (const [count, status] of [
      [most - (field.length > 99 ? 2 : 0), 204],
      [most + 1, 431],
    ] as const) {
      using client = new RawClient(port)
      client.says(`GET / HTTP/1.1\r\nHost: a.test\r\n${field.repeat(count)}\r\n`)
      await client.hears(`HTTP/1.1 ${status} `)
    }
    expect(asked).toBe(1)
    front.closeAllConnections()
    front.close()
  },
)
