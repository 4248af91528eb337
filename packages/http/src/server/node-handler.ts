/** Handlers of Node's `(req, res)` shape, and what is built on it: Express, Fastify, anything for `http.createServer`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MuxSession, PlexusError } from '@plexus/contract'
import { quiet } from '../message/quiet.js'
import type { Exchange, ExchangeHandler } from './exchange.js'
import { runHttp1 } from './http1-handler.js'
import { Http1Stream } from './http1-stream.js'
import { RequestFeed } from './node-request.js'
import { ResponseTap } from './node-response.js'
import { type Connection, ExchangeSocket } from './node-socket.js'

/** What `http.createServer` takes. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface NodeHandlerOptions {
  /**
   * The connection below a session, for `req.socket.remoteAddress`, `.encrypted`, `.getPeerCertificate()` …; without it they
   * say what the session's label and the request say.
   */
  readonly connectionOf?: (session: MuxSession) => Connection | undefined
}

/** Bytes of a request body that nobody wants and that are read all the same. */
const DUMPED_BYTES = 1024 * 1024

/**
 * Makes a handler of exchanges from one of Node's, which runs unchanged: `req` is an `http.IncomingMessage`, `res` an
 * `http.ServerResponse`, with bodies, back-pressure and events as on HTTP/1.1. Otherwise than there:
 *
 * - fields that speak of one connection (`connection`, `keep-alive`, `transfer-encoding`, `upgrade` …) are left out silently;
 * - `writeContinue`, `writeProcessing` and `writeEarlyHints` say nothing where the protocol cannot;
 * - `req.socket` is this request's share of the connection: destroying it, `req` or `res` resets the stream with CANCEL;
 * - a listener that throws, or whose promise rejects, is answered with 500 and does not end the process;
 * - bytes given to `write` must not be changed later;
 * - CONNECT is answered with 501, for its tunnel is not a response.
 *
 * On HTTP/1.1 it gets Node's own request and response; what it fails at, or is too slow for, is the connection's last answer.
 *
 * When `handlerTimeout` of the server is over, the listener sees the client go away. The exchange is done when the response is,
 * the request's body was read or given up, and the promise that the listener gave, if it did, is settled.
 */
export function nodeHandler(listener: NodeListener, options: NodeHandlerOptions = {}): ExchangeHandler {
  return (exchange) => {
    if (exchange.stream instanceof Http1Stream) return runHttp1(listener, exchange, exchange.stream)
    if (exchange.request.method === 'CONNECT')
      return exchange.respond({ status: 501, headers: { 'content-length': 0 } }, { end: true })
    return run(listener, options, exchange)
  }
}

async function run(listener: NodeListener, options: NodeHandlerOptions, exchange: Exchange): Promise<void> {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const over = quiet(
    new Promise<void>((...settle) => {
      ;[resolve, reject] = settle
    }),
  )
  const socket = new ExchangeSocket(exchange, options.connectionOf?.(exchange.session))
  const feed = new RequestFeed(exchange, socket)
  const { request } = feed
  const tap = new ResponseTap(exchange, request, socket, {
    onOver: () => {
      feed.dump(DUMPED_BYTES)
      void feed.over.then(() => {
        socket.over()
        resolve()
      })
    },
    onError: reject,
  })
  const { response } = tap
  socket.on('timeout', () => {
    const isHeard = [request.emit('timeout'), response.emit('timeout'), socket.listenerCount('timeout') > 1]
    if (!isHeard.includes(true)) socket.destroy()
  })
  const abort = (error: PlexusError) => {
    socket.over()
    feed.abort(error)
    resolve()
  }
  void exchange.stream.closed.then((error) => error && abort(error))
  // The client has its 503 or its reset: to the listener it is as if it were gone.
  exchange.givenUp?.addEventListener('abort', () => abort(exchange.givenUp?.reason), { once: true })
  socket.once('close', resolve)
  await listener(request, response)
  await over
}
