/** What Node's own HTTP/2 (nghttp2 underneath) once said, both sides of one conversation, and what the RFCs print. */
import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { HeaderFields, type Role } from '@plexus/contract'
import {
  codec,
  decode,
  decodeByByte,
  encode,
  encodeData,
  hex,
  latin1,
  merge,
  plain,
  toHex,
} from './dialogue.test.kit.js'

const said = (side: Role) =>
  hex(readFileSync(path(__dirname, '..', 'golden', 'node', `${side}.hex`), 'latin1').replaceAll('\n', ''))

describe('DG-30 a conversation of node:http2', () => {
  test.each(['client', 'server'] as const)('B02 of its %s is read, whole and byte by byte', (side) => {
    const reader = () => codec({}, side === 'client' ? 'server' : 'client')
    const frames = plain(decode(reader(), said(side)))
    expect(frames.filter((frame) => (frame as { type: string }).type === 'fault')).toEqual([])
    expect(plain(merge(decodeByByte(reader(), said(side))))).toEqual(frames)
  })

  const short = (side: Role) =>
    decode(codec({}, side === 'client' ? 'server' : 'client'), said(side)).map((frame) => {
      if ('headers' in frame) return `${frame.type} ${frame.id} ${[...frame.headers].flat().join(' ')}`
      if (frame.type === 'data')
        return `data ${frame.id} '${Buffer.from(frame.payload).toString()}'${frame.end ? ' end' : ''}`
      if (frame.type === 'settings') return `settings ${frame.ack ? 'ack' : JSON.stringify(frame.settings)}`
      if (frame.type === 'reset' || frame.type === 'goAway') return `${frame.type} ${frame.code}`
      return frame.type
    })

  test('what the client said', () => {
    const request = (id: number, field: string) =>
      `open ${id} :authority example.test :method POST :path /a?b=c :scheme http cookie k=v x-field ${field}`
    expect(short('client')).toEqual([
      'settings {}',
      'settings ack',
      request(1, 'one'),
      "data 1 'hello' end",
      request(3, 'two'),
      "data 3 'again' end",
      'open 5 :authority example.test :path /reset :method GET :scheme http',
      'ping',
      'goAway NO_ERROR',
      'goAway NO_ERROR',
    ])
  })

  test('DG-23 what the server said', () => {
    const fields = `content-type text/plain set-cookie a=b set-cookie c=d x-long ${'y'.repeat(300)} date`
    const answer = (id: number, body: string) => [
      `inform ${id} :status 103 link </a>`,
      expect.stringMatching(new RegExp(`^reply ${id} :status 201 ${fields} .+ GMT$`)),
      `data ${id} '${body}'`,
      `headers ${id} sum 42`,
    ]
    expect(short('server')).toEqual([
      'settings {"maxConcurrentStreams":50,"initialWindow":70000}',
      'settings ack',
      ...answer(1, 'hello'),
      ...answer(3, 'again'),
      'reset CANCEL',
      'ping',
      'goAway NO_ERROR',
      'goAway NO_ERROR',
    ])
  })
})

describe('byte for byte', () => {
  test('RFC 7541 C.4.1, in a frame', () => {
    const headers = HeaderFields.from({
      ':method': 'GET',
      ':scheme': 'http',
      ':path': '/',
      ':authority': 'www.example.com',
    })
    const open = {
      type: 'open',
      id: 1,
      parent: 0,
      priority: 3,
      headers,
      end: true,
      unidirectional: false,
    } as const
    expect(toHex(encode(codec({}, 'client'), open))).toBe(
      '000011010500000001' + '828684418cf1e3c2e5f23a6ba0ab90f4ff',
    )
  })

  test('small frames', () => {
    const one = codec()
    expect(toHex(encode(one, { type: 'reset', id: 5, code: 'REFUSED_STREAM' }))).toBe(
      '00000403000000000500000007',
    )
    expect(toHex(encode(one, { type: 'window', id: 0, delta: 65_535 }))).toBe('0000040800000000000000ffff')
    expect(toHex(encode(one, { type: 'ping', token: 1, ack: true }))).toBe(
      '0000080601000000000000000000000001',
    )
    expect(toHex(encodeData(one, 1, latin1('hi'), true))).toBe('0000020001000000016869')
  })
})
