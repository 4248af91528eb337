/** Where HTTP is spoken, by whom it is answered: one service behind every kind of door. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { type ExchangeHandler, type HttpStreams, httpStreams } from '@plexus/http'
import { nodeHandler } from '@plexus/http/node'
import { createSession, type Limits, type PlexusSession, protocolOf } from 'plexus'
import { listen, nodeHost, socketCarrier } from 'plexus/node'
import type { Certificate } from './certificate.js'
import { SPOKEN } from './dial.js'
import { type HttpTarget, parseHttpTarget } from './target.js'

/** What `http.createServer` takes. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface Service {
  /** Answers what comes over HTTP/1.1. */
  readonly requests: Listener
  /** Answers what comes over SPDY; default: {@link requests} does. */
  readonly exchanges?: ExchangeHandler | undefined
  /** Takes streams before they are requests, where there is no TLS; false for those that are. */
  readonly streams?: ((...args: Parameters<HttpStreams>) => Promise<void> | false) | undefined
}

export interface DoorOptions {
  /** Asked for where TLS is spoken. */
  readonly certificate: (target: HttpTarget) => Promise<Certificate>
  readonly limits: Partial<Limits>
  /** A session of SPDY began. */
  readonly onSession: (session: PlexusSession) => void
  /** The service failed; the client knows already. */
  readonly onError: (error: unknown) => void
}

/** An open door. */
export interface Door {
  readonly url: string
  /** Undefined for a Unix socket. */
  readonly port: number | undefined
  /** Lets no more in, and what is open end; cuts that short when the signal aborts. */
  close(now: AbortSignal): Promise<void>
}

/** How long a handshake of TLS may take, ms. */
const HANDSHAKE_MS = 10_000

/**
 * Opens `http://` (HTTP/1.1), `https://` (what TLS chooses: SPDY/3.1, SPDY/3 or HTTP/1.1), `spdy+tls://`, `spdy+tcp://` or
 * `spdy+unix:`.
 *
 * @throws Error for a URL that cannot be and a place that cannot be had
 */
export function openDoor(url: string, service: Service, options: DoorOptions): Promise<Door> {
  return /^(?:https?|[a-z0-9]+\+tls):/.test(url)
    ? openHttp(parseHttpTarget(url), service, options)
    : openStreams(url, service, options)
}

async function openStreams(url: string, service: Service, options: DoorOptions): Promise<Door> {
  const { limits, onSession } = options
  const requests = streamsOf(service, options)
  const server = await listen(
    url,
    { limits },
    (stream, session) => service.streams?.(stream, session) || requests(stream, session),
  )
  server.sessions$.subscribe(onSession)
  return { url: server.url, port: server.port, close: (now) => server.close({ signal: now }) }
}

async function openHttp(target: HttpTarget, service: Service, options: DoorOptions): Promise<Door> {
  const { way, host, port, isSecure } = target
  const http1 = new Http1(service.requests)
  const sessions = new Sessions(service, options)
  let door: NetServer = http1.server
  if (isSecure) {
    const { key, cert } = await options.certificate(target)
    const own = way === 'spdy' ? [protocolOf(target.protocol).traits.name] : [...SPOKEN.keys(), 'http/1.1']
    const settings = { key, cert, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS } as const
    door = createTlsServer({ ...settings, ALPNProtocols: own, allowHalfOpen: true }, (socket) => {
      const name = SPOKEN.get(socket.alpnProtocol || '') ?? (way === 'spdy' ? target.protocol : undefined)
      // TLS 1.2 would let the client begin again, at our cost (B16).
      socket.disableRenegotiation()
      if (name === undefined) http1.take(socket)
      else sessions.take(socket, name)
    })
    // A client that does not speak TLS, or does not trust us, is no fault of ours.
    door.on('tlsClientError', () => {})
  }
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject)
    door.listen(port, host, resolve)
  })
  const bound = (door.address() as AddressInfo).port
  const place = host.includes(':') ? `[${host}]` : host
  return {
    url: `${new URL(target.text).protocol}//${place}:${bound}`,
    port: bound,
    async close(now) {
      door.close()
      await Promise.all([http1.close(now), sessions.close(now)])
    },
  }
}

function streamsOf({ requests, exchanges }: Service, { onError }: DoorOptions): HttpStreams {
  return httpStreams(exchanges ?? nodeHandler(requests), { onError })
}

/** HTTP/1.1, by Node's own server. */
class Http1 {
  readonly server: Server
  /** How many requests each connection is busy with. */
  readonly #busy = new Map<Socket, number>()
  #isDraining = false
  #onEmpty: (() => void) | undefined

  constructor(listener: Listener) {
    this.server = createServer((request, response) => {
      const { socket } = request
      this.#count(socket, 1)
      response.once('close', () => this.#count(socket, -1))
      if (this.#isDraining) response.shouldKeepAlive = false
      return listener(request, response)
    })
    this.server.on('connection', (socket) => {
      this.#busy.set(socket, 0)
      socket.once('close', () => this.#gone(socket))
    })
  }

  take(socket: TLSSocket): void {
    this.server.emit('connection', socket)
  }

  /** Connections that are busy end with their requests, the others now. */
  async close(now: AbortSignal): Promise<void> {
    this.#isDraining = true
    for (const [socket, requests] of this.#busy) if (requests === 0) socket.destroy()
    const cut = () => {
      for (const socket of this.#busy.keys()) socket.destroy()
    }
    if (now.aborted) cut()
    else now.addEventListener('abort', cut, { once: true })
    if (this.#busy.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
    })
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#busy.get(socket)
    if (requests === undefined) return
    this.#busy.set(socket, requests + change)
    if (this.#isDraining && requests + change === 0) socket.end(() => socket.destroy())
  }

  #gone(socket: Socket): void {
    this.#busy.delete(socket)
    if (this.#busy.size === 0) this.#onEmpty?.()
  }
}

/** SPDY, a session for each connection. */
class Sessions {
  readonly #sessions = new Set<PlexusSession>()
  readonly #options: DoorOptions
  readonly #streams: HttpStreams

  constructor(service: Service, options: DoorOptions) {
    this.#options = options
    this.#streams = streamsOf(service, options)
  }

  take(socket: Socket, protocol: string): void {
    const session: PlexusSession = createSession({
      codec: protocol,
      carrier: socketCarrier(socket),
      role: 'server',
      host: nodeHost,
      limits: this.#options.limits,
      handler: (stream) => this.#streams(stream, session),
    })
    this.#sessions.add(session)
    void session.closed.then(() => this.#sessions.delete(session))
    this.#options.onSession(session)
  }

  async close(now: AbortSignal): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close({ signal: now })))
  }
}
