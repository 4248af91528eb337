import type { Duplex } from 'node:stream'
import { createServer, type HttpServer } from '@plexus/http/node'
import type { PlexusSession } from 'plexus'

/** What a session that was attacked tells of it. */
export interface Told {
  /** Frames it took, until it ended or till now. */
  readonly frames: number
  /** It is over. */
  readonly ended: boolean
  /** Of the error with which it ended. */
  readonly code: string | undefined
  readonly event: string | undefined
  /** How long it lived, ms. */
  readonly ms: number
  /** Handlers of it that were at work at once, at most. */
  readonly handlers: number
}

/** A server with the limits it has by default, and timers of a second, so that attacks on them take no longer. */
export interface Target {
  readonly port: number
  /**
   * Of the session whose peer's port is `port`, which by what the peer saw is over or not. Ends it if it still lives, and lets
   * its handlers go.
   */
  judge(port: number, isOver: boolean): Promise<Told>
  close(): Promise<void>
}

const SECOND = 1000
const BODY = Buffer.alloc(256, 'plexus ')
const LARGE = Buffer.alloc(64 * 1024, 'plexus ')
/** Together more than any window that a peer means to be read. */
const LARGE_TIMES = 64

interface Watched {
  session: PlexusSession
  running: number
  most: number
  letGo: (() => void)[]
  readonly since: number
  end?: { code: string | undefined; event: string | undefined; ms: number }
}

export async function startTarget(): Promise<Target> {
  const watched = new Map<number, Watched>()
  const bySession = new WeakMap<object, Watched>()
  const limits = {
    greetingTimeoutMs: SECOND,
    frameTimeoutMs: SECOND,
    settingsAckTimeoutMs: SECOND,
    writeStallTimeoutMs: SECOND,
  }
  const server: HttpServer = createServer(
    {
      limits,
      onSession: (session, connection) => {
        const one: Watched = { session, running: 0, most: 0, letGo: [], since: performance.now() }
        watched.set(portOf(connection), one)
        bySession.set(session, one)
        void session.closed.then((error) => {
          one.end = { code: error?.code, event: error?.event, ms: performance.now() - one.since }
        })
      },
    },
    {
      exchange: async (exchange) => {
        const one = bySession.get(exchange.session)
        if (one !== undefined) one.most = Math.max(one.most, ++one.running)
        try {
          if (exchange.request.path === '/hang') {
            await new Promise<void>((resolve) => one?.letGo.push(resolve))
          } else if (exchange.request.path === '/large') {
            exchange.respond({ status: 200 })
            for (let i = 0; i < LARGE_TIMES; i += 1) await exchange.write(LARGE)
            await exchange.end()
          } else {
            exchange.respond({ status: 200, headers: { 'content-length': BODY.length } })
            await exchange.end(BODY)
          }
        } finally {
          if (one !== undefined) one.running -= 1
        }
      },
    },
  )
  const door = await server.listen('h2+tcp://127.0.0.1:0')
  return {
    port: door.port!,
    async judge(port, isOver) {
      const one = watched.get(port)
      if (one === undefined) throw new Error(`expected a session with a peer at port ${port}, there was none`)
      if (isOver)
        await Promise.race([one.session.closed, new Promise((resolve) => setTimeout(resolve, SECOND))])
      const ended = one.end !== undefined
      const told: Told = {
        frames: one.session.stats.framesReceived,
        ended,
        code: one.end?.code,
        event: one.end?.event,
        ms: one.end?.ms ?? performance.now() - one.since,
        handlers: one.most,
      }
      one.session.destroy()
      for (const letGo of one.letGo.splice(0)) letGo()
      await one.session.closed
      watched.delete(port)
      return told
    },
    close: () => server.close({ timeoutMs: 0 }),
  }
}

const portOf = (connection: Duplex): number =>
  (connection as { readonly remotePort?: number }).remotePort ?? 0
