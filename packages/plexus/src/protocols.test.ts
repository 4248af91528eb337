import { afterEach, describe, expect, it } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { parseAddress } from './address.js'
import { protocolAt, protocolOf, protocols } from './protocols.js'

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

  it.each([
    ['gopher', '', "expected a protocol among spdy, spdy3, got 'gopher'"],
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
