import { connect as dialPlain, type Socket } from 'node:net'
import { connect as dialSecure } from 'node:tls'
import { expect, it } from '@jest/globals'
import { certificateFor } from './certificate.js'
import { openDoor } from './listen.js'

const never = () => undefined

it.each(['http', 'https'])('B10 a head on %s:// that does not come to its end is cut off', async (scheme) => {
  const door = await openDoor(
    `${scheme}://127.0.0.1:0`,
    { requests: never },
    {
      headTimeoutMs: 20,
      limits: {},
      onSession: never,
      onError: never,
      certificate: ({ host }) => certificateFor(host),
    },
  )
  const where = { host: '127.0.0.1', port: door.port! }
  const socket: Socket =
    scheme === 'http' ? dialPlain(where) : dialSecure({ ...where, rejectUnauthorized: false })
  socket.on('error', never).write('GET / HTTP/1.1\r\nHost: a.test\r\nX-Slow')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  await door.close(AbortSignal.abort())
})
