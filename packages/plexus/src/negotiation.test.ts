import { afterEach, describe, expect, it } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import { parseAddress, protocols } from './index.js'
import { negotiationAt } from './negotiation.js'

const at = (url: string, profile?: string, names?: string[]) =>
  negotiationAt(parseAddress(url), profile, names)
const URL_31 = 'spdy+tls://127.0.0.1:1'

afterEach(() => void protocols.delete('mine'))

describe('what TLS may choose', () => {
  it.each([
    [URL_31, undefined, ['spdy/3.1', 'spdy/3']],
    ['spdy3+tls://127.0.0.1:1', undefined, ['spdy/3']],
    [`${URL_31}?profile=spdystream`, undefined, ['spdy/3.1']],
    [URL_31, 'spdy3', ['spdy/3']],
    ['h2+tls://127.0.0.1:1', undefined, ['h2']],
  ])('at %s with profile %s is %j', (url, profile, names) => {
    expect(at(url, profile).offered).toEqual(names)
  })

  it('is spoken as it is called, and where nothing is chosen as the URL says', () => {
    const { spoken, otherwise } = at(URL_31)
    expect([spoken('spdy/3.1'), spoken('spdy/3')].map((one) => one?.traits.sessionWindow)).toEqual([
      true,
      false,
    ])
    expect([spoken('http/1.1'), spoken(undefined)]).toEqual([undefined, undefined])
    expect(otherwise.traits.name).toBe('spdy/3.1')
  })

  it('keeps to the profile under its name', () => {
    expect(at(URL_31, 'spdystream').spoken('spdy/3.1')?.traits.streamWindow).toBe(false)
  })

  it('may be told, also with names of protocols that were added, and of none', () => {
    const mine = { ...spdy(), traits: { ...spdy().traits, name: 'mine/1' } }
    protocols.set('mine', () => mine)
    const { offered, spoken } = at(URL_31, undefined, ['mine/1', 'http/1.1'])
    expect([offered, spoken('mine/1'), spoken('http/1.1')]).toEqual([['mine/1', 'http/1.1'], mine, undefined])
  })
})
