/** A real HTTP/1.1 server in front, a scripted SPDY peer behind: what comes in as one request goes out as one, or not at all. */
import { describe, expect, test } from '@jest/globals'
import { frames, type ScriptedPeer } from '@plexus/testkit'
import { doorOf, RawClient, scriptedOrigin, standOf } from './front.test.kit.js'

const INNER = 'GET /smuggled HTTP/1.1\r\nHost: o.test\r\n\r\n'
const HEX = INNER.length.toString(16)

interface Attack {
  readonly name: string
  readonly bytes: string
  /** What the origin is to see: path and body of each request; nothing: the attack ends in front. */
  readonly sees?: readonly (readonly [path: string, body: string])[]
}

const post = (fields: string, body: string, version = '1.1') =>
  `POST /a HTTP/${version}\r\nHost: o.test\r\n${fields}\r\n\r\n${body}`
const get = (fields: string) => `GET /a HTTP/1.1\r\nHost: o.test\r\n${fields}\r\n\r\n`

const ATTACKS: readonly Attack[] = [
  {
    name: 'TE.CL',
    bytes: post(`Content-Length: 4\r\nTransfer-Encoding: chunked`, `${HEX}\r\n${INNER}\r\n0\r\n\r\n`),
  },
  { name: 'CL.TE', bytes: post(`Transfer-Encoding: chunked\r\nContent-Length: 6`, `0\r\n\r\n${INNER}`) },
  {
    name: 'TE twice',
    bytes: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${INNER}`),
  },
  {
    name: 'TE with another coding behind',
    bytes: post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${INNER}`),
  },
  { name: 'TE of another coding', bytes: post('Transfer-Encoding: gzip, chunked', `0\r\n\r\n${INNER}`) },
  { name: 'TE misspelt', bytes: post('Transfer-Encoding: xchunked', `0\r\n\r\n${INNER}`) },
  { name: 'TE behind a vertical tab', bytes: post('Transfer-Encoding:\x0bchunked', `0\r\n\r\n${INNER}`) },
  {
    name: 'TE with a space before the colon',
    bytes: post('Transfer-Encoding : chunked', `0\r\n\r\n${INNER}`),
  },
  { name: 'TE in a folded line', bytes: post('X: y\r\n Transfer-Encoding: chunked', INNER) },
  { name: 'TE in HTTP/1.0', bytes: post('Transfer-Encoding: chunked', `0\r\n\r\n${INNER}`, '1.0') },
  { name: 'CL twice, unlike', bytes: post(`Content-Length: 0\r\nContent-Length: ${INNER.length}`, INNER) },
  {
    name: 'CL twice, alike',
    bytes: post(`Content-Length: ${INNER.length}\r\nContent-Length: ${INNER.length}`, INNER),
  },
  { name: 'CL as a list', bytes: post(`Content-Length: ${INNER.length}, ${INNER.length}`, INNER) },
  { name: 'CL with a sign', bytes: post(`Content-Length: +${INNER.length}`, INNER) },
  { name: 'CL below zero', bytes: post('Content-Length: -1', INNER) },
  { name: 'CL in hexadecimal', bytes: post('Content-Length: 0x10', INNER) },
  { name: 'CL over 2^64', bytes: post('Content-Length: 18446744073709551617', INNER) },
  { name: 'CL with a space inside', bytes: post('Content-Length: 1 0', INNER) },
  { name: 'CL with a space before the colon', bytes: post('Content-Length : 0', INNER) },
  {
    name: 'a chunk’s size that is none',
    bytes: post('Transfer-Encoding: chunked', `zz\r\n${INNER}\r\n0\r\n\r\n`),
    sees: [['/a', '']],
  },
  {
    name: 'a chunk’s size with a sign',
    bytes: post('Transfer-Encoding: chunked', `-1\r\n${INNER}\r\n0\r\n\r\n`),
    sees: [['/a', '']],
  },
  {
    name: 'a chunk’s size that overflows',
    bytes: post('Transfer-Encoding: chunked', `ffffffffffffffff1\r\n${INNER}\r\n0\r\n\r\n`),
    sees: [['/a', '']],
  },
  {
    name: 'a chunk’s size as 0x',
    bytes: post('Transfer-Encoding: chunked', `0x10\r\n${INNER}\r\n0\r\n\r\n`),
    sees: [['/a', '']],
  },
  {
    name: 'a chunk shorter than its size',
    bytes: post('Transfer-Encoding: chunked', `3\r\nabcdefgh\r\n0\r\n\r\n`),
    sees: [['/a', 'abc']],
  },
  {
    name: 'a bare LF behind a chunk’s size',
    bytes: post('Transfer-Encoding: chunked', `3\nabc\r\n0\r\n\r\n`),
    sees: [['/a', '']],
  },
  { name: 'a bare CR between fields', bytes: post(`X: y\rContent-Length: ${INNER.length}`, INNER) },
  { name: 'a NUL in a value', bytes: get('X: a\0b') },
  { name: 'a field without a name', bytes: get(': a') },
  { name: 'a name with a space', bytes: get('X Y: a') },
  { name: 'a bare LF in the request line', bytes: `GET /a HTTP/1.1\nHost: o.test\r\n\r\n${INNER}` },
  { name: 'a space in the target', bytes: `GET /a HTTP/1.1 /b HTTP/1.1\r\nHost: o.test\r\n\r\n` },
  { name: 'a fragment in the target', bytes: `GET /a#b HTTP/1.1\r\nHost: o.test\r\n\r\n` },
  { name: 'no host', bytes: 'GET /a HTTP/1.1\r\n\r\n' },
  { name: 'two hosts', bytes: get('Host: other.test') },
  { name: 'a host with a user', bytes: 'GET /a HTTP/1.1\r\nHost: me@o.test\r\n\r\n' },
  { name: 'a host with a path', bytes: 'GET /a HTTP/1.1\r\nHost: o.test/b\r\n\r\n' },
  { name: 'a target with a user', bytes: 'GET http://me:pw@o.test/a HTTP/1.1\r\nHost: o.test\r\n\r\n' },
  { name: 'a target of another scheme', bytes: 'GET file:///etc/passwd HTTP/1.1\r\nHost: o.test\r\n\r\n' },
  {
    name: 'connection that hides content-length',
    bytes: post(`Connection: content-length\r\nContent-Length: ${INNER.length}`, INNER),
  },
  { name: 'connection that hides host', bytes: get('Connection: host') },
  { name: 'connection that hides via', bytes: get('Connection: via\r\nVia: 1.1 a') },
  { name: 'a pseudo field', bytes: get(':path: /smuggled') },
  // One request by every reading: its body, whatever it looks like, is a body.
  { name: 'CL.0', bytes: post(`Content-Length: ${INNER.length}`, INNER), sees: [['/a', INNER]] },
  { name: 'GET with a body', bytes: get(`Content-Length: ${INNER.length}`) + INNER, sees: [['/a', INNER]] },
  {
    name: 'a request inside a chunk',
    bytes: post('Transfer-Encoding: chunked', `${HEX};ext=1\r\n${INNER}\r\n0\r\n\r\n`),
    sees: [['/a', INNER]],
  },
  {
    name: 'a target that goes before host',
    bytes: 'GET http://o.test/a HTTP/1.1\r\nHost: other.test\r\n\r\n',
    sees: [['/a', '']],
  },
  // Two requests by every reading.
  {
    name: 'two in one packet',
    bytes: post('Content-Length: 3', 'abc') + get('X: y').replace('/a', '/b'),
    sees: [
      ['/a', 'abc'],
      ['/b', ''],
    ],
  },
]

/** Node's own server with `streamProxy`, and ours with `proxyTo`, where a request of HTTP/1.1 is an exchange. */
const STANDS = {
  'streamProxy of a server of Node’s own': standOf,
  'proxyTo of createServer': doorOf,
} as const

describe.each(Object.entries(STANDS))('S08 %s: one request in, one out, or none:', (_, open) => {
  test.each(ATTACKS.map((attack) => [attack.name, attack] as const))(
    '%s',
    async (_, { bytes, sees = [] }) => {
      const { session, peer } = await scriptedOrigin()
      await using stand = await open(session)
      using client = new RawClient(stand.port)
      client.says(bytes)
      const seen = await answered(peer, client, sees.length)
      expect(seen.map(({ path, body }) => [path, body])).toEqual(sees)
      for (const { fields } of seen) {
        expect(fields.filter((name) => OF_ONE_CONNECTION.has(name))).toEqual([])
        expect(fields).toContain(':host')
      }
      if (sees.length === 0) expect(client.text).toMatch(/^HTTP\/1\.1 400 /)
    },
  )
})

const H2C = get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk')

test('S08 an upgrade to h2c that the front does not speak ends there: the request crosses without it', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await standOf(session)
  using client = new RawClient(stand.port)
  const [seen, ...others] = await answered(peer, client.says(H2C), 1)
  expect(others).toEqual([])
  expect(seen).toMatchObject({ path: '/a', body: '' })
  expect(seen!.fields.filter((name) => OF_ONE_CONNECTION.has(name))).toEqual([])
})

test('S08 an upgrade to h2c that the front takes makes no way around it: what is not HTTP/2 does not cross', async () => {
  const { session, peer } = await scriptedOrigin()
  await using stand = await doorOf(session)
  using client = new RawClient(stand.port)
  await client.says(H2C).hears('HTTP/1.1 101 ')
  client.says(INNER)
  await client.over()
  expect(peer.frames.filter(({ type }) => type === 'open')).toEqual([])
})

const OF_ONE_CONNECTION = new Set([
  'connection',
  'transfer-encoding',
  'upgrade',
  'keep-alive',
  'te',
  'host',
  'http2-settings',
])

interface Seen {
  readonly path: string
  readonly fields: readonly string[]
  readonly body: string
}

/** Answers each request that ends, and tells what came when the connection and the origin are at rest. */
async function answered(peer: ScriptedPeer, client: RawClient, wanted: number): Promise<Seen[]> {
  const ended = new Set<number>()
  const over = client.over().then(() => 'over')
  for (let isOver = false, rests = 0; rests < 2; ) {
    let isNews = false
    for (const frame of peer.frames) {
      const isEnd = (frame.type === 'open' || frame.type === 'data' || frame.type === 'headers') && frame.end
      if (!isEnd || ended.has(frame.id)) continue
      ended.add(frame.id)
      isNews = true
      await peer.sends(
        frames.reply(frame.id, { headers: { ':status': '204', ':version': 'HTTP/1.1' }, end: true }),
      )
    }
    const step = await Promise.race([over, new Promise((done) => setTimeout(done, 10))])
    isOver ||= step === 'over'
    // In front it ends with a 400; what crosses is answered, and then a moment shows that nothing else comes.
    const isDone = isOver || (wanted > 0 && ended.size >= wanted)
    rests = isDone && !isNews ? rests + 1 : 0
  }
  const seen = new Map<number, { path: string; fields: string[]; body: string }>()
  for (const frame of peer.frames) {
    if (frame.type === 'open')
      seen.set(frame.id, {
        path: frame.headers.get(':path')!,
        fields: frame.headers.flat.filter((_, i) => i % 2 === 0),
        body: '',
      })
    if (frame.type === 'data') seen.get(frame.id)!.body += new TextDecoder('latin1').decode(frame.payload)
  }
  return [...seen.values()]
}
