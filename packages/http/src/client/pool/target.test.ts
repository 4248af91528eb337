import { expect, test } from '@jest/globals'
import { type RouteOptions, targetOf } from './target.js'

const keyOf = (place: string, route?: RouteOptions) => targetOf(place, route).key

test('S11 what goes to the same place in the same way has the same key', () => {
  const agent = { of: 'secure contexts' }
  const alike: [RouteOptions, RouteOptions][] = [
    [{}, { proxy: undefined, tls: undefined, alpn: undefined }],
    [{ tls: {} }, {}],
    [{ tls: { rejectUnauthorized: true, servername: 'a.test', onTlsSession: () => {} } }, {}],
    [{ tls: { alpn: ['h2'] } }, { alpn: ['h2'] }],
    [{ tls: { ca: 'x', minVersion: 'TLSv1.3' } }, { tls: { minVersion: 'TLSv1.3', ca: 'x' } }],
    [{ tls: { ca: [new Uint8Array([1, 2])] } }, { tls: { ca: [new Uint8Array([1, 2])], key: undefined } }],
    [
      { tls: { secureContext: agent, rejectUnauthorized: false } },
      { tls: { rejectUnauthorized: false, secureContext: agent } },
    ],
    [{ alpn: ['h2', 'spdy/3.1'] }, { alpn: ['h2', 'spdy/3.1'] }],
  ]
  for (const [a, b] of alike) expect(keyOf('https://a.test', a)).toBe(keyOf('https://A.test:443/b?c', b))
})

test('S11 scheme, host, port, proxy, each option of TLS and the protocols offered tell connections apart', () => {
  const places = [
    'http://a.test',
    'https://a.test',
    'https://b.test',
    'https://a.test:444',
    'https://[::1]',
    'http://a.test:443',
  ]
  const routes: RouteOptions[] = [
    { proxy: 'http://p.test' },
    { proxy: 'http://q.test' },
    { tls: { ca: 'one' } },
    { tls: { ca: ['one'] } },
    { tls: { ca: ['one', 'two'] } },
    { tls: { ca: new Uint8Array([1]) } },
    { tls: { ca: new Uint8Array([2]) } },
    { tls: { cert: 'one' } },
    { tls: { servername: 'b.test' } },
    { tls: { rejectUnauthorized: false } },
    { tls: { rejectUnauthorized: 0 } },
    { tls: { rejectUnauthorized: 'false' } },
    { tls: { rejectUnauthorized: null } },
    { tls: { a: { b: 1 } } },
    { tls: { a: { b: 2 } } },
    { tls: { 'a":"x","b': 'y' } },
    { tls: { a: 'x', b: 'y' } },
    // Nobody can say what is in these: each is its own.
    { tls: { checkServerIdentity: () => undefined } },
    { tls: { checkServerIdentity: () => undefined } },
    { tls: { secureContext: new Map() } },
    { tls: { secureContext: new Map() } },
    { alpn: ['h2'] },
    { alpn: ['h2', 'spdy/3.1'] },
    { alpn: ['spdy/3.1', 'h2'] },
    { alpn: ['h2,spdy/3.1'] },
    { alpn: [] },
  ]
  const keys = [
    ...places.map((place) => keyOf(place)),
    ...routes.map((route) => keyOf('https://a.test', route)),
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

test('a target says where to dial', () => {
  expect(targetOf('https://[::1]:8443/a')).toMatchObject({
    scheme: 'https',
    host: '::1',
    port: 8443,
    origin: 'https://[::1]:8443',
  })
  expect(targetOf('http://Ex%41mple.test')).toMatchObject({ scheme: 'http', host: 'example.test', port: 80 })
  for (const place of ['ftp://a.test', 'a.test', '', 'https://u:p@a.test'])
    expect(() => targetOf(place)).toThrow(expect.objectContaining({ scope: 'request', processed: 'no' }))
})
