import { describe, expect, test } from '@jest/globals'
import { HeaderFields, type Role, resolveLimits } from '@plexus/contract'
import { HeaderLists, ListFault } from './header-lists.js'
import { HpackEncoder } from './hpack/index.js'

const GET = [':method', 'GET', ':scheme', 'http', ':path', '/', 'x-own', 'value']

/** Both ends of one compression context. */
function ends(role: Role) {
  const encoder = new HpackEncoder()
  const lists = new HeaderLists({ role, limits: resolveLimits(), allowsProtocol: false }, 4096)
  return (fields: readonly string[], opens: boolean) => {
    const read = lists.read(encoder.encode(fields).slice(), opens)
    return { read, kind: lists.kind }
  }
}

describe('a block that comes again', () => {
  test('is the list it was, and the very same object', () => {
    const tell = ends('server')
    tell(GET, true)
    const second = tell(GET, true)
    expect(second.read).toEqual(HeaderFields.fromFlat(GET))
    expect(tell(GET, true).read).toBe(second.read)
  })

  test('is judged anew where it means another thing: what opens a stream is no trailer', () => {
    const tell = ends('server')
    for (let i = 0; i < 3; i++) tell(GET, true)
    const trailers = tell(GET, false)
    expect(trailers.read).toMatchObject({ scope: 'stream', code: 'PROTOCOL_ERROR' })
    expect(tell(GET, true)).toMatchObject({ kind: 'open', read: { flat: GET } })
  })

  test('keeps its kind, whatever came between', () => {
    const tell = ends('client')
    for (let i = 0; i < 3; i++) {
      expect(tell([':status', '100'], false).kind).toBe('inform')
      expect(tell([':status', '200', 'a', 'b'], false).kind).toBe('reply')
      expect(tell(['a', 'b'], false).kind).toBe('headers')
    }
  })

  test('is not remembered if it was malformed', () => {
    const tell = ends('server')
    for (let i = 0; i < 3; i++) {
      expect(tell([':method', 'GET'], true).read).toBeInstanceOf(ListFault)
    }
  })
})
