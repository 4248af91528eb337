import { describe, expect, test } from '@jest/globals'
import { type SessionPlace, sessionKey } from './session-key.js'

const place: SessionPlace = {
  scheme: 'https',
  authority: 'h.test',
  tls: { ca: 'a', alpn: ['h2', 'spdy/3.1'] },
}

describe('S11 the key of a pool', () => {
  test.each<[string, Partial<SessionPlace>]>([
    ['the scheme', { scheme: 'http' }],
    ['the host', { authority: 'other.test' }],
    ['the port', { authority: 'h.test:8443' }],
    ['a proxy', { proxy: 'http://proxy.test' }],
    ['the choice of protocols', { tls: { ...place.tls, alpn: ['spdy/3.1', 'h2'] } }],
    ['whom it trusts', { tls: { ...place.tls, ca: 'b' } }],
    ['whether it looks', { tls: { ...place.tls, rejectUnauthorized: false } }],
    ['who it is', { tls: { ...place.tls, cert: 'c', key: 'k' } }],
    ['the name it asks for', { tls: { ...place.tls, servername: 'other.test' } }],
    ['that it asks for none', { tls: { ...place.tls, servername: '' } }],
    ['how it checks', { tls: { ...place.tls, checkServerIdentity: () => undefined } }],
    ['the oldest version', { tls: { ...place.tls, minVersion: 'TLSv1.3' } }],
    ['an option that nobody knows yet', { tls: { ...place.tls, tomorrow: 1 } }],
  ])('differs by %s', (_, other) => {
    expect(sessionKey({ ...place, ...other })).not.toBe(sessionKey(place))
  })

  test.each<[string, Partial<SessionPlace>]>([
    ['the case of a host and its own port', { authority: 'H.TEST:443' }],
    ['text or bytes', { tls: { ...place.tls, ca: Buffer.from('a') } }],
    [
      'defaults that are said',
      { tls: { ...place.tls, rejectUnauthorized: true, servername: 'h.test', cert: undefined } },
    ],
    ['the order of options', { tls: { alpn: ['h2', 'spdy/3.1'], ca: 'a' } }],
    ['how long it may take', { tls: { ...place.tls, handshakeTimeoutMs: 1 } }],
  ])('is the same whatever %s', (_, other) => {
    expect(sessionKey({ ...place, ...other })).toBe(sessionKey(place))
  })

  test('lists that are cut elsewhere are others', () => {
    const keyOf = (alpn: string[]) => sessionKey({ ...place, tls: { alpn } })
    expect(keyOf(['ab', 'c'])).not.toBe(keyOf(['a', 'bc']))
    expect(keyOf(['a,b'])).not.toBe(keyOf(['a', 'b']))
  })

  test('functions are themselves, and no others that read alike', () => {
    const [one, two] = [() => undefined, () => undefined]
    const keyOf = (checkServerIdentity: () => undefined) =>
      sessionKey({ ...place, tls: { checkServerIdentity } })
    expect(keyOf(one)).toBe(keyOf(one))
    expect(keyOf(one)).not.toBe(keyOf(two))
  })

  test('has no secret in it', () => {
    const tls = { key: 'private', passphrase: 'opensesame' }
    const key = sessionKey({ scheme: 'https', authority: 'h.test', proxy: 'http://me:mine@proxy.test', tls })
    expect(key).toMatch(/^https:\/\/h\.test via http:\/\/proxy\.test [\w-]{43}$/)
    expect(key).not.toBe(
      sessionKey({ scheme: 'https', authority: 'h.test', proxy: 'http://proxy.test', tls }),
    )
  })

  test.each(['h.test/path', 'user@h.test', '', 'h.test:99999', 'a b'])('‘%s’ is no host', (authority) => {
    expect(() => sessionKey({ ...place, authority })).toThrow(/expected a host and perhaps a port/)
  })
})
