/** One process between client and origin: what does it cost there to obey the rules of a proxy, beside copying streams by hand? */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { httpStreams, proxyTo } from '@plexus/http'
import { streamProxy } from '@plexus/http/node'
import type { MuxStream, PlexusSession } from 'plexus'
import { connect, listen, type ServerHandler } from 'plexus/node'
import { type BenchClient, type Contender, PAGE_PATH } from '../contender.js'
import { limits, plexus } from './plexus.js'

/** Streams copied both ways, and nothing else. */
const raw = overSpdy(
  'hop-raw',
  'one hop of raw streams: SPDY/3.1 in, SPDY/3.1 out, copied by hand',
  (session) => {
    return async (stream) => {
      const end = stream.state === 'half-closed (remote)'
      const far = await session.open({ headers: stream.headers, end })
      const up = end ? undefined : carry(stream, far)
      stream.reply(await far.replied)
      await carry(far, stream)
      await up
    }
  },
)

const proxy = overSpdy('hop-proxy', 'the same by proxyTo', (session) => httpStreams(proxyTo(session)))

const rawHttp1 = overHttp1(
  'hop1-raw',
  'one hop: node:http in, a raw stream of SPDY/3.1 out, by hand',
  (session) => {
    return async (req, res) => {
      const headers = {
        ...{ ':method': 'GET', ':path': req.url!, ':version': 'HTTP/1.1', ':scheme': 'http' },
        ':host': req.headers.host!,
      }
      const far = await session.open({ headers, end: true })
      const reply = await far.replied
      res.writeHead(200, { 'content-length': reply.get('content-length') })
      for (let bytes = await far.read(); bytes !== undefined; bytes = await far.read()) res.write(bytes)
      res.end()
    }
  },
)

const proxyHttp1 = overHttp1('hop1-proxy', 'the same by streamProxy', (session) => (req, res) => {
  void streamProxy(session, req, res)
})

export const HOPS: readonly Contender[] = [raw, proxy, rawHttp1, proxyHttp1]

async function carry(from: MuxStream, to: MuxStream): Promise<void> {
  for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) await to.write(bytes)
  await to.close()
}

function overSpdy(
  name: string,
  setup: string,
  handlerTo: (session: PlexusSession) => ServerHandler,
): Contender {
  return {
    name,
    setup,
    runs: ['hop'],
    async serve() {
      const server = await listen('spdy+tcp://127.0.0.1:0', { limits }, handlerTo(await connectOrigin()))
      return server.port!
    },
    connect: plexus.connect,
  }
}

function overHttp1(
  name: string,
  setup: string,
  listenerTo: (session: PlexusSession) => RequestListener,
): Contender {
  return {
    name,
    setup,
    runs: ['hop'],
    async serve() {
      const server = createServer(listenerTo(await connectOrigin())).listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    connect: async (port) => clientOfHttp1(port),
  }
}

/** A session with an origin in a process of its own, which ends when we do. We are the process that serves. */
async function connectOrigin(): Promise<PlexusSession> {
  const child = fork(process.argv[1]!, [plexus.name], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const { listening } = JSON.parse((await lines.next()).value)
  return connect(`spdy+tcp://127.0.0.1:${listening}`, { limits })
}

function clientOfHttp1(port: number): BenchClient {
  const agent = new Agent({ keepAlive: true })
  return {
    open() {
      throw new Error('expected requests only')
    },
    async get() {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ port, host: '127.0.0.1', path: PAGE_PATH, agent }, resolve).on('error', reject)
      })
      let received = 0
      for await (const chunk of response) received += chunk.length
      return received
    },
  }
}
