/*
 * The HTTP contract: what our server answers to foreign clients, and foreign servers to ours.
 *
 *   GET /bytes/N     N bytes that nobody can guess; trailer x-sha256
 *   POST /echo       the body as it comes; trailers x-sha256 of it, and x-echo-sum, the trailer x-sum of the request
 *   GET /hints       103 with a link, then 200
 *   GET /hang        nothing, until it is cancelled
 *   GET /cancelled   200 when a /hang of this session was cancelled
 *   GET /goaway      the head of the answer, GOAWAY, and only then a MiB as in /bytes/N
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { MuxSession } from '@plexus/contract'
import type { Exchange } from '@plexus/http'
import { createServer, type HttpServer, type ServerListenOptions } from '@plexus/http/node'

export interface OurServer {
  readonly server: HttpServer
  readonly port: number
  /** What failed in a handler, apart from streams that were given up. */
  readonly failures: readonly unknown[]
}

/** Serves the contract at `url`, port 0; `onSession` is told of each session. */
export async function serveContract(
  url: string,
  tls: ServerListenOptions = {},
  onSession: () => void = () => {},
): Promise<OurServer> {
  const failures: unknown[] = []
  const settings = { onSession, onError: (error: unknown) => failures.push(error) }
  const server = createServer(settings, { exchange: answer })
  const { port } = await server.listen(url, tls)
  return { server, port: port!, failures }
}

const PIECE = 50_000
const MIB = 1024 * 1024

/** Cancelled requests, by session: who waits for one has it as a promise. */
const cancelled = new WeakMap<MuxSession, { readonly promise: Promise<void>; readonly settle: () => void }>()

async function answer(exchange: Exchange): Promise<void> {
  const { path } = exchange.request
  const size = /^\/bytes\/(\d{1,9})(?:\?|$)/.exec(path)?.[1]
  if (size !== undefined) return sendBytes(exchange, Number(size))
  switch (path) {
    case '/echo':
      return echo(exchange)
    case '/hints':
      exchange.stream.inform({ ':status': '103', link: '</style.css>; rel=preload' })
      return exchange.end('hinted')
    case '/hang':
      return hang(exchange)
    case '/cancelled':
      await cancelOf(exchange.session).promise
      return exchange.end('yes')
    case '/goaway':
      exchange.respond()
      void exchange.session.close()
      return sendBytes(exchange, MIB)
    default:
      return exchange.respond({ status: 404 }, { end: true })
  }
}

async function sendBytes(exchange: Exchange, size: number): Promise<void> {
  const digest = createHash('sha256')
  if (!exchange.isAnswered) exchange.respond()
  for (let left = size; left > 0; left -= PIECE) {
    const bytes = randomBytes(Math.min(left, PIECE))
    digest.update(bytes)
    await exchange.write(bytes)
  }
  await exchange.end(undefined, { 'x-sha256': digest.digest('hex') })
}

async function echo(exchange: Exchange): Promise<void> {
  const digest = createHash('sha256')
  exchange.respond()
  for await (const bytes of exchange.body) {
    digest.update(bytes)
    await exchange.write(bytes)
  }
  const sum = (await exchange.body.trailers).get('x-sum') ?? ''
  await exchange.end(undefined, { 'x-sha256': digest.digest('hex'), 'x-echo-sum': sum })
}

async function hang({ signal, session }: Exchange): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  cancelOf(session).settle()
}

function cancelOf(session: MuxSession) {
  let cancel = cancelled.get(session)
  if (cancel === undefined) {
    let settle = () => {}
    const promise = new Promise<void>((resolve) => {
      settle = resolve
    })
    cancelled.set(session, (cancel = { promise, settle }))
  }
  return cancel
}
