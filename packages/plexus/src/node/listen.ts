import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  listenTcp,
  listenTlsSockets,
  listenUnix,
  nodeHost,
  type TlsServerOptions,
  tlsCarrier,
} from '@plexus/carrier-node'
import { type Carrier, type MuxStream, type Protocol, type Role, resolveLimits } from '@plexus/contract'
import { type Address, parseAddress, type TlsAddress, withPort } from '../address.js'
import { misuse } from '../misuse.js'
import { negotiationAt } from '../negotiation.js'
import { protocolAt } from '../protocols.js'
import {
  type CreateSessionOptions,
  createSession,
  type PlexusSession,
  type SessionSettings,
  sessionSettings,
} from '../session.js'
import { refuseKeys } from './connect.js'
import { Lobby, type SessionListener } from './lobby.js'
import { type Door, PlexusServer } from './server.js'

/** Gets each stream that a peer opens, and the session it came on. A throw or rejection resets the stream. */
export type ServerHandler = (stream: MuxStream, session: PlexusSession) => void | Promise<void>

/** Options of TLS say something where the URL does; there a key and a certificate are wanted. */
export interface ListenOptions extends SessionSettings, Omit<TlsServerOptions, 'handshakeTimeoutMs'> {
  /** Which end we are on every session. Default `server`, though it need not follow from who dials. */
  readonly role?: Role | undefined
  /** The protocol's profile, e.g. `spdystream`; goes before the URL's `?profile=`. */
  readonly profile?: string | undefined
  /** Closes the server at once: it ends every session and does not wait for their streams. */
  readonly signal?: AbortSignal | undefined
  /**
   * Gets the connections over TLS whose client chose none of the protocols here (e.g. `http/1.1`), or nothing; they are
   * the caller's then. Default: such a client is spoken to as the URL says.
   */
  readonly onOther?: ((socket: TLSSocket) => void) | undefined
  /**
   * Is told of each session before anything happens on it, and has a look at the connection below it: its addresses, over
   * TLS (a `TLSSocket`) the peer's certificate too. What it throws ends the session.
   */
  readonly onSession?: SessionListener | undefined
}

/**
 * Listens at `spdy+tcp://host:port` or `spdy+tls://host:port` (port 0: one that is free) or `spdy+unix:/path`, and runs a
 * session on every connection. Over TLS the client chooses among the protocol's forms (ALPN): SPDY/3.1 or SPDY/3. Without a
 * handler the streams wait for whoever iterates over their session.
 *
 * Rejects with a PlexusError of scope `request`: blame `application` for a URL or a certificate that cannot be or a signal
 * that was aborted (CANCEL), blame `carrier` for a place that cannot be had.
 */
export async function listen(
  url: string | URL,
  options: ListenOptions = {},
  handler?: ServerHandler,
): Promise<PlexusServer> {
  const { role = 'server', limits, signal } = options
  const address = parseAddress(url)
  protocolAt(address, options.profile)
  // A limit that cannot be is the caller's mistake, now; later it would be one of every connection.
  resolveLimits(limits)
  const settings = { ...sessionSettings(options), role, host: nodeHost }
  const lobby = new Lobby(
    (carrier, codec) => accept({ ...settings, codec, carrier }, handler),
    options.onSession,
  )
  const door = await openDoor(address, options, lobby)
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

async function openDoor(address: Address, options: ListenOptions, lobby: Lobby): Promise<Door> {
  if (address.carrier === 'tls') return openTls(address, options, lobby)
  refuseKeys(address, options)
  const { signal } = options
  const codec = protocolAt(address, options.profile)
  const onCarrier = (carrier: Carrier, socket: Socket) => lobby.enter(carrier, codec, socket)
  if (address.carrier === 'unix') {
    const listener = await listenUnix({ path: address.path, signal }, onCarrier)
    return { url: address.url, port: undefined, close: () => listener.close() }
  }
  const { host, port } = address
  const listener = await listenTcp({ host, port, signal }, onCarrier)
  const bound = listener.address.port
  return { url: withPort(address, bound), port: bound, close: () => listener.close() }
}

async function openTls(address: TlsAddress, options: ListenOptions, lobby: Lobby): Promise<Door> {
  const { key, cert, pfx, SNICallback, onOther } = options
  if (pfx === undefined && SNICallback === undefined && (key === undefined || cert === undefined))
    throw misuse(`expected a key and a certificate for '${address.url}', got none`)
  const { host, port } = address
  const { offered, spoken, otherwise } = negotiationAt(address, options.profile, options.alpn)
  const { tlsHandshakeTimeoutMs: handshakeTimeoutMs } = resolveLimits(options.limits)
  const enter = (socket: TLSSocket, codec: Protocol) => lobby.enter(tlsCarrier(socket), codec, socket)
  const listener = await listenTlsSockets(
    { ...options, host, port, alpn: offered, handshakeTimeoutMs },
    (socket) => {
      const codec = spoken(socket.alpnProtocol || undefined)
      if (codec !== undefined) enter(socket, codec)
      else if (onOther === undefined) enter(socket, otherwise)
      else onOther(socket)
    },
  )
  const bound = listener.address.port
  return {
    url: withPort(address, bound),
    port: bound,
    setSecureContext: (changes) => listener.setSecureContext(changes),
    close: () => listener.close(),
  }
}
