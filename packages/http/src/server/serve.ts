/** What becomes of a stream that a peer opened, if HTTP is spoken on it: a request that a handler answers. */
import { type Clock, HeaderFields, type MuxSession, type MuxStream, PlexusError } from '@plexus/contract'
import type { HttpLogger } from '../log.js'
import { Body } from '../message/body.js'
import { HeadFault, readRequestHead, writeResponseHead } from '../message/heads.js'
import { type HttpWire, wireOf } from '../message/wire.js'
import { type HttpObserver, logObserver, observersOf } from '../observe.js'
import { Exchange, type ExchangeHandler } from './exchange.js'
import { pusherOf, type Serve } from './push.js'

export interface ServeOptions {
  /**
   * A handler failed; the answer (500, or a reset) is on its way already. That a client went away, or broke its own
   * request, is no failure of a handler and is not told.
   */
  readonly onError?: (error: unknown, exchange: Exchange) => void
  /**
   * How long a handler may think, ms, and the clock that says so. Then the client gets 503, or a reset if it was answered
   * already, and `exchange.signal` aborts; the handler keeps its place until it is done. Default: for ever (AM-21).
   */
  readonly handlerTimeout?: { readonly ms: number; readonly clock: Clock }
  /**
   * Handlers that may be at work at once, over all sessions; a request more is turned down before anything was done, so that
   * the client may try elsewhere (B19). Default: as many as the sessions' own limits allow.
   */
  readonly maxHandlers?: number
  /** Gets each request and its end (debug), and what a handler threw (error). Default: silent (AM-31). */
  readonly logger?: HttpLogger
  /** Is told of each request; `diagnostics` of `@plexus/http/node` is one, and every `createServer` has it. */
  readonly observer?: HttpObserver
}

/** Gets a stream and its session: what `listen` of `plexus/node` takes as its handler. */
export type HttpStreams = (stream: MuxStream, session: MuxSession) => Promise<void>

/**
 * Makes a handler of streams from a handler of requests.
 *
 * - An incomplete head is answered with 400 where the protocol says so (DM-13), a malformed one resets the stream (S01);
 *   on HTTP/1.1 both are 400.
 * - A handler that answers nothing is a 200 without body (DM-20, AM-22).
 * - A handler that throws is a 500 if nothing was answered yet, else a reset with INTERNAL_ERROR; nothing if the answer
 *   was whole.
 * - What of the request's body is unread when all is answered is read and dropped, 1 MiB of it at most; more is cancelled.
 */
export function httpStreams(handler: ExchangeHandler, options: ServeOptions = {}): HttpStreams {
  const { onError, handlerTimeout, maxHandlers = Number.POSITIVE_INFINITY } = options
  const observer = observersOf(logObserver(options.logger), options.observer)
  let running = 0
  /** S14: those who are told have no say. */
  const tell = (exchange: Exchange, error: unknown, seen: HttpObserver | undefined) => {
    seen?.error?.(exchange, error)
    try {
      onError?.(error, exchange)
    } catch {
      // The answer is on its way all the same.
    }
  }
  const run = async (exchange: Exchange, handle: ExchangeHandler, seen: HttpObserver | undefined) => {
    const stop =
      handlerTimeout && limitTime(exchange, handlerTimeout, (reason) => tell(exchange, reason, seen))
    try {
      await handle(exchange)
      if (!exchange.isEnded) await exchange.end()
    } catch (error) {
      const isOld = error === exchange.givenUp?.reason || isOfClient(error, exchange)
      fail(exchange)
      if (!isOld) tell(exchange, error, seen)
    } finally {
      stop?.()
    }
  }
  const serve: Serve = (init) => {
    const seen = observer?.isListening ? observer : undefined
    const exchange = new Exchange(init, seen?.response, push)
    if (seen !== undefined) watch(exchange, seen)
    return { exchange, run: (handle) => run(exchange, handle, seen) }
  }
  const push = pusherOf(serve)
  return async (stream, session) => {
    const wire = wireOf(session)
    if (running >= maxHandlers) return stream.refuse()
    const request = readRequestHead(stream.headers, wire)
    if (request instanceof HeadFault) return turnDown(stream, request, wire)
    const { exchange, run } = serve({ stream, session, request, wire })
    running += 1
    try {
      await run(handler)
    } finally {
      running -= 1
      void exchange.body.discard()
    }
  }
}

function watch(exchange: Exchange, seen: HttpObserver): void {
  seen.start?.(exchange)
  if (exchange.isAnswered) seen.response?.(exchange)
  void exchange.stream.closed.then((error) => seen.end?.(exchange, error))
}

function turnDown(stream: MuxStream, fault: HeadFault, wire: HttpWire): void {
  const isAnswered = fault.kind === 'malformed' ? wire.answersMalformed : wire.answersIncomplete
  if (!isAnswered) return stream.reset('PROTOCOL_ERROR')
  const headers = HeaderFields.from({ 'content-length': 0 })
  stream.reply(writeResponseHead({ status: 400, statusText: 'Bad Request', headers }, wire), { end: true })
  void new Body(stream, { length: undefined }).discard()
}

function fail(exchange: Exchange): void {
  if (exchange.isEnded) return
  // A push that failed is better not made than a 500 that nobody asked for.
  if (exchange.isAnswered || exchange.stream.initiator === 'us')
    return exchange.stream.reset('INTERNAL_ERROR')
  exchange.respond({ status: 500, headers: { 'content-length': 0 } }, { end: true })
}

/** @returns what stops the clock */
function limitTime(
  exchange: Exchange,
  { ms, clock }: { readonly ms: number; readonly clock: Clock },
  tell: (reason: PlexusError) => void,
): () => void {
  exchange.mayBeGivenUp()
  const { stream } = exchange
  const timer = clock.setTimer(() => {
    const message = `expected the handler of stream ${stream.id} to answer within ${ms} ms, it did not`
    const reason = new PlexusError(message, {
      scope: 'request',
      code: 'TIMEOUT',
      blame: 'application',
      streamId: stream.id,
    })
    // A push that comes too late is better not made.
    if (!exchange.isAnswered && stream.initiator === 'peer')
      exchange.respond({ status: 503, headers: { 'content-length': 0 } }, { end: true })
    else if (!exchange.isEnded) stream.reset('TIMEOUT')
    exchange.giveUp(reason)
    tell(reason)
  }, ms)
  return () => clock.clearTimer(timer)
}

/** It tells only that the client is gone, or that what it sent is no request. */
function isOfClient(error: unknown, { stream, signal, isEnded }: Exchange): boolean {
  if (error instanceof PlexusError)
    return error.streamId === stream.id && (error.blame === 'peer' || error.blame === 'carrier')
  const { name, code = '' } = (error ?? {}) as { readonly name?: string; readonly code?: string }
  if (name === 'AbortError' && signal.aborted) return true
  return stream.state === 'closed' && !isEnded && NODE_GONE.has(code)
}

/** What Node's streams say when their other end is gone. */
const NODE_GONE: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
])
