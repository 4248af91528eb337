import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import transport from 'spdy-transport'
import { ALL_KINDS, type Contender, PAGE, PAGE_PATH } from '../contender.js'
import { bytesOf, overDuplex } from './over-duplex.js'

const WINDOW = 4 * 1024 * 1024
const options = { protocol: 'spdy', windowSize: WINDOW }

/** The SPDY/3.1 of the node-spdy family. */
export const spdyTransport: Contender = {
  name: 'spdy-transport',
  setup: 'spdy-transport 3.0.0, SPDY/3.1, windows of 4 MiB, its default data frames of 8 KiB',
  runs: ALL_KINDS,

  async serve(accept) {
    const server = createServer({ noDelay: true }, (socket) => {
      const session = transport.connection.create(socket, { ...options, isServer: true })
      session.start(3.1)
      session.on('stream', (stream) => {
        stream.respond(200, {})
        if (stream.path === PAGE_PATH) return void stream.end(PAGE)
        accept(stream.path.slice(1), overDuplex(stream))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },

  async connect(port) {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const session = transport.connection.create(socket, { ...options, isServer: false })
    session.start(3.1)
    return {
      open: (task) => overDuplex(session.request({ method: 'POST', host: 'bench', path: `/${task}` })),
      get() {
        const stream = session.request({ method: 'GET', host: 'bench', path: PAGE_PATH })
        stream.end()
        return bytesOf(stream)
      },
    }
  },
}
