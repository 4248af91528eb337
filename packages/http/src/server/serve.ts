/** What becomes of a stream that a peer opened, if HTTP is spoken on it: a request that a handler answers. */
import type { MuxSession, MuxStream } from '@plexus/contract'
import { HeaderFields } from '@plexus/contract'
import { HeadFault, readRequestHead, writeResponseHead } from '../message/heads.js'
import { type HttpWire, wireOf } from '../message/wire.js'
import { Exchange, type ExchangeHandler } from './exchange.js'

export interface ServeOptions {
  /** A handler failed; the answer (500, or a reset) is on its way already. */
  readonly onError?: (error: unknown, exchange: Exchange) => void
}

/** Gets a stream and its session: what `listen` of `plexus/node` takes as its handler. */
export type HttpStreams = (stream: MuxStream, session: MuxSession) => Promise<void>

/**
 * Makes a handler of streams from a handler of requests.
 *
 * - An incomplete head is answered with 400 where the protocol says so (DM-13), a malformed one resets the stream (S01).
 * - A handler that answers nothing is a 200 without body (DM-20, AM-22).
 * - A handler that throws is a 500 if nothing was answered yet, else a reset with INTERNAL_ERROR.
 */
export function httpStreams(handler: ExchangeHandler, options: ServeOptions = {}): HttpStreams {
  return async (stream, session) => {
    const wire = wireOf(session)
    const request = readRequestHead(stream.headers, wire)
    if (request instanceof HeadFault) return refuse(stream, request, wire)
    const exchange = new Exchange(stream, session, request, wire)
    try {
      await handler(exchange)
      if (!exchange.isAnswered) exchange.respond({}, { end: true })
    } catch (error) {
      fail(exchange)
      options.onError?.(error, exchange)
    }
  }
}

function refuse(stream: MuxStream, fault: HeadFault, wire: HttpWire): void {
  if (fault.kind === 'malformed' || !wire.answersIncomplete) return stream.reset('PROTOCOL_ERROR')
  stream.reply(answer(400, 'Bad Request', wire), { end: true })
}

function fail(exchange: Exchange): void {
  const { stream } = exchange
  if (exchange.isAnswered) return stream.reset('INTERNAL_ERROR')
  exchange.respond({ status: 500, headers: { 'content-length': 0 } }, { end: true })
}

const answer = (status: number, statusText: string, wire: HttpWire): HeaderFields =>
  writeResponseHead({ status, statusText, headers: HeaderFields.from({ 'content-length': 0 }) }, wire)
