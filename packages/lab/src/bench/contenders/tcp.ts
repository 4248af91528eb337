import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Contender } from '../contender.js'
import { overDuplex } from './over-duplex.js'

/** What the machine gives without any multiplexing: one connection is one stream. */
export const tcp: Contender = {
  name: 'tcp',
  setup: 'node:net, one connection, TCP_NODELAY, default water marks',
  runs: ['bulk', 'pingPong'],

  async serve(accept) {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, async (socket) => {
      const task = await firstLine(socket)
      accept(task, overDuplex(socket))
      socket.resume()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },

  async connect(port) {
    return {
      async open(task) {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
        await once(socket, 'connect')
        socket.write(`${task}\n`)
        return overDuplex(socket)
      },
      get: () => Promise.reject(new Error('one connection is one stream, and no HTTP is spoken on it')),
    }
  },
}

/** The task is the first line; what came behind it is put back. */
async function firstLine(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  socket.pause()
  const end = chunk.indexOf('\n')
  if (end < 0) throw new Error('expected the task in one piece')
  if (end + 1 < chunk.length) socket.unshift(chunk.subarray(end + 1))
  return chunk.toString('latin1', 0, end)
}
