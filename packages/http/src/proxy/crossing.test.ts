import { expect, test } from '@jest/globals'
import { HeaderFields, type HeadersInit } from '@plexus/contract'
import type { RequestHead } from '../message/heads.js'
import {
  type CrossingOptions,
  crossRequest,
  crossResponse,
  crossTrailers,
  isLastHop,
  nameTowards,
  Refusal,
} from './crossing.js'

const requestOf = (headers: HeadersInit, more: Partial<RequestHead> = {}): RequestHead => ({
  method: 'GET',
  scheme: 'https',
  authority: 'o.test',
  path: '/',
  headers: HeaderFields.from(headers),
  ...more,
})

const SENDER = { protocol: '1.1', address: '192.0.2.7' }

/** What crosses, or the status it is refused with. */
function crossed(
  headers: HeadersInit,
  options: CrossingOptions = {},
  more: Partial<RequestHead> = {},
  sender = SENDER,
) {
  const result = crossRequest(requestOf(headers, more), sender, { via: false, ...options })
  return result instanceof Refusal ? result.status : result.headers.flat
}

test.each<[string, HeadersInit, string[]]>([
  [
    'what speaks of one connection',
    { connection: 'close', 'keep-alive': '1', upgrade: 'h2c', 'proxy-connection': 'x' },
    [],
  ],
  ['what connection names', { connection: 'X-A, te', 'x-a': '1', 'x-b': '2', te: 'trailers' }, ['x-b', '2']],
  ['te of more than trailers', { te: 'gzip' }, []],
  ['host, which the authority says', { host: 'o.test' }, []],
  [
    'credentials for us',
    { 'proxy-authorization': 'Basic x', authorization: 'Basic y' },
    ['authorization', 'Basic y'],
  ],
  ['an expectation that was met here', { expect: '100-continue' }, []],
])('RFC 9110 §7.6.1 %s does not cross', (_, headers, kept) => {
  expect(crossed(headers)).toEqual(kept)
})

test('AM-4 every value of a repeated field crosses, in order', () => {
  const twice = { 'set-cookie': ['a=1', 'b=2'], via: '1.0 x' }
  const head = { status: 200, statusText: '', headers: HeaderFields.from(twice) }
  expect(crossResponse(head, 'SPDY/3.1', { via: 'plexus' }).headers.flat).toEqual([
    ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'via', '1.0 x'],
    ...['via', 'SPDY/3.1 plexus'],
  ])
  expect(crossed({ cookie: ['a', 'b'] })).toEqual(['cookie', 'a', 'cookie', 'b'])
})

test('S15 at most ten proxies, and none twice by a name of its own', () => {
  const hops = (count: number) => ({ via: Array.from({ length: count }, (_, i) => `1.1 p${i}, `).join('') })
  expect(crossed(hops(10))).toHaveLength(2)
  expect(crossed(hops(11))).toBe(508)
  expect(crossed(hops(3), { maxHops: 2 })).toBe(508)
  expect(crossed({ via: ['1.1 a, SPDY/3.1 Here (said so)', '1.0 b'] }, { via: 'here' })).toBe(508)
  expect(crossed({ via: '1.1 elsewhere' }, { via: 'here' })).toEqual([
    'via',
    '1.1 elsewhere',
    'via',
    '1.1 here',
  ])
})

test('S15 a name that nobody gave is one for each target', () => {
  const [one, other] = [{}, {}]
  expect(nameTowards(one)).toMatch(/^plexus-[0-9a-f]{8}$/)
  expect(nameTowards(one)).toBe(nameTowards(one))
  expect(nameTowards(one)).not.toBe(nameTowards(other))
})

test.each(['content-length', 'Host', 'via', 'max-forwards'])('S08 connection may not hide %s', (name) => {
  expect(crossed({ connection: `close, ${name}` })).toBe(400)
})

test('RFC 9110 §7.6.2 max-forwards counts down for OPTIONS and TRACE, and ends with us at 0', () => {
  expect(crossed({ 'max-forwards': '3' }, {}, { method: 'OPTIONS' })).toEqual(['max-forwards', '2'])
  expect(crossed({ 'max-forwards': '3' })).toEqual(['max-forwards', '3'])
  expect(crossed({ 'max-forwards': 'x' }, {}, { method: 'TRACE' })).toBe(400)
  expect(isLastHop(requestOf({ 'max-forwards': '0' }, { method: 'TRACE' }))).toBe(true)
  expect(isLastHop(requestOf({ 'max-forwards': '1' }, { method: 'TRACE' }))).toBe(false)
  expect(isLastHop(requestOf({ 'max-forwards': '0' }))).toBe(false)
})

test('who asked is told only if wanted, and what the client says of it is believed only if trusted', () => {
  const lie = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' }
  expect(crossed(lie)).toEqual(['x-forwarded-for', '10.0.0.1', 'forwarded', 'for=10.0.0.1'])
  expect(crossed(lie, { forwarded: 'forwarded' })).toEqual([
    'forwarded',
    'for=192.0.2.7;host="o.test";proto=https',
  ])
  expect(crossed(lie, { forwarded: 'x-forwarded' })).toEqual([
    ...['x-forwarded-proto', 'https', 'x-forwarded-host', 'o.test', 'x-forwarded-for', '192.0.2.7'],
  ])
  expect(crossed(lie, { forwarded: 'x-forwarded', trustForwarded: true })).toEqual([
    ...['forwarded', 'for=10.0.0.1', 'x-forwarded-proto', 'https', 'x-forwarded-host', 'o.test'],
    ...['x-forwarded-for', '10.0.0.1, 192.0.2.7'],
  ])
  const six = { protocol: '1.1', address: '2001:db8::1' }
  expect(crossed({}, { forwarded: 'forwarded' }, {}, six)).toEqual([
    ...['forwarded', 'for="[2001:db8::1]";host="o.test";proto=https'],
  ])
})

test('S03 trailers that would say how to treat a message do not cross', () => {
  const trailers = HeaderFields.from({
    'content-length': '1',
    host: 'a',
    authorization: 'b',
    'x-sum': 'c',
    te: 'd',
  })
  expect(crossTrailers(trailers).flat).toEqual(['x-sum', 'c'])
})
