import { describe, expect, test } from '@jest/globals'
import { faultOfFields, faultOfRequest, faultOfResponse } from './rules.js'

type Fields = Readonly<Record<string, string>>
const GET: Fields = { ':method': 'GET', ':scheme': 'https', ':path': '/', ':authority': 'here' }
const WITH: Fields = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/',
  ':authority': 'a',
}
const flat = (...parts: readonly Fields[]): string[] =>
  parts.flatMap((fields) => Object.entries(fields).flat())
const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))

describe('S03 a request', () => {
  test.each([
    ['of all four', GET],
    ['without an authority', without(GET, ':authority')],
    ['with an empty one', { ...GET, ':authority': '' }],
    ['for all of a server', { ...GET, ':method': 'OPTIONS', ':path': '*' }],
    ['S07 for a tunnel', { ':method': 'CONNECT', ':authority': 'a:1' }],
  ])('%s is one', (_name, fields) => {
    expect(faultOfRequest(flat(fields), false)).toBeUndefined()
  })

  test.each([
    ['without a method', without(GET, ':method'), "':method' in a request, it has none"],
    ['without a scheme', without(GET, ':scheme'), "':scheme' in a request, it has none"],
    ['without a path', without(GET, ':path'), "':path' in a request, it has none"],
    ['with an empty path', { ...GET, ':path': '' }, "':path' not to be empty"],
    ['with a status', { ...GET, ':status': '200' }, "no ':status' in a request"],
    ['with a pseudo field nobody knows', { ...GET, ':x': '1' }, "no ':x' in a request"],
    ['with a word for tunnels that nobody allowed', WITH, "no ':protocol' in a request"],
    [
      'S07 for a tunnel, with a path',
      { ':method': 'CONNECT', ':path': '/', ':authority': 'a' },
      "CONNECT without ':scheme' and ':path'",
    ],
    ['S07 for a tunnel to nowhere', { ':method': 'CONNECT' }, "CONNECT with ':authority', it has none"],
    ['of nothing', {}, "':method' in a request, it has none"],
    [
      'with a path that ends a line',
      { ...GET, ':path': '/\r\n' },
      "':path' without NUL, CR, LF and blanks at its edges",
    ],
  ])('%s is none', (_name, fields, fault) => {
    expect(faultOfRequest(flat(fields), false)).toBe(fault)
  })

  test('twice the same pseudo field, or one behind the others, is none', () => {
    expect(faultOfRequest(flat(GET, { ':path': '/' }), false)).toBe("one ':path', a second came")
    expect(faultOfRequest(flat(without(GET, ':path'), { a: 'b', ':path': '/' }), false)).toBe(
      "':path' in a request, it has none",
    )
    expect(faultOfRequest(flat(GET, { a: 'b', ':path': '/' }), false)).toBe("no ':path' here")
  })

  test.each([
    ['as it is', WITH, undefined],
    ['without a path', without(WITH, ':path'), "':path' in a request, it has none"],
    ['without a scheme', without(WITH, ':scheme'), "':scheme' in a request, it has none"],
    ['without an authority', without(WITH, ':authority'), "CONNECT with ':authority', it has none"],
    ['by another method', { ...WITH, ':method': 'GET' }, "':protocol' with CONNECT only"],
  ])('S07 extended CONNECT, where it is allowed, %s', (_name, fields, fault) => {
    expect(faultOfRequest(flat(fields), true)).toBe(fault)
  })
})

describe('S03 a response', () => {
  test.each(['100', '103', '200', '599'])('of status %s is one', (status) => {
    expect(faultOfResponse([':status', status, 'a', 'b'])).toBeUndefined()
  })

  test.each([
    [[], "':status' first, it is not there"],
    [['a', 'b'], "':status' first, it is not there"],
    [[':method', 'GET'], "no ':method' in a response"],
    [[':status', '200', ':status', '200'], "no ':status' here"],
    [[':status', '200', ':path', '/'], "no ':path' here"],
    [[':status', '101'], "a ':status' of three digits and not 101, got '101'"],
    [[':status', '600'], "a ':status' of three digits and not 101, got '600'"],
    [[':status', '200 OK'], "a ':status' of three digits and not 101, got '200 OK'"],
    [[':status', ''], "a ':status' of three digits and not 101, got ''"],
  ])('%j is none', (fields, fault) => {
    expect(faultOfResponse(fields)).toBe(fault)
  })
})

describe('fields', () => {
  const isMalformed = (name: string, value = 'x') => faultOfFields([name, value]) !== undefined
  const BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
  const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"

  test('S02 H10 names are tokens without upper case: every byte at the start, in the middle, at the end', () => {
    for (const at of [
      (c: string) => `${c}ab`,
      (c: string) => `a${c}b`,
      (c: string) => `ab${c}`,
      (c: string) => c,
    ])
      expect(BYTES.filter((char) => !isMalformed(at(char))).join('')).toEqual([...TOKEN].sort().join(''))
    expect(isMalformed('')).toBe(true)
  })

  test('S01 values: no NUL, CR and LF anywhere, no blank at the edges', () => {
    const bad = (at: (char: string) => string) => BYTES.filter((char) => isMalformed('a', at(char))).join('')
    expect(bad((char) => `a${char}b`)).toBe('\0\n\r')
    for (const at of [(c: string) => `${c}ab`, (c: string) => `ab${c}`, (c: string) => c])
      expect(bad(at)).toBe('\0\t\n\r ')
    expect([isMalformed('a', ''), isMalformed('a', 'ÿ'), isMalformed('a', 'Ā')]).toEqual([false, false, true])
  })

  test.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])(
    'S04 %s speaks of one connection',
    (name) => {
      expect(faultOfFields([name, 'x'])).toBe(`no '${name}', which speaks of one connection`)
    },
  )

  test('S04 te says trailers, or nothing', () => {
    expect(faultOfFields(['te', 'trailers', 'te', 'Trailers'])).toBeUndefined()
    expect(faultOfFields(['te', 'trailers, gzip'])).toBe("'te' to say 'trailers', got 'trailers, gzip'")
  })

  test('S10 __proto__ is a name', () => {
    expect(faultOfFields(['__proto__', 'x', 'constructor', 'y'])).toBeUndefined()
  })
})
