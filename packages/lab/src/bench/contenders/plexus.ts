import { HttpClient, httpStreams } from '@plexus/http'
import type { Limits } from 'plexus'
import { connect, listen } from 'plexus/node'
import { ALL_KINDS, type Contender, PAGE, PAGE_PATH } from '../contender.js'
import { overMuxStream } from './over-mux-stream.js'

/** What a workload does on purpose and a stranger may not: very many streams. */
export const limits: Partial<Limits> = { maxInboundStreams: 100_000 }

/** Ourselves, as users get us; only the limit on a stranger's streams is lifted, as it is for the others. */
export const plexus = contender('plexus', 'spdy', 'SPDY/3.1', (task) => ({
  ':method': 'POST',
  ':path': `/${task}`,
  ':version': 'HTTP/1.1',
  ':host': 'bench',
  ':scheme': 'http',
}))

export const plexusH2 = contender('plexus-h2', 'h2', 'HTTP/2', (task) => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':authority': 'bench',
  ':path': `/${task}`,
}))

function contender(
  name: string,
  protocol: 'spdy' | 'h2',
  title: string,
  headersOf: (task: string) => Readonly<Record<string, string>>,
): Contender {
  const status = protocol === 'spdy' ? { ':status': '200', ':version': 'HTTP/1.1' } : { ':status': '200' }
  return {
    name,
    setup: `plexus, ${title}, charts compiled, default windows, which tune themselves`,
    runs: ALL_KINDS,

    async serve(accept) {
      const page = httpStreams((exchange) => {
        exchange.respond({ headers: { 'content-length': PAGE.length } })
        return exchange.end(PAGE)
      })
      const server = await listen(`${protocol}+tcp://127.0.0.1:0`, { limits }, (stream, session) => {
        if (stream.headers.get(':path') === PAGE_PATH) return page(stream, session)
        stream.reply(status)
        accept(stream.headers.get(':path')!.slice(1), overMuxStream(stream))
      })
      return server.port!
    },

    async connect(port) {
      const session = await connect(`${protocol}+tcp://127.0.0.1:${port}`, { limits })
      const client = new HttpClient(session, { origin: 'http://bench' })
      return {
        async open(task) {
          return overMuxStream(await session.open({ headers: headersOf(task) }))
        },
        async get() {
          const { body } = await client.request({ path: PAGE_PATH })
          while ((await body.read()) !== undefined);
          return body.received
        },
      }
    },
  }
}
