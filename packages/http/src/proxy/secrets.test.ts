import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { pino } from 'pino'
import type { HttpLogger } from '../log.js'
import { originOf, RawClient, scriptedOrigin, standOf } from './front.test.kit.js'

const SECRET = 'hunter2'
const SAYS = `Host: o.test\r\nAuthorization: Bearer ${SECRET}\r\nCookie: id=${SECRET}\r\nProxy-Authorization: Basic ${SECRET}\r\n`

/** Real pino, which keeps all that it writes. */
function logged(level = 'debug'): { logger: HttpLogger; lines: string[] } {
  const lines: string[] = []
  return { lines, logger: pino({ level }, { write: (line: string) => void lines.push(line) }) }
}

const FAULTS: Record<
  string,
  { says: string; status: number; reply?: 'refuse' | 'malformed' | 'short' | 'lost' }
> = {
  'no origin': { says: `GET /?t=${SECRET} HTTP/1.1\r\n${SAYS}\r\n`, status: 404 },
  'a malformed request': { says: `GET /?t=${SECRET}#x HTTP/1.1\r\n${SAYS}\r\n`, status: 400 },
  'an address with a password': {
    says: `GET http://me:${SECRET}@o.test/ HTTP/1.1\r\n${SAYS}\r\n`,
    status: 400,
  },
  'a host with a password': {
    says: `GET / HTTP/1.1\r\n${SAYS.replace('o.test', `me:${SECRET}@o.test`)}\r\n`,
    status: 400,
  },
  'a secret where it hurts': {
    says: `GET / HTTP/1.1\r\n${SAYS}Connection: host, ${SECRET}\r\n\r\n`,
    status: 400,
  },
  'a loop': { says: `GET / HTTP/1.1\r\n${SAYS}Via: 1.1 here\r\n\r\n`, status: 508 },
  'a refusal': { says: `GET /?t=${SECRET} HTTP/1.1\r\n${SAYS}\r\n`, status: 503, reply: 'refuse' },
  'a malformed answer': {
    says: `GET /?t=${SECRET} HTTP/1.1\r\n${SAYS}\r\n`,
    status: 502,
    reply: 'malformed',
  },
  'a lost origin': { says: `GET /?t=${SECRET} HTTP/1.1\r\n${SAYS}\r\n`, status: 502, reply: 'lost' },
}

test.each(Object.entries(FAULTS))(
  'S15 %s: no secret in the answer, the error or the log',
  async (_, { says, status, reply }) => {
    const { session, peer } = await scriptedOrigin()
    const { logger, lines } = logged()
    await using stand = await standOf(() => (status === 404 ? undefined : session), { logger, via: 'here' })
    using client = new RawClient(stand.port)
    client.says(says)
    if (reply !== undefined) {
      await peer.wants({
        type: 'open',
        id: 1,
        headers: { authorization: `Bearer ${SECRET}`, 'proxy-authorization': undefined },
      })
      const cookie = { 'set-cookie': `id=${SECRET}\x01`, ':status': '200', ':version': 'HTTP/1.1' }
      if (reply === 'refuse') await peer.sends(frames.reset(1, 'REFUSED_STREAM'))
      if (reply === 'malformed') await peer.sends(frames.reply(1, { headers: cookie }))
      if (reply === 'lost') await peer.cuts()
    }
    await client.hears(`HTTP/1.1 ${status} `)
    expect(stand.errors).toHaveLength(1)
    const told = [client.text, inspect(stand.errors, { depth: 20, showHidden: true }), ...lines].join('\n')
    expect(told).not.toContain(SECRET)
    expect(lines.filter((line) => line.includes('proxy failed'))).toHaveLength(1)
  },
)

test('S15 the route says where a request goes; what it throws is a 500 and the caller’s error', async () => {
  const [a, b] = ['a', 'b'].map((name) =>
    originOf((exchange) => exchange.end(`${name} ${exchange.request.authority}`)),
  )
  const oops = new Error('the table is gone')
  await using stand = await standOf(({ authority, path }) => {
    if (path === '/oops') throw oops
    return authority === 'a.test' ? a : authority === 'b.test' ? Promise.resolve(b!) : undefined
  })
  const ask = async (host: string, path = '/') => {
    using client = new RawClient(stand.port)
    client.says(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    return await client.over()
  }
  expect(await ask('a.test')).toMatch(/^HTTP\/1.1 200 OK\r\n.*a a\.test/s)
  expect(await ask('b.test')).toMatch(/^HTTP\/1.1 200 OK\r\n.*b b\.test/s)
  expect(await ask('c.test')).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
  expect(await ask('a.test', '/oops')).toMatch(/^HTTP\/1.1 500 Internal Server Error\r\n/)
  expect(stand.errors).toMatchObject([{ code: 'CONNECT_ERROR' }, oops])
})

test('AM-31 a proxy says what failed on the normal level, each request on debug, and nothing unasked', async () => {
  const ask = async (level: string) => {
    const { logger, lines } = logged(level)
    let isUp = true
    const session = originOf((exchange) => exchange.end('hello'))
    await using stand = await standOf(() => (isUp ? session : undefined), { logger })
    await (await fetch(`http://127.0.0.1:${stand.port}/a?b`)).text()
    isUp = false
    await (await fetch(`http://127.0.0.1:${stand.port}/a?b`)).text()
    return lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .map(({ level, msg, path, status }) => [level, msg, path, status])
  }
  const [debug, warn] = [20, 40]
  expect(await ask('debug')).toEqual([
    [debug, 'proxy', '/a', undefined],
    [warn, 'proxy failed', '/a', 404],
  ])
  expect(await ask('info')).toEqual([[warn, 'proxy failed', '/a', 404]])
})
