import { describe, expect, test } from '@jest/globals'
import { HeaderFields } from '@plexus/contract'
import fc from 'fast-check'
import { contentLength, faultOfFields, shown, withoutHopByHop } from './fields.js'
import { HeadFault, readRequestHead, readResponseHead, readTrailers, writeRequestHead, writeResponseHead } from './heads.js' // biome-ignore format: a line
import { H2_WIRE, SPDY_WIRE } from './wire.js'

const BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
const places = (byte: string): [string, string][] => [
  ['start', `${byte}bc`],
  ['middle', `a${byte}c`],
  ['end', `ab${byte}`],
]

/** RFC 9110 §5.6.2, in lower case (RFC 9113 §8.2.1), said in other words than the code's. */
const isNameByte = (byte: string) => "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".includes(byte)
const isSpace = (byte: string) => byte === ' ' || byte === '\t'
const isValueByte = (byte: string, place: string) => {
  if (isSpace(byte)) return place === 'middle'
  const code = byte.charCodeAt(0)
  return code > 0x20 && code !== 0x7f
}

/** Every way on which a field gets in or out, and whether it does. */
function passes(name: string, value: string): Record<string, boolean> {
  const headers = HeaderFields.fromFlat([name, value])
  const request = { method: 'GET', scheme: 'https', authority: 'a.test', path: '/' }
  const spdy = [':method', 'GET', ':path', '/', ':version', 'HTTP/1.1', ':host', 'a.test', ':scheme', 'https']
  const h2 = [':method', 'GET', ':path', '/', ':authority', 'a.test', ':scheme', 'https']
  const isRead = (read: unknown) => !(read instanceof HeadFault)
  const isWritten = (write: () => unknown) => {
    try {
      write()
      return true
    } catch (error) {
      expect(error).toMatchObject({
        name: 'PlexusError',
        scope: 'request',
        blame: 'application',
        processed: 'no',
      })
      return false
    }
  }
  const fields = (flat: string[]) => HeaderFields.fromFlat([...flat, name, value])
  return {
    'request in, SPDY': isRead(readRequestHead(fields(spdy), SPDY_WIRE)),
    'request in, HTTP/2': isRead(readRequestHead(fields(h2), H2_WIRE)),
    'response in': isRead(readResponseHead(fields([':status', '200', ':version', 'HTTP/1.1']), SPDY_WIRE)),
    'trailers in': isRead(readTrailers(headers)),
    'request out': isWritten(() => writeRequestHead({ ...request, headers }, SPDY_WIRE)),
    'response out': isWritten(() => writeResponseHead({ status: 200, statusText: '', headers }, H2_WIRE)),
  }
}

const all = (isTrue: boolean) => Object.fromEntries(Object.keys(passes('a', 'b')).map((way) => [way, isTrue]))

describe('S01 S02 every byte at start, middle and end', () => {
  test.each(['start', 'middle', 'end'])('of a name, at its %s, both ways', (place) => {
    for (const byte of BYTES) {
      const [, name] = places(byte).find(([one]) => one === place)!
      expect([byte.charCodeAt(0), passes(name, 'v')]).toEqual([byte.charCodeAt(0), all(isNameByte(byte))])
    }
  })

  test.each(['start', 'middle', 'end'])('of a value, at its %s, both ways', (place) => {
    for (const byte of BYTES) {
      const [, value] = places(byte).find(([one]) => one === place)!
      expect([byte.charCodeAt(0), passes('x-a', value)]).toEqual([
        byte.charCodeAt(0),
        all(isValueByte(byte, place)),
      ])
    }
  })

  test('an empty value is one, an empty name is none', () => {
    expect(passes('x-a', '')).toEqual(all(true))
    expect(passes('', 'v')).toEqual(all(false))
  })

  test('of a pseudo field and of a reason phrase', () => {
    for (const byte of BYTES) {
      const flat = [':method', 'GET', ':path', `/a${byte}b`, ':authority', 'a.test', ':scheme', 'https']
      const isPath = byte > ' ' && byte < '\x7f' && byte !== '#'
      expect(!(readRequestHead(HeaderFields.fromFlat(flat), H2_WIRE) instanceof HeadFault)).toBe(isPath)
      const status = HeaderFields.fromFlat([':status', `200 a${byte}b`, ':version', 'HTTP/1.1'])
      const isText = isValueByte(byte, 'middle')
      expect(!(readResponseHead(status, SPDY_WIRE) instanceof HeadFault)).toBe(isText)
    }
  })
})

describe('S04 fields that speak of one connection', () => {
  const fields = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']
  test.each(fields)('%s is refused, both ways', (name) => {
    expect(passes(name, 'x')).toEqual(all(false))
  })

  test.each([
    ['trailers', true],
    ['Trailers', true],
    ['gzip', false],
    ['trailers, gzip', false],
    ['', false],
  ])('te: %s passes: %s', (value, isFine) => {
    expect(passes('te', value)).toEqual(all(isFine))
  })

  test('AM-23 they are taken out of foreign fields, with those that connection names, and nothing else is', () => {
    const foreign = HeaderFields.from([
      ['Connection', 'close, X-Mine'],
      ['x-mine', '1'],
      ['keep-alive', '1'],
      ['te', 'gzip'],
      ['upgrade', 'h2c'],
      ['transfer-encoding', 'chunked'],
      ['proxy-connection', 'x'],
      ['x-a', '1'],
      ['x-a', '2'],
      ['te', 'trailers'],
    ])
    const before = [...foreign.flat]
    expect(withoutHopByHop(foreign).flat).toEqual(['x-a', '1', 'x-a', '2', 'te', 'trailers'])
    expect(foreign.flat).toEqual(before)
  })

  test('whatever comes in, what is left may be sent', () => {
    const name = fc.constantFrom(...fields, 'te', 'x-a', 'cookie')
    const value = fc.constantFrom('trailers', 'x-a', 'close, cookie', 'TRAILERS', '')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        expect(faultOfFields(withoutHopByHop(HeaderFields.from(pairs)).flat)).toBeUndefined()
      }),
    )
  })
})

describe('S05 content-length', () => {
  test.each<[string[], number | undefined | 'fault']>([
    [[], undefined],
    [['0'], 0],
    [['5'], 5],
    [['005'], 5],
    [['9007199254740991'], 9007199254740991],
    [['9007199254740992'], 'fault'],
    [['99999999999999999999'], 'fault'],
    [[''], 'fault'],
    [['-1'], 'fault'],
    [['+1'], 'fault'],
    [['1.0'], 'fault'],
    [['1e3'], 'fault'],
    [['0x10'], 'fault'],
    [['5, 5'], 'fault'],
    [['5', '5'], 'fault'],
    [['5', '6'], 'fault'],
    [['٥'], 'fault'],
  ])('of %j is %s', (values, length) => {
    const read = contentLength(HeaderFields.from({ 'content-length': values }))
    expect(typeof read === 'string' ? 'fault' : read).toBe(length)
  })
})

test('S10 names like __proto__ are fields like any other', () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'hasownproperty', 'tostring']) {
    expect(passes(name, 'v')).toEqual(all(true))
    const read = readTrailers(HeaderFields.fromFlat([name, 'v'])) as HeaderFields
    expect(read.getAll(name)).toEqual(['v'])
  }
})

test('what is shown of foreign text is short and has no control bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const said = shown(text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(said).not.toMatch(/[\x00-\x1f]/)
      expect(said.length).toBeLessThan(65 * 6)
    }),
  )
})
