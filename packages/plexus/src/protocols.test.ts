import { afterEach, describe, expect, it } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { ByteWriter, HeaderFields, resolveLimits } from '@plexus/contract'
import { parseAddress } from './address.js'
import { protocolAt, protocolByAlpn, protocolOf, protocols } from './protocols.js'

afterEach(() => {
  protocols.delete('mine')
})

const at = (url: string, profile?: string) => protocolAt(parseAddress(url), profile).traits

describe('the table of protocols', () => {
  it('has SPDY by its names, and by the profile in the URL or beside it', () => {
    expect(at('spdy+tcp://peer:1')).toMatchObject({ name: 'spdy/3.1', streamWindow: true })
    expect(at('spdy3+tcp://peer:1').name).toBe('spdy/3')
    expect(at('spdy+tcp://peer:1?profile=spdy3').name).toBe('spdy/3')
    expect(at('spdy+tcp://peer:1?profile=spdystream').streamWindow).toBe(false)
    expect(at('spdy+tcp://peer:1?profile=spdystream', 'spdy31').streamWindow).toBe(true)
  })

  it('has HTTP/2, whose streams say by themselves whether they are safe', () => {
    expect(at('h2+tcp://peer:1')).toMatchObject({ name: 'h2', greeting: true, inform: true })
    const secure = protocolByAlpn('h2')!.create({ role: 'client', limits: resolveLimits() })
    const out = new ByteWriter()
    const open = { type: 'open', id: 1, parent: 0, priority: 3, end: true, unidirectional: false } as const
    secure.encode({ ...open, headers: HeaderFields.NONE }, out)
    // RFC 7541, appendix A: 6 is http, 7 is https.
    const [block] = out.take()
    expect([...block!.subarray(9)]).toEqual([0x83, 0x87, 0x84])
  })

  it.each([
    ['gopher', '', "expected a protocol among spdy, spdy3, h2, got 'gopher'"],
    ['h2', 'profile=spdy3', "expected no parameter of HTTP/2 but 'connect-protocol', got 'profile'"],
    ['h2', 'connect-protocol=2', "expected connect-protocol=0 or 1, got '2'"],
    ['spdy', 'profile=spdy9', "expected a profile among spdy31, spdy3, spdystream, got 'spdy9'"],
    ['spdy', 'profil=spdy3', "expected no parameter of SPDY but 'profile', got 'profil'"],
  ])('refuses %s with ?%s', (name, query, message) => {
    expect(() => protocolOf(name, new URLSearchParams(query))).toThrow(message)
  })

  it('takes protocols of others', () => {
    const mine = spdy()
    protocols.set('mine', () => mine)
    expect(at('mine+unix:/tmp/a')).toBe(mine.traits)
  })
})
