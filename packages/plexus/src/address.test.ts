import { describe, expect, it } from '@jest/globals'
import { parseAddress, type TcpAddress, type TlsAddress, withPort } from './address.js'

describe('a URL', () => {
  it.each([
    ['spdy+tcp://127.0.0.1:9310', { protocol: 'spdy', carrier: 'tcp', host: '127.0.0.1', port: 9310 }],
    ['spdy+tcp://localhost:0/', { protocol: 'spdy', carrier: 'tcp', host: 'localhost', port: 0 }],
    ['spdy3+tcp://[::1]:9310', { protocol: 'spdy3', carrier: 'tcp', host: '::1', port: 9310 }],
    ['spdy+tls://[::1]:443', { protocol: 'spdy', carrier: 'tls', host: '::1', port: 443 }],
    ['spdy+unix:/tmp/a.sock', { protocol: 'spdy', carrier: 'unix', path: '/tmp/a.sock' }],
    ['spdy+unix:///tmp/a%20b.sock', { protocol: 'spdy', carrier: 'unix', path: '/tmp/a b.sock' }],
  ])('%s names a protocol, a carrier and a place', (url, address) => {
    expect(parseAddress(url)).toMatchObject({ url, ...address })
    expect(parseAddress(new URL(url))).toMatchObject(address)
  })

  it('has the options of the protocol behind its question mark', () => {
    const { parameters } = parseAddress('spdy+unix:/tmp/a.sock?profile=spdystream')
    expect([...parameters]).toEqual([['profile', 'spdystream']])
  })

  it.each([
    ['', 'expected a URL like'],
    ['127.0.0.1:9310', 'expected a URL like'],
    ['spdy://127.0.0.1:9310', 'expected protocol+tcp:, protocol+tls: or protocol+unix:'],
    ['spdy+udp://127.0.0.1:9310', 'expected protocol+tcp:, protocol+tls: or protocol+unix:'],
    ['a+spdy+tcp://127.0.0.1:9310', 'expected protocol+tcp:, protocol+tls: or protocol+unix:'],
    ['spdy+tcp://127.0.0.1', 'expected spdy+tcp://host:port'],
    ['spdy+tcp:9310', 'expected spdy+tcp://host:port'],
    ['spdy+tcp://127.0.0.1:9310/path', 'expected spdy+tcp://host:port'],
    ['spdy+tcp://127.0.0.1:99999', 'expected a URL like'],
    ['spdy+tcp://user:secret@127.0.0.1:9310', 'expected a URL without user, password and fragment'],
    ['spdy+tcp://127.0.0.1:9310#a', 'expected a URL without user, password and fragment'],
    ['spdy+unix:relative.sock', 'expected spdy+unix:/path'],
    ['spdy+unix://host/tmp/a.sock', 'expected spdy+unix:/path'],
    ['spdy+unix:/tmp/%zz', 'expected a path with whole percent signs'],
  ])('%j is refused', (url, message) => {
    const refusal = { scope: 'request', blame: 'application', processed: 'no' }
    expect(() => parseAddress(url)).toThrow(expect.objectContaining(refusal))
    expect(() => parseAddress(url)).toThrow(message)
  })

  it('does not repeat a password that should not have been in it', () => {
    const url = 'spdy+tcp://user:secret@127.0.0.1:9310'
    expect(() => parseAddress(url)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    )
  })

  it('is the same place with another port', () => {
    const address = (url: string) => parseAddress(url) as TcpAddress | TlsAddress
    expect(withPort(address('spdy+tcp://127.0.0.1:0'), 81)).toBe('spdy+tcp://127.0.0.1:81')
    expect(withPort(address('spdy+tls://127.0.0.1:0'), 81)).toBe('spdy+tls://127.0.0.1:81')
    expect(withPort(address('spdy+tcp://[::1]:0?profile=spdy3'), 81)).toBe(
      'spdy+tcp://[::1]:81?profile=spdy3',
    )
  })
})
