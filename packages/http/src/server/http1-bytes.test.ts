/** Every byte, where a client of HTTP/1.1 can put it: what arrives is what was sent, or nothing arrives (S01). */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer, type HttpServer } from './server.js'

let server: HttpServer
let port: number
let seen: [name: string, value: string][]

beforeAll(async () => {
  server = createServer({
    exchange: ({ request }) => {
      seen = [...request.headers]
    },
  })
  port = (await server.listen('http://127.0.0.1:0')).port!
})
afterAll(() => server.close({ timeoutMs: 0 }))

async function statusOf(field: string): Promise<string> {
  seen = []
  const socket: Socket = connect(port, '127.0.0.1')
  socket.end(Buffer.from(`GET / HTTP/1.1\r\nHost: a.test\r\n${field}\r\n\r\n`, 'latin1'))
  let answer = ''
  for await (const bytes of socket) answer += bytes
  return answer.slice(9, 12)
}

const at = {
  start: (byte: string) => `${byte}bc`,
  middle: (byte: string) => `b${byte}c`,
  end: (byte: string) => `bc${byte}`,
} as const
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

test.each(Object.entries(at))(
  'S01 each of 256 bytes at the %s of a name and of a value of HTTP/1.1 arrives or ends it',
  async (_, put) => {
    for (let code = 0; code < 256; code += 1) {
      const byte = String.fromCharCode(code)
      const name = put(byte)
      // A colon ends the name, and what stands behind it is the value's.
      if (byte !== ':') {
        expect([code, await statusOf(`${name}: v`)]).toEqual([code, TOKEN.test(name) ? '200' : '400'])
        expect(seen).toEqual(TOKEN.test(name) ? [[name.toLowerCase(), 'v']] : [])
      }
      const value = put(byte)
      expect([code, await statusOf(`x: ${value}`)]).toEqual([code, VALUE.test(value) ? '200' : '400'])
      expect(seen).toEqual(VALUE.test(value) ? [['x', value.replace(/^[\t ]+|[\t ]+$/g, '')]] : [])
    }
  },
  30_000,
)
