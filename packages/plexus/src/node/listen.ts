import { listenTcp, listenUnix, nodeHost } from '@plexus/carrier-node'
import { type Carrier, type MuxStream, type Role, resolveLimits } from '@plexus/contract'
import { type Address, parseAddress, withPort } from '../address.js'
import { protocolAt } from '../protocols.js'
import {
  type CreateSessionOptions,
  createSession,
  type PlexusSession,
  type SessionSettings,
} from '../session.js'
import { Lobby } from './lobby.js'
import { type Door, PlexusServer } from './server.js'

/** Gets each stream that a peer opens, and the session it came on. A throw or rejection resets the stream. */
export type ServerHandler = (stream: MuxStream, session: PlexusSession) => void | Promise<void>

export interface ListenOptions extends SessionSettings {
  /** Which end we are on every session. Default `server`, though it need not follow from who dials. */
  readonly role?: Role | undefined
  /** The protocol's profile, e.g. `spdystream`; goes before the URL's `?profile=`. */
  readonly profile?: string | undefined
  /** Closes the server at once: it ends every session and does not wait for their streams. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Listens at `spdy+tcp://host:port` (port 0: one that is free) or `spdy+unix:/path`, and runs a session on every
 * connection. Without a handler the streams wait for whoever iterates over their session.
 *
 * Rejects with a PlexusError of scope `request`: blame `application` for a URL that cannot be or a signal that was
 * aborted (CANCEL), blame `carrier` for a place that cannot be had.
 */
export async function listen(
  url: string | URL,
  options: ListenOptions = {},
  handler?: ServerHandler,
): Promise<PlexusServer> {
  const { role = 'server', profile, signal, ...settings } = options
  const address = parseAddress(url)
  const codec = protocolAt(address, profile)
  // A limit that cannot be is the caller's mistake, now; later it would be one of every connection.
  resolveLimits(settings.limits)
  const lobby = new Lobby((carrier) => accept({ ...settings, codec, carrier, role, host: nodeHost }, handler))
  const door = await openDoor(address, signal, (carrier) => lobby.enter(carrier))
  const server = new PlexusServer(door, lobby)
  signal?.addEventListener('abort', () => server.destroy(), { once: true })
  return server
}

function accept(options: CreateSessionOptions, handler: ServerHandler | undefined): PlexusSession {
  const session: PlexusSession = createSession({
    ...options,
    handler: handler && ((stream) => handler(stream, session)),
  })
  return session
}

async function openDoor(
  address: Address,
  signal: AbortSignal | undefined,
  onCarrier: (carrier: Carrier) => void,
): Promise<Door> {
  if (address.carrier === 'unix') {
    const listener = await listenUnix({ path: address.path, signal }, onCarrier)
    return { url: address.url, port: undefined, close: () => listener.close() }
  }
  const { host, port } = address
  const listener = await listenTcp({ host, port, signal }, onCarrier)
  const bound = listener.address.port
  return { url: withPort(address, bound), port: bound, close: () => listener.close() }
}
