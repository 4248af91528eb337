/** A server: one handler, in whichever shape, behind any number of doors. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type CloseOptions, LIMITS, type MuxSession, PlexusError, type Protocol } from '@plexus/contract'
import {
  http2,
  type PlexusSession,
  protocolOf,
  protocols,
  type SessionSettings,
  sessionSettings,
} from 'plexus'
import {
  type CarrierListener,
  type ListenOptions,
  listen,
  listenTcpSockets,
  type PlexusServer,
  sessionOn,
  type TlsContextOptions,
} from 'plexus/node'
import { diagnostics } from '../diagnostics.js'
import { observersOf } from '../observe.js'
import type { Exchange, ExchangeHandler } from './exchange.js'
import { type FetchListener, fetchHandler } from './fetch.js'
import { Http1Door, UPGRADE, type Upgraded } from './http1-door.js'
import { fieldsOf, Http1Stream, http1Session } from './http1-stream.js'
import { type NodeHandlerOptions, type NodeListener, nodeHandler } from './node-handler.js'
import type { Connection } from './node-socket.js'
import { type HttpStreams, httpStreams, type ServeOptions } from './serve.js'

/**
 * A handler in one of three shapes: a function is Node's `(req, res)`; `{ fetch }` gets a `Request` and gives a
 * `Response` (a Hono app is one as it stands); `{ exchange }` gets the raw exchange.
 */
export type ServerListener =
  | NodeListener
  | { readonly fetch: FetchListener }
  | { readonly exchange: ExchangeHandler }

export interface ServerOptions extends Omit<ServeOptions, 'onError'>, SessionSettings {
  /** A handler failed; its answer is on its way already. Without an exchange: an upgrade failed. */
  readonly onError?: (error: unknown, exchange?: Exchange) => void
  /**
   * Is told of each session before its first request, whichever door it came through, and of the connection below it: a
   * `net.Socket`, a `tls.TLSSocket`, or what was upgraded. What it throws ends the session.
   */
  readonly onSession?: (session: PlexusSession, connection: Duplex) => void
  /**
   * Gets CONNECT with a protocol inside (RFC 8441), `exchange.request.protocol`, e.g. `websocket`: answered with 200, the stream is
   * that protocol's (`exchange.stream.toDuplex()`). What it does not know is for it to answer, with 501. Without it clients are told that there is none of that,
   * which lets them speak WebSocket over HTTP/1.1.
   */
  readonly onConnect?: ExchangeHandler
}

/** What one door has beside what is the same for all of them. */
export type ServerListenOptions = Omit<ListenOptions, 'onSession'>

/** What TLS needs and the choice of protocols; `alpn` without `http/1.1` leaves HTTP/1.1 out (DM-22). */
export interface ListenTlsOptions
  extends Omit<ServerListenOptions, keyof SessionSettings | 'role' | 'onOther' | 'profile'> {
  /** Default 0: one that is free. */
  readonly port?: number
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string
}

/** Where a server is reached. */
export interface ServerDoor {
  /** E.g. `https://127.0.0.1:8443`, `spdy+tcp://127.0.0.1:9310`. */
  readonly url: string
  /** Undefined for a Unix socket. */
  readonly port: number | undefined
}

/** Makes a server; it listens when it is told to. */
export function createServer(listener: ServerListener): HttpServer
export function createServer(options: ServerOptions, listener: ServerListener): HttpServer
export function createServer(first: ServerOptions | ServerListener, second?: ServerListener): HttpServer {
  return second === undefined
    ? new HttpServer({}, first as ServerListener)
    : new HttpServer(first as ServerOptions, second)
}

export class HttpServer implements AsyncDisposable {
  /** What serves a stream of a session: for sessions that came about elsewhere. */
  readonly streams: HttpStreams

  readonly #given: SessionSettings
  readonly #takesConnect: boolean
  readonly #settings: SessionSettings
  readonly #onSession: ServerOptions['onSession']
  readonly #doors: PlexusServer[] = []
  /** Where HTTP/1.1 comes in without TLS. */
  readonly #plainDoors: CarrierListener[] = []
  readonly #others = new Set<PlexusSession>()
  readonly #connections = new WeakMap<MuxSession, Connection>()
  readonly #http1: Http1Door
  #closing: Promise<void> | undefined

  constructor(options: ServerOptions, listener: ServerListener) {
    this.#given = sessionSettings(options)
    this.#takesConnect = options.onConnect !== undefined
    this.#settings = this.#takesConnect ? withExtendedConnect(this.#given) : this.#given
    this.#onSession = options.onSession
    const observer = observersOf(diagnostics, options.observer)!
    const { onConnect } = options
    const handle = exchangeHandlerOf(listener, { connectionOf: (session) => this.connectionOf(session) })
    const handler: ExchangeHandler = (exchange) =>
      onConnect !== undefined && exchange.request.protocol !== undefined
        ? onConnect(exchange)
        : handle(exchange)
    this.streams = httpStreams(onConnect === undefined ? handle : handler, { ...options, observer })
    this.#http1 = new Http1Door({
      onRequest: (request, response) => this.#answer(request, response),
      onUpgrade: (request, socket, upgraded) => this.#run(socket, this.#protocolFor(request, upgraded)),
      onError: (error) => options.onError?.(error),
    })
  }

  /** The sessions that are not over. */
  get sessions(): readonly PlexusSession[] {
    return [...this.#doors.flatMap(({ sessions }) => [...sessions]), ...this.#others]
  }

  /**
   * The connection below a session of this server, to be looked at only: a `net.Socket`, a `tls.TLSSocket` with the peer's
   * certificate, or what was upgraded. Undefined for sessions that came about elsewhere. It is what `req.socket` speaks of.
   */
  connectionOf(session: MuxSession): Connection | undefined {
    return this.#connections.get(session)
  }

  /**
   * Listens at `spdy+tcp://host:port`, `spdy+unix:/path` or `spdy+tls://host:port`, where every connection is a session;
   * at `http://host:port` for HTTP/1.1, which may be upgraded to SPDY/3.1 or HTTP/2 (`h2c`); `https://host:port` is {@link listenTLS}. With TLS a key and a certificate are wanted. Rejects as `listen` of `plexus/node`
   * does.
   */
  async listen(url: string | URL, options: ServerListenOptions = {}): Promise<ServerDoor> {
    const { protocol, hostname, port } = URL.canParse(url) ? new URL(url) : { protocol: '' }
    const host = hostname?.replace(/^\[(.*)\]$/, '$1')
    if (protocol === 'https:') return this.listenTLS({ ...options, host: host!, port: Number(port || 443) })
    if (protocol === 'http:') return this.#listenHttp1(host!, Number(port || 80), options.signal)
    return this.#add(await listen(url, { ...this.#ofSessions(), ...options }, this.streams))
  }

  /**
   * Listens for TLS on one port and lets each client choose (ALPN): `h2` if there is a protocol of that name, `spdy/3.1`,
   * `spdy/3`, and `http/1.1`, which is what a client gets that chooses nothing. Rejects as {@link listen} does.
   */
  async listenTLS(options: ListenTlsOptions): Promise<ServerDoor> {
    const { host = '127.0.0.1', port = 0, alpn = defaultAlpn(), ...tls } = options
    const onOther = alpn.includes('http/1.1') ? (socket: TLSSocket) => this.#http1.enter(socket) : undefined
    const where = `spdy+tls://${host.includes(':') ? `[${host}]` : host}:${port}`
    const door = await listen(where, { ...tls, ...this.#ofSessions(), alpn, onOther }, this.streams)
    const { url } = this.#add(door)
    return { url: url.replace(/^spdy\+tls:/, 'https:'), port: door.port }
  }

  /** The same without HTTP/1.1: every connection is a session of SPDY, whatever was negotiated (AM-10). */
  listenTLSSpdyOnly(options: ListenTlsOptions): Promise<ServerDoor> {
    const { alpn = ['spdy/3.1', 'spdy/3'] } = options
    return this.listenTLS({
      ALPNCallback: ({ protocols: offered }) => alpn.find((name) => offered.includes(name)) ?? offered[0],
      ...options,
      alpn: alpn.filter((name) => name !== 'http/1.1'),
    })
  }

  /** New certificates on every door with TLS, for connections that come later. @throws PlexusError for those that are none */
  setSecureContext(options: TlsContextOptions): void {
    const doors = this.#doors.filter(({ url }) => url.startsWith('spdy+tls:'))
    if (doors.length === 0)
      throw new PlexusError('expected a server that listens for TLS, this one does not', {
        scope: 'request',
        code: 'INTERNAL_ERROR',
        blame: 'application',
        processed: 'no',
      })
    for (const door of doors) door.setSecureContext(options)
  }

  /** Serves what the peer of `session`, which has no handler, asks, whoever dialled (AM-13). Settles when the session is over. */
  async serveSession(session: MuxSession): Promise<void> {
    for await (const stream of session) void this.streams(stream, session)
    await session.closed
  }

  /** For the event `upgrade` of a server of Node's own: `Upgrade: SPDY/3.1` or `h2c` leads to a session on that connection. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#http1.upgrade(request, socket, head)
  }

  /**
   * Lets no more connections in; every session says GOAWAY and serves what is open, HTTP/1.1 ends idle connections, and
   * after `timeoutMs` (default `drainTimeoutMs` of the limits), or when the signal aborts, what is left is cut off (AM-12).
   * Called again, it is in a greater hurry: the new signal and, if it is given, the new `timeoutMs` hold beside the first.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { timeoutMs, signal } = options
    const cut = () => this.destroy()
    const isFirst = this.#closing === undefined
    this.#closing ??= this.#close(timeoutMs ?? this.#settings.limits?.drainTimeoutMs)
    const timer = isFirst || timeoutMs === undefined ? undefined : setTimeout(cut, timeoutMs)
    if (signal?.aborted) cut()
    else signal?.addEventListener('abort', cut, { once: true })
    return this.#closing.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cut)
    })
  }

  /** Ends every connection now. */
  destroy(): void {
    this.#closing ??= this.#close(0)
    for (const session of this.sessions) session.destroy()
    this.#http1.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What is the same for all sessions, whichever door they come through. */
  #ofSessions() {
    return { ...this.#settings, onSession: this.#introduce }
  }

  #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = http1Session(request)
    this.#connections.set(session, request.socket as Connection)
    return this.streams(new Http1Stream(request, response), session)
  }

  readonly #introduce = (session: PlexusSession, connection: Duplex): void => {
    this.#connections.set(session, connection as Connection)
    this.#onSession?.(session, connection)
  }

  async #listenHttp1(host: string, port: number, signal: AbortSignal | undefined): Promise<ServerDoor> {
    const door = await listenTcpSockets({ host, port, ...(signal && { signal }) }, (socket) =>
      this.#http1.enter(socket),
    )
    this.#plainDoors.push(door)
    if (this.#closing !== undefined) void door.close()
    const { address } = door
    const place = address.host.includes(':') ? `[${address.host}]` : address.host
    return { url: `http://${place}:${address.port}`, port: address.port }
  }

  #add(door: PlexusServer): ServerDoor {
    this.#doors.push(door)
    if (this.#closing !== undefined) void door.close({ timeoutMs: 0 })
    return { url: door.url, port: door.port }
  }

  /** What a connection that was upgraded speaks; HTTP/2 begins with the request that asked for it. */
  #protocolFor(request: IncomingMessage, upgraded: Upgraded): Protocol {
    if (upgraded.to === UPGRADE) return protocolOf('spdy')
    const { settings } = upgraded
    return http2({ extendedConnect: this.#takesConnect, upgraded: { settings, headers: fieldsOf(request) } })
  }

  #run(socket: Duplex, codec: Protocol): void {
    if (this.#closing !== undefined) return void socket.destroy()
    const session: PlexusSession = sessionOn(socket, {
      ...this.#given,
      codec,
      role: 'server',
      handler: (stream) => this.streams(stream, session),
    })
    this.#others.add(session)
    void session.closed.then(() => this.#others.delete(session))
    this.#introduce(session, socket)
  }

  async #close(timeoutMs = LIMITS.drainTimeoutMs.value): Promise<void> {
    // Sessions keep the time by themselves.
    const timer = setTimeout(() => this.#http1.destroy(), timeoutMs)
    await Promise.all([
      ...this.#doors.map((door) => door.close({ timeoutMs })),
      ...this.#plainDoors.map((door) => door.close()),
      ...[...this.#others].map((session) => session.close({ timeoutMs })),
      this.#http1.close(),
    ])
    clearTimeout(timer)
  }
}

/** Whatever shape it has. */
export function exchangeHandlerOf(listener: ServerListener, options?: NodeHandlerOptions): ExchangeHandler {
  if (typeof listener === 'function') return nodeHandler(listener, options)
  return 'exchange' in listener
    ? listener.exchange
    : fetchHandler((request, exchange) => listener.fetch(request, exchange))
}

/** HTTP/2 in the form that takes `:protocol`; all else as it is. */
function withExtendedConnect(settings: SessionSettings): SessionSettings {
  const { wrapProtocol = (protocol: Protocol) => protocol } = settings
  const parameters = new URLSearchParams({ 'connect-protocol': '1' })
  return {
    ...settings,
    wrapProtocol: (chosen) =>
      wrapProtocol(chosen.traits.name === 'h2' ? protocolOf('h2', parameters, true) : chosen),
  }
}

/** What a client may choose, best first. */
export function defaultAlpn(): string[] {
  return [...(protocols.has('h2') ? ['h2'] : []), 'spdy/3.1', 'spdy/3', 'http/1.1']
}
