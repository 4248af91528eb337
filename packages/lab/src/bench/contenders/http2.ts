import { once } from 'node:events'
import * as http2 from 'node:http2'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { ALL_KINDS, type Contender, PAGE, PAGE_PATH } from '../contender.js'
import { bytesOf, overDuplex } from './over-duplex.js'

const MIB = 1024 * 1024
const STREAMS = 100_000
const SESSION_MEMORY_MIB = 4096

interface Windows {
  readonly stream: number
  readonly session: number
}

/** Node's HTTP/2 with windows that loopback does not notice. */
export const http2Wide = contender(
  'http2',
  'node:http2, h2c, windows of 4 MiB a stream and 64 MiB a session',
  {
    stream: 4 * MIB,
    session: 64 * MIB,
  },
)

/** The same as it comes: 64 KiB for a stream and for the session. Only where windows matter. */
export const http2Default: Contender = {
  ...contender('http2-default', 'node:http2, h2c, default windows of 64 KiB', undefined),
  runs: ['bulk', 'manyStreams'],
  aside: true,
}

function contender(name: string, setup: string, windows: Windows | undefined): Contender {
  const options = {
    settings: {
      maxConcurrentStreams: STREAMS,
      enablePush: false,
      ...(windows && { initialWindowSize: windows.stream }),
    },
    peerMaxConcurrentStreams: STREAMS,
    maxSessionMemory: SESSION_MEMORY_MIB,
  }
  const widen = (session: http2.Http2Session) => {
    if (windows) session.setLocalWindowSize(windows.session)
  }
  return {
    name,
    setup,
    runs: ALL_KINDS,

    async serve(accept) {
      const server = http2.createServer(options)
      server.on('connection', (socket) => socket.setNoDelay())
      server.on('session', widen)
      server.on('stream', (stream, headers) => {
        stream.respond({ ':status': 200 })
        if (headers[':path'] === PAGE_PATH) return stream.end(PAGE)
        accept(headers[':path']!.slice(1), overDuplex(stream))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },

    async connect(port) {
      const session = http2.connect(`http://127.0.0.1:${port}`, {
        ...options,
        createConnection: () => connectTcp({ port, host: '127.0.0.1', noDelay: true }),
      })
      session.once('connect', () => widen(session))
      await once(session, 'remoteSettings')
      return {
        open: (task) =>
          overDuplex(session.request({ ':method': 'POST', ':path': `/${task}` }, { endStream: false })),
        get: () => bytesOf(session.request({ ':path': PAGE_PATH })),
      }
    },
  }
}
