import { describe, expect, test } from '@jest/globals'
import { HeaderFields } from '@plexus/contract'
import fc from 'fast-check'
import {
  HeadFault,
  type RequestHead,
  readRequestHead,
  readResponseHead,
  readTrailers,
  writeRequestHead,
  writeResponseHead,
} from './heads.js'
import { H2_WIRE, type HttpWire, SPDY_WIRE, wireOf } from './wire.js'

const SPDY: [string, string][] = [
  [':method', 'GET'],
  [':path', '/a?b'],
  [':version', 'HTTP/1.1'],
  [':host', 'a.test'],
  [':scheme', 'https'],
]
const H2: [string, string][] = [
  [':method', 'GET'],
  [':path', '/a?b'],
  [':authority', 'a.test'],
  [':scheme', 'https'],
]
const wires: [string, HttpWire, [string, string][]][] = [
  ['SPDY', SPDY_WIRE, SPDY],
  ['HTTP/2', H2_WIRE, H2],
]
const read = (pairs: readonly (readonly [string, string])[], wire: HttpWire) =>
  readRequestHead(HeaderFields.fromFlat(pairs.flat()), wire)
const kindOf = (head: unknown) => (head instanceof HeadFault ? head.kind : 'head')

test('the wire is known by the protocol', () => {
  expect(['spdy/3.1', 'spdy/3', 'h2'].map((protocol) => wireOf({ protocol }))).toEqual([
    SPDY_WIRE,
    SPDY_WIRE,
    H2_WIRE,
  ])
})

describe.each(wires)('S03 the pseudo fields of a request, %s', (_, wire, pairs) => {
  test('make a head', () => {
    expect(read([...pairs, ['x-a', '1']], wire)).toEqual({
      method: 'GET',
      path: '/a?b',
      authority: 'a.test',
      scheme: 'https',
      headers: HeaderFields.from({ 'x-a': '1' }),
    })
  })

  test('DM-13 without any of them it is incomplete, for each set of them', () => {
    fc.assert(
      fc.property(fc.subarray(pairs), (some) => {
        expect(kindOf(read(some, wire))).toBe(some.length === pairs.length ? 'head' : 'incomplete')
      }),
    )
  })

  test.each(pairs)('%s twice is malformed', (name, value) => {
    expect(kindOf(read([...pairs, [name, value]], wire))).toBe('malformed')
  })

  test.each([':status', ':protocol', ':', ':x', ':authority', ':host', ':version'])(
    'no %s beside them',
    (name) => {
      if (pairs.some(([one]) => one === name)) return
      expect(kindOf(read([...pairs, [name, 'x']], wire))).toBe('malformed')
    },
  )

  test('behind a regular field they are malformed where order counts', () => {
    const late: [string, string][] = [...pairs.slice(0, -1), ['x-a', '1'], pairs.at(-1)!]
    expect(kindOf(read(late, wire))).toBe(wire.hasVersion ? 'head' : 'malformed')
  })

  test.each<[string, string[], string[]]>([
    [':method', ['GET', 'POST', 'get', 'X-A!'], ['', 'G T', 'GET\n', 'GÉT', '(']],
    [':scheme', ['https', 'http', 'x+y-1.2'], ['', 'HTTPS', '1x', 'ht tp', 'http:']],
    [
      ':path',
      ['/', '//', '/a?b=c&d', "/%20'()*"],
      ['', 'a', '*', 'http://a.test/', '/a#b', '/a b', '/ä', '/\x7f'],
    ],
  ])('%s takes %j and not %j', (name, good, bad) => {
    const said = (value: string) => read(pairs.map(([one, old]) => [one, one === name ? value : old]), wire) // biome-ignore format: a line
    for (const value of good) expect([value, kindOf(said(value))]).toEqual([value, 'head'])
    for (const value of bad) expect([value, kindOf(said(value))]).toEqual([value, 'malformed'])
  })

  test('* is a path for OPTIONS', () => {
    const said = pairs.map(([name, value]): [string, string] => [
      name,
      name === ':path' ? '*' : name === ':method' ? 'OPTIONS' : value,
    ])
    expect(read(said, wire)).toMatchObject({ method: 'OPTIONS', path: '*' })
  })
})

test('SPDY takes HTTP/1.0 and HTTP/1.1 as :version, and nothing else', () => {
  const said = (version: string) => kindOf(read(SPDY.map(([name, value]) => [name, name === ':version' ? version : value]), SPDY_WIRE)) // biome-ignore format: a line
  expect(['HTTP/1.1', 'HTTP/1.0', 'HTTP/2', 'http/1.1', '1.1', ''].map(said)).toEqual(['head', 'head', 'malformed', 'malformed', 'malformed', 'malformed']) // biome-ignore format: a line
})

describe('S03 the pseudo fields of a response', () => {
  const said = (wire: HttpWire, ...flat: string[]) => readResponseHead(HeaderFields.fromFlat(flat), wire)

  test.each<[string, number | 'fault', string?]>([
    ['200', 200, ''],
    ['200 OK', 200, 'OK'],
    ['404 Not  Found at all', 404, 'Not  Found at all'],
    ['200 ', 'fault'],
    ['099', 'fault'],
    ['600', 'fault'],
    ['20', 'fault'],
    ['2000', 'fault'],
    ['2xx', 'fault'],
    ['200OK', 'fault'],
    ['', 'fault'],
  ])('SPDY reads %j as %s', (...[text, status, statusText]) => {
    const head = said(SPDY_WIRE, ':status', text, ':version', 'HTTP/1.1')
    if (status === 'fault') expect(kindOf(head)).toBe('malformed')
    else expect(head).toMatchObject({ status, statusText })
  })

  test('HTTP/2 has no reason phrase', () => {
    expect(said(H2_WIRE, ':status', '200')).toMatchObject({ status: 200, statusText: '' })
    expect(kindOf(said(H2_WIRE, ':status', '200 OK'))).toBe('malformed')
  })

  test.each([':method', ':path', ':scheme', ':authority', ':host', ':x'])('%s is none of them', (name) => {
    for (const wire of [SPDY_WIRE, H2_WIRE])
      expect(kindOf(said(wire, ':status', '200', name, 'x'))).toBe('malformed')
  })

  test('without :status it is incomplete, with two malformed, and trailers have none', () => {
    expect(kindOf(said(H2_WIRE, 'x-a', '1'))).toBe('incomplete')
    expect(kindOf(said(H2_WIRE, ':status', '200', ':status', '200'))).toBe('malformed')
    for (const name of [':status', ':path', ':x'])
      expect(kindOf(readTrailers(HeaderFields.from({ 'x-a': '1', [name]: '200' })))).toBe('malformed')
  })
})

describe.each(wires)('S06 authority and host, %s', (_, wire, pairs) => {
  const said = (authority: string | undefined, ...hosts: string[]) => {
    const others = pairs.filter(([name]) => name !== wire.authority)
    const own: [string, string][] = authority === undefined ? [] : [[wire.authority, authority]]
    return read([...others, ...own, ...hosts.map((host): [string, string] => ['host', host])], wire)
  }

  test.each([
    ['a.test', ['a.test']],
    ['a.test', ['A.Test']],
    ['a.test:8080', ['a.test:8080']],
    ['[::1]:80', []],
    ['192.0.2.1', []],
    [undefined, ['a.test']],
  ])('%s with host %j agree', (authority, hosts) => {
    expect(said(authority, ...hosts)).toMatchObject({ authority: authority ?? 'a.test' })
  })

  test.each([
    ['a.test', ['b.test']],
    ['a.test', ['a.test:80']],
    ['a.test', ['']],
    ['a.test', ['a.test', 'a.test']],
    [undefined, ['a.test', 'b.test']],
    ['user@a.test', []],
    ['user:secret@a.test', []],
    ['a.test/', []],
    ['a.test:', []],
    ['a.test:65536', []],
    ['a.test:x', []],
    ['a b', []],
    ['::1', []],
    ['[::1', []],
  ])('%s with host %j is malformed', (authority, hosts) => {
    expect(kindOf(said(authority, ...hosts))).toBe('malformed')
  })
})

describe('S07 CONNECT', () => {
  test.each<[string, HttpWire, Record<string, string>, string]>([
    ['HTTP/2', H2_WIRE, { ':authority': 'a.test:443' }, 'a.test:443'],
    ['HTTP/2 to IPv6', H2_WIRE, { ':authority': '[::1]:443' }, '[::1]:443'],
    ['HTTP/2 without port', H2_WIRE, { ':authority': 'a.test' }, 'malformed'],
    ['HTTP/2 with path', H2_WIRE, { ':authority': 'a.test:443', ':path': '/' }, 'malformed'],
    ['HTTP/2 with scheme', H2_WIRE, { ':authority': 'a.test:443', ':scheme': 'https' }, 'malformed'],
    ['HTTP/2 to nowhere', H2_WIRE, {}, 'malformed'],
    ['HTTP/2 with userinfo', H2_WIRE, { ':authority': 'u@a.test:443' }, 'malformed'],
    ['SPDY by host', SPDY_WIRE, { ':host': 'a.test:443' }, 'a.test:443'],
    ['SPDY by path', SPDY_WIRE, { ':path': 'a.test:443' }, 'a.test:443'],
    ['SPDY by both', SPDY_WIRE, { ':host': 'a.test:443', ':path': 'a.test:443' }, 'a.test:443'],
    ['SPDY to two places', SPDY_WIRE, { ':host': 'a.test:443', ':path': 'b.test:443' }, 'malformed'],
    ['SPDY to a path', SPDY_WIRE, { ':host': 'a.test:443', ':path': '/' }, 'malformed'],
    ['SPDY without port', SPDY_WIRE, { ':host': 'a.test' }, 'malformed'],
    ['SPDY, port too large', SPDY_WIRE, { ':host': 'a.test:70000' }, 'malformed'],
  ])('by %s', (_, wire, fields, place) => {
    const version: Record<string, string> = wire.hasVersion ? { ':version': 'HTTP/1.1' } : {}
    const head = readRequestHead(HeaderFields.from({ ':method': 'CONNECT', ...version, ...fields }), wire)
    if (place === 'malformed') expect(kindOf(head)).toBe('malformed')
    else expect(head).toMatchObject({ method: 'CONNECT', scheme: '', path: '', authority: place })
  })
})

const token = fc.string({ unit: fc.constantFrom(...'abcxyz0189-_.~'), minLength: 1, maxLength: 12 })
const value = fc
  .string({ unit: fc.constantFrom(...'abc ,;="\t\xe9\xff'), maxLength: 20 })
  .map((text) => text.trim())
const RESERVED = new Set(['te', 'host'])
const headers = fc
  .array(fc.tuple(token, value), { maxLength: 8 })
  .map((pairs) => HeaderFields.from(pairs.filter(([name]) => !RESERVED.has(name))))
const requests: fc.Arbitrary<RequestHead> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
  scheme: fc.constantFrom('http', 'https'),
  authority: fc.constantFrom('a.test', 'a.test:8080', '[::1]:1', '192.0.2.1'),
  path: token.map((text) => `/${text}?${text}`),
  headers,
})

describe.each(wires)('AM-23 conversion, %s', (_, wire) => {
  test('AM-4 a request that is written reads back as it was, every value in its order', () => {
    fc.assert(
      fc.property(requests, (head) => {
        expect(readRequestHead(writeRequestHead(head, wire), wire)).toEqual(head)
      }),
    )
  })

  test('AM-4 a response that is written reads back as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), value, headers, (status, text, fields) => {
        const head = { status, statusText: wire.hasVersion ? text : '', headers: fields }
        expect(readResponseHead(writeResponseHead(head, wire), wire)).toEqual(head)
      }),
    )
  })

  test('CONNECT that is written reads back as it was', () => {
    const head = {
      method: 'CONNECT',
      scheme: '',
      authority: 'a.test:443',
      path: '',
      headers: HeaderFields.NONE,
    }
    expect(readRequestHead(writeRequestHead(head, wire), wire)).toEqual(head)
  })

  test('what is refused when it is written is what is refused when it is read', () => {
    const parts = (...some: string[]) => fc.constantFrom('', ' ', 'a', 'a b', 'é', '\u0000', '[', ...some)
    const heads = fc.record({
      method: parts('GET', 'OPTIONS', 'CONNECT', 'G:'),
      scheme: parts('https', 'HTTP', '1a'),
      authority: parts('a.test', 'A.test:80', 'a:99999', 'a:', 'u@a', '[::1]:80', 'a/b'),
      path: parts('/', '*', '/a?b', '/a#b', '//', 'a'),
      headers: fc
        .array(fc.tuple(parts('host', 'x', 'te', 'X', ':path', 'content-length', 'connection'), parts('a.test', '5', 'trailers'))) // biome-ignore format: a line
        .map((pairs) => HeaderFields.fromFlat(pairs.flat())),
    })
    fc.assert(
      fc.property(heads, (head) => {
        const { method, scheme, authority, path, headers } = head
        const isConnect = method === 'CONNECT'
        const flat = [':method', method, wire.authority, authority]
        if (wire.hasVersion) flat.push(':version', 'HTTP/1.1')
        if (!isConnect) flat.push(':scheme', scheme, ':path', path)
        const read = readRequestHead(HeaderFields.fromFlat([...flat, ...headers.flat]), wire)
        const write = () => writeRequestHead(head, wire)
        if (read instanceof HeadFault) expect(write).toThrow('expected')
        else expect(readRequestHead(write(), wire)).toEqual(read)
      }),
      { numRuns: 500 },
    )
  })

  test('what was given to be written is not changed, and what may not be is thrown', () => {
    const fields = HeaderFields.from({ 'x-a': '1' })
    const head = { method: 'GET', scheme: 'https', authority: 'a.test', path: '/', headers: fields }
    writeRequestHead(head, wire)
    expect(fields.flat).toEqual(['x-a', '1'])
    for (const wrong of [
      { path: '/a#b' },
      { path: '' },
      { authority: '' },
      { authority: 'u@a' },
      { method: '' },
    ])
      expect(() => writeRequestHead({ ...head, ...wrong }, wire)).toThrow('expected')
    for (const status of [0, 99, 600, 200.5, Number.NaN])
      expect(() => writeResponseHead({ status, statusText: '', headers: fields }, wire)).toThrow('a status')
    expect(() => writeResponseHead({ status: 200, statusText: 'a\nb', headers: fields }, wire)).toThrow(
      'a reason',
    )
  })
})

test('nothing that comes makes reading throw', () => {
  const name = fc.oneof(
    fc.constantFrom(...SPDY.map(([one]) => one), ':authority', ':status', 'host', 'te', 'content-length'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const text = fc.oneof(
    fc.constantFrom('GET', '/', 'HTTP/1.1', 'a.test', '200 OK', '5'),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(name, text)), (pairs) => {
      const fields = HeaderFields.fromFlat(pairs.flat())
      for (const wire of [SPDY_WIRE, H2_WIRE]) {
        for (const head of [readRequestHead(fields, wire), readResponseHead(fields, wire)])
          if (head instanceof HeadFault) expect(head.message).toMatch(/^expected /)
      }
    }),
  )
})
