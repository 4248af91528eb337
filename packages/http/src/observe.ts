/** Who sees the requests of a server go by? Logs, figures, diagnostics; never their bytes. */
import { PlexusError } from '@plexus/contract'
import { type HttpLogger, logOf } from './log.js'
import type { RequestHead } from './message/heads.js'
import type { Exchange } from './server/exchange.js'

/** Is told of each request, in this order. What it throws is dropped. */
export interface HttpObserver {
  /** False: nobody listens, and a request that begins now is not told. Default true. */
  readonly isListening?: boolean
  /** A request is about to be handled. */
  start?(exchange: Exchange): void
  /** The head of its answer is on its way. */
  response?(exchange: Exchange): void
  /** Its handler failed. */
  error?(exchange: Exchange, error: unknown): void
  /** Its stream is over; `error`: otherwise than well. */
  end?(exchange: Exchange, error: PlexusError | undefined): void
}

/** All observers as one; undefined: nobody. */
export function observersOf(...given: readonly (HttpObserver | undefined)[]): HttpObserver | undefined {
  const all = given.filter((one) => one !== undefined)
  if (all.length === 0) return undefined
  const tell = (say: (one: HttpObserver) => void): void => {
    for (const one of all) {
      try {
        say(one)
      } catch {
        // An observer has no say.
      }
    }
  }
  return {
    get isListening() {
      return all.some((one) => one.isListening !== false)
    },
    start: (exchange) => tell((one) => one.start?.(exchange)),
    response: (exchange) => tell((one) => one.response?.(exchange)),
    error: (exchange, error) => tell((one) => one.error?.(exchange, error)),
    end: (exchange, error) => tell((one) => one.end?.(exchange, error)),
  }
}

/** Writes each request and its end (debug), and what a handler threw (error): no fields, no queries (S15). */
export function logObserver(logger: HttpLogger | undefined): HttpObserver | undefined {
  const log = logOf(logger)
  return (
    log && {
      start: ({ stream, request }) => log.debug({ stream: stream.id, ...factsOf(request) }, 'request'),
      error: ({ stream, request }, err) =>
        log.error({ stream: stream.id, ...factsOf(request), err }, 'handler failed'),
      end: ({ stream, status }, error) =>
        log.debug(
          { stream: stream.id, status, ...(error !== undefined && { code: error.code }) },
          'request over',
        ),
    }
  )
}

/** What may be said of a request to anybody. */
export function factsOf({ method, authority, path }: RequestHead): object {
  return { method, authority, path: path.split('?', 1)[0] }
}

/** The code of an error; of one that is not ours, INTERNAL_ERROR. */
export function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof PlexusError ? error.code : 'INTERNAL_ERROR'
}
