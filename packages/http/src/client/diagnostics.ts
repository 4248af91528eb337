/** A client's requests on Node's `diagnostics_channel`, beside those of servers. */
import { channel } from 'node:diagnostics_channel'
import type { ClientObserver } from './observe.js'

const CHANNELS = {
  start: channel('plexus:http:client:request:start'),
  headers: channel('plexus:http:client:request:headers'),
  end: channel('plexus:http:client:request:end'),
  error: channel('plexus:http:client:request:error'),
} as const

/**
 * Publishes `plexus:http:client:request:start`, `:headers`, and `:end` or `:error`, each the request's {@link ClientCall};
 * nothing is made while nobody is subscribed.
 */
export const clientDiagnostics: ClientObserver = {
  get isListening() {
    return Object.values(CHANNELS).some(({ hasSubscribers }) => hasSubscribers)
  },
  start: (call) => CHANNELS.start.publish(call),
  headers: (call) => CHANNELS.headers.publish(call),
  end: (call) => CHANNELS.end.publish(call),
  error: (call) => CHANNELS.error.publish(call),
}
