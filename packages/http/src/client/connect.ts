/** A client in one call: dials, and makes requests on the session that comes about. */
import { type ConnectOptions, connect } from 'plexus/node'
import { clientDiagnostics } from './diagnostics.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'

export interface ConnectClientOptions extends ConnectOptions, HttpClientOptions {}

/**
 * Dials `spdy+tcp://host:port` and the like, see `connect` of `plexus/node`, and rejects as that does when the connection
 * does not come about (AM-2). For a session that is there already, whoever dialled: `new HttpClient(session)`.
 *
 * Requests that name a path only are for the dialled host; `close` of the client ends the session.
 */
export async function connectClient(
  url: string | URL,
  options: ConnectClientOptions = {},
): Promise<HttpClient> {
  const session = await connect(url, options)
  const { host, protocol } = new URL(url)
  const scheme = /\+tls:$/.test(protocol) ? 'https' : 'http'
  const origin = options.origin ?? (host === '' ? undefined : `${scheme}://${host}`)
  return new HttpClient(session, { observer: clientDiagnostics, ...options, origin })
}
