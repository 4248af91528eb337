/** Requests on Node's `diagnostics_channel`, for tools that know nothing of us but the channels' names. */
import { channel } from 'node:diagnostics_channel'
import type { PlexusError } from '@plexus/contract'
import type { RequestHead } from './message/heads.js'
import type { HttpObserver } from './observe.js'
import type { Exchange } from './server/exchange.js'

/** What is published: the same object for all that is said of one request. */
export interface DiagnosticsMessage {
  readonly exchange: Exchange
  readonly request: RequestHead
  /** From `response` on. */
  status?: number | undefined
  /** What the handler threw, or how the stream ended otherwise than well. */
  error?: unknown
}

const CHANNELS = {
  start: channel('plexus:http:request:start'),
  response: channel('plexus:http:request:response'),
  error: channel('plexus:http:request:error'),
  end: channel('plexus:http:request:end'),
} as const

const messages = new WeakMap<Exchange, DiagnosticsMessage>()

/**
 * Publishes `plexus:http:request:start`, `:response`, `:error` (a handler failed) and `:end` (the stream is over), each a
 * {@link DiagnosticsMessage}; nothing is made while nobody is subscribed.
 */
export const diagnostics: HttpObserver = {
  get isListening() {
    return Object.values(CHANNELS).some(({ hasSubscribers }) => hasSubscribers)
  },
  start: (exchange) => publish('start', exchange),
  response: (exchange) => publish('response', exchange),
  error: (exchange, error) => publish('error', exchange, error),
  end: (exchange, error: PlexusError | undefined) => publish('end', exchange, error),
}

function publish(name: keyof typeof CHANNELS, exchange: Exchange, error?: unknown): void {
  if (!CHANNELS[name].hasSubscribers) return
  const known = messages.get(exchange)
  const message: DiagnosticsMessage = known ?? { exchange, request: exchange.request }
  if (known === undefined) messages.set(exchange, message)
  if (exchange.status !== undefined) message.status = exchange.status
  if (error !== undefined) message.error = error
  CHANNELS[name].publish(message)
}
