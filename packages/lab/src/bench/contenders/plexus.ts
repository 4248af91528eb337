import { HttpClient, httpStreams } from '@plexus/http'
import type { Limits } from 'plexus'
import { connect, listen } from 'plexus/node'
import { ALL_KINDS, type Contender, PAGE, PAGE_PATH } from '../contender.js'
import { overMuxStream } from './over-mux-stream.js'

/** What a workload does on purpose and a stranger may not: very many streams. */
export const limits: Partial<Limits> = { maxInboundStreams: 100_000 }

/** Ourselves, as users get us; only the limit on a stranger's streams is lifted, as it is for the others. */
export const plexus: Contender = {
  name: 'plexus',
  setup: 'plexus, SPDY/3.1, charts compiled, default windows, which tune themselves',
  runs: ALL_KINDS,

  async serve(accept) {
    const page = httpStreams((exchange) => {
      exchange.respond({ headers: { 'content-length': PAGE.length } })
      return exchange.end(PAGE)
    })
    const server = await listen('spdy+tcp://127.0.0.1:0', { limits }, (stream, session) => {
      if (stream.headers.get(':path') === PAGE_PATH) return page(stream, session)
      stream.reply({ ':status': '200', ':version': 'HTTP/1.1' })
      accept(stream.headers.get(':path')!.slice(1), overMuxStream(stream))
    })
    return server.port!
  },

  async connect(port) {
    const session = await connect(`spdy+tcp://127.0.0.1:${port}`, { limits })
    const client = new HttpClient(session, { origin: 'http://bench' })
    return {
      async open(task) {
        const headers = {
          ':method': 'POST',
          ':path': `/${task}`,
          ':version': 'HTTP/1.1',
          ':host': 'bench',
          ':scheme': 'http',
        }
        return overMuxStream(await session.open({ headers }))
      },
      async get() {
        const { body } = await client.request({ path: PAGE_PATH })
        while ((await body.read()) !== undefined);
        return body.received
      },
    }
  },
}
