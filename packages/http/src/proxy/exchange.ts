/** A proxy behind our own server: an exchange in, a request over a session out. */
import type { HeaderFields } from '@plexus/contract'
import type { ResponseHead } from '../message/heads.js'
import { quiet } from '../message/quiet.js'
import { REASONS } from '../message/reasons.js'
import type { Exchange, ExchangeHandler } from '../server/exchange.js'
import { type Front, forward, type ProxyOptions, type Route } from './forward.js'
import type { IncomingBody, ProxyTarget } from './origin.js'
import { protocolOf } from './session-origin.js'

/** How a request that came over a session of ours is sent on. */
export interface ProxyExchangeOptions extends ProxyOptions {
  /**
   * IP address of who asks, for `forwarded`; or what knows it, which behind `createServer` is
   * `({ session }) => server.connectionOf(session)?.remoteAddress`. Default: unknown.
   */
  readonly address?: string | ((exchange: Exchange) => string | undefined)
}

/**
 * Sends an exchange's request over `target` and the answer back as it comes. Rejects with what went wrong; the client was
 * told already then (404, 502 … or a reset), and a rejection that nobody looks at harms nobody.
 */
export function proxyExchange(
  target: ProxyTarget | Route | undefined,
  exchange: Exchange,
  options: ProxyExchangeOptions = {},
): Promise<void> {
  return quiet(bodyOf(exchange).then((body) => forward(target, frontOf(exchange, body, options), options)))
}

/**
 * A handler that sends every request on. What goes wrong is answered by it and told to the logger, so it never rejects: see
 * {@link proxyExchange} for one that does.
 */
export function proxyTo(
  target: ProxyTarget | Route | undefined,
  options: ProxyExchangeOptions = {},
): ExchangeHandler {
  return (exchange) => proxyExchange(target, exchange, options).catch(() => undefined)
}

function frontOf(exchange: Exchange, body: IncomingBody | undefined, options: ProxyExchangeOptions): Front {
  const { request, stream, session } = exchange
  const { address } = options
  return {
    request,
    sender: {
      protocol: protocolOf(session),
      address: typeof address === 'function' ? address(exchange) : address,
    },
    body,
    get isGone() {
      // Before all of it is answered a stream is not over, unless the client has ended it.
      return stream.state === 'closed' || exchange.givenUp?.aborted === true
    },
    onGone(run) {
      void stream.closed.then((error) => error && run())
      if (exchange.givenUp?.aborted) run()
      else exchange.givenUp?.addEventListener('abort', run, { once: true })
    },
    get signal() {
      return exchange.signal
    },
    get isAnswered() {
      return exchange.isAnswered
    },
    inform: exchange.wire.hasInterim
      ? ({ status, headers }: ResponseHead) => void exchange.inform(status, headers)
      : undefined,
    respond: ({ status, statusText, headers }: ResponseHead) =>
      exchange.respond({ status, statusText, headers }),
    write: (bytes) => exchange.write(bytes),
    end: (trailers: HeaderFields) => exchange.end(undefined, trailers.size === 0 ? undefined : trailers),
    async refuse(status) {
      const text = textOf(status)
      exchange.respond({ status, headers: { 'content-type': 'text/plain', 'content-length': text.length } })
      await exchange.end(text)
    },
    destroy: () => stream.reset('INTERNAL_ERROR'),
    release: () => undefined,
  }
}

/** What is said in our own name: nothing that came from elsewhere (S15). */
export function textOf(status: number): string {
  return `${REASONS.get(status) ?? 'Refused by a proxy'}\n`
}

/** Undefined if the request came with its end: then the opening frame to the origin carries it, too. */
async function bodyOf({ stream, body }: Exchange): Promise<IncomingBody | undefined> {
  if (stream.state !== 'half-closed (remote)') return body
  // All that will come is here already: this waits for nobody.
  let first = await body.read()
  if (first === undefined && (await body.trailers).size === 0) return undefined
  return {
    async read() {
      const bytes = first ?? (await body.read())
      first = undefined
      return bytes
    },
    get trailers() {
      return body.trailers
    },
  }
}
