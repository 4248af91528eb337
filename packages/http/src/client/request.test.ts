import { describe, expect, test } from '@jest/globals'
import { HeaderFields, isRetryable, PlexusError } from '@plexus/contract'
import { readRequestHead } from '../message/heads.js'
import { H2_WIRE, SPDY_WIRE } from '../message/wire.js'
import { type ClientRequest, outgoing, type RequestDefaults } from './request.js'

const sent = (request: ClientRequest, defaults: RequestDefaults = {}, wire = SPDY_WIRE) => {
  const head = readRequestHead(outgoing(request, defaults, wire).fields, wire)
  if (!('method' in head)) throw new Error(head.message)
  return head
}

const refusalOf = (request: ClientRequest, defaults: RequestDefaults = {}): PlexusError => {
  try {
    outgoing(request, defaults, SPDY_WIRE)
  } catch (error) {
    if (error instanceof PlexusError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe.each([
  ['spdy', SPDY_WIRE],
  ['h2', H2_WIRE],
])('AM-23 an URL on the wire of %s', (_, wire) => {
  test.each([
    ['http://h', 'http', 'h', '/'],
    ['http://h:80/a', 'http', 'h', '/a'],
    ['http://h:443/a', 'http', 'h:443', '/a'],
    ['https://h:443/a?b=c&d', 'https', 'h', '/a?b=c&d'],
    ['https://h:8443/a/../b', 'https', 'h:8443', '/b'],
    ['https://h/a?b#c?d', 'https', 'h', '/a?b'],
    ['https://h/#only', 'https', 'h', '/'],
    ['https://h?q', 'https', 'h', '/?q'],
    ['https://[::1]:8443/', 'https', '[::1]:8443', '/'],
    ['https://h/a b/ü', 'https', 'h', '/a%20b/%C3%BC'],
    ['HTTPS://H.Test/A', 'https', 'h.test', '/A'],
  ])('%s has its scheme, authority, path and query, and no fragment', (url, scheme, authority, path) => {
    expect(sent({ url }, {}, wire)).toMatchObject({ scheme, authority, path })
    expect(sent({ url: new URL(url) }, {}, wire)).toMatchObject({ scheme, authority, path })
  })
})

test.each([
  [{ url: '/a?b#c' }, { scheme: 'https', authority: 'h.test:8443', path: '/a?b' }],
  [{ path: '/a?b#c' }, { scheme: 'https', authority: 'h.test:8443', path: '/a?b' }],
  [
    { path: '/a', authority: 'other' },
    { scheme: 'https', authority: 'other', path: '/a' },
  ],
  [
    { path: '/a', scheme: 'http' },
    { scheme: 'http', authority: 'h.test:8443', path: '/a' },
  ],
  [
    { path: '*', method: 'OPTIONS' },
    { method: 'OPTIONS', path: '*' },
  ],
  [
    { method: 'CONNECT', authority: 'far:22' },
    { method: 'CONNECT', authority: 'far:22', path: '' },
  ],
  [
    { method: 'CONNECT', url: 'https://far' },
    { method: 'CONNECT', authority: 'far:443', path: '' },
  ],
])('AM-23 %j is completed from the origin', (request, head) => {
  expect(sent(request, { origin: 'https://h.test:8443/ignored' })).toMatchObject(head)
})

test.each<[string, ClientRequest]>([
  ['no place at all', {}],
  ['a path without a host', { path: '/' }],
  ['a relative URL without an origin', { url: 'a/b' }],
  ['an URL and a path', { url: 'http://h/', path: '/' }],
  ['an URL of another kind', { url: 'ftp://h/' }],
  ['user and password', { url: 'http://me:secret@h/' }],
  ['a method that is none', { url: 'http://h/', method: 'GE T' }],
  ['a path that does not begin with /', { path: 'a', authority: 'h' }],
  ['a path with a line end', { path: '/a\r\nx: y', authority: 'h' }],
  ['an authority with a path', { path: '/', authority: 'h/x' }],
  ['a value with a line end', { url: 'http://h/', headers: { a: 'b\r\nc: d' } }],
  ['a name that is none', { url: 'http://h/', headers: { 'a b': 'c' } }],
  ['a pseudo field', { url: 'http://h/', headers: { ':path': '/x' } }],
  ['two lengths', { url: 'http://h/', method: 'POST', body: 'a', headers: { 'content-length': ['1', '1'] } }],
  [
    'a length that is not the body’s',
    { url: 'http://h/', method: 'POST', body: 'a', headers: { 'content-length': 2 } },
  ],
  ['a length without a body', { url: 'http://h/', method: 'POST', headers: { 'content-length': 2 } }],
  ['a body that is none', { url: 'http://h/', method: 'POST', body: 5 as never }],
  ['trailers with a pseudo field', { url: 'http://h/', trailers: { ':status': '200' } }],
])('AM-23 S01 S03 S05 S06 %s is refused before anything is sent', (_, request) => {
  const error = refusalOf(request)
  expect(error).toMatchObject({ scope: 'request', blame: 'application', processed: 'no' })
  expect(isRetryable(error)).toBe(true)
  expect(error.message).not.toContain('secret')
})

test('AM-23 fields of one connection are dropped, and the caller’s headers stay as they are', () => {
  const headers = {
    Connection: 'close, X-Hop',
    Host: 'elsewhere',
    'Keep-Alive': 'timeout=5',
    'Proxy-Connection': 'keep-alive',
    'Transfer-Encoding': 'chunked',
    Upgrade: 'h2c',
    'X-Hop': '1',
    TE: 'gzip',
    Accept: ['a', 'b'],
    Cookie: 'c=d',
  }
  const before = structuredClone(headers)
  const head = sent({ url: 'http://h/', headers })
  expect(head.headers.toJSON()).toEqual([
    ['accept', 'a'],
    ['accept', 'b'],
    ['cookie', 'c=d'],
  ])
  expect(headers).toEqual(before)
  const fields = HeaderFields.from(headers)
  const flat = [...fields.flat]
  sent({ url: 'http://h/', headers: fields, method: 'POST', body: 'x' })
  expect(fields.flat).toEqual(flat)
})

test('S10 a header named like a part of every object is a header like any other', () => {
  const head = sent({
    url: 'http://h/',
    headers: [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ],
  })
  expect(head.headers.toJSON()).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
})

test('S05 a body that is there announces its length, in bytes; what gives none says so where it should', () => {
  expect(sent({ url: 'http://h/', method: 'POST', body: 'ü' }).headers.get('content-length')).toBe('2')
  expect(sent({ url: 'http://h/', method: 'POST' }).headers.get('content-length')).toBe('0')
  expect(sent({ url: 'http://h/' }).headers.has('content-length')).toBe(false)
  async function* body() {
    yield 'a'
  }
  expect(sent({ url: 'http://h/', method: 'POST', body: body() }).headers.has('content-length')).toBe(false)
})
