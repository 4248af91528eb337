/** Servers of HTTP/2 for a client of nobody's: the same handler `(req, res)`, and the core API of node:http2, which has none. */
import { once } from 'node:events'
import { createServer as createNodeServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createServer } from '@plexus/http/node'
import { type BenchClient, type Contender, PAGE } from '../contender.js'

interface Response {
  setHeader(name: string, value: string | number): unknown
  end(body: Uint8Array): unknown
}

function answer(_request: unknown, response: Response): void {
  response.setHeader('content-length', PAGE.length)
  response.end(PAGE)
}

export const H2_SERVERS: readonly Contender[] = [
  server('node-core', "node:http2, its event 'stream'", async () => {
    const http2 = createNodeServer()
    http2.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-length': PAGE.length })
      stream.end(PAGE)
    })
    return portOf(http2)
  }),
  server('node-compat', 'node:http2, a handler (req, res)', () => portOf(createNodeServer(answer))),
  server('ours-handler', '@plexus/http, createServer with the same handler', async () => {
    const { port } = await createServer(answer).listen('h2+tcp://127.0.0.1:0')
    return port!
  }),
  server('ours-exchange', '@plexus/http, createServer with a handler of exchanges', async () => {
    const headers = { 'content-length': PAGE.length }
    const http = createServer({
      exchange(exchange) {
        exchange.respond({ headers })
        return exchange.end(PAGE)
      },
    })
    const { port } = await http.listen('h2+tcp://127.0.0.1:0')
    return port!
  }),
]

function server(name: string, setup: string, serve: () => Promise<number>): Contender {
  return { name, setup, runs: ['h2load'], serve, connect: async () => STRANGER }
}

async function portOf(server: Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The workload brings its own client. */
const STRANGER: BenchClient = {
  open: () => Promise.reject(new Error('expected a client of its own')),
  get: () => Promise.reject(new Error('expected a client of its own')),
}
