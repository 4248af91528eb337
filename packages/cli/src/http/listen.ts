/** Where HTTP is spoken, by whom it is answered: one service behind every kind of door. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type ExchangeHandler, type HttpStreams, httpStreams } from '@plexus/http'
import { createServer as createHttpServer, nodeHandler } from '@plexus/http/node'
import type { Limits, PlexusSession } from 'plexus'
import { type ListenOptions, listen } from 'plexus/node'
import type { Certificate } from './certificate.js'
import { type HttpTarget, parseHttpTarget } from './target.js'

/** What `http.createServer` takes. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface Service {
  /** Answers what comes over HTTP/1.1. */
  readonly requests: Listener
  /** Answers what comes over SPDY; default: {@link requests} does. */
  readonly exchanges?: ExchangeHandler | undefined
  /** Takes streams of SPDY before they are requests; false for those that are. */
  readonly streams?: ((...args: Parameters<HttpStreams>) => Promise<void> | false) | undefined
}

export interface DoorOptions {
  /** Asked for where TLS is spoken. */
  readonly certificate: (target: HttpTarget) => Promise<Certificate>
  readonly limits: Partial<Limits>
  /** A session of SPDY began on this connection. */
  readonly onSession: (session: PlexusSession, connection: Duplex) => void
  /** The service failed; the client knows already. */
  readonly onError: (error: unknown) => void
  /** How long the head of a request on HTTP/1.1 may take, ms. Default: Node's own 60,000. */
  readonly headTimeoutMs?: number | undefined
}

/** An open door. */
export interface Door {
  readonly url: string
  /** Undefined for a Unix socket. */
  readonly port: number | undefined
  /** Lets no more in, and what is open end; cuts that short when the signal aborts. */
  close(now: AbortSignal): Promise<void>
}

/**
 * Opens `http://` (HTTP/1.1, or SPDY/3.1 by `Upgrade`), `https://` (what TLS chooses: SPDY/3.1, SPDY/3 or HTTP/1.1), `spdy+tls://`, `spdy+tcp://` or
 * `spdy+unix:`.
 *
 * Rejects with a PlexusError or the system's error for a URL that cannot be and a place that cannot be had.
 */
export async function openDoor(url: string, service: Service, options: DoorOptions): Promise<Door> {
  if (!/^(?:https?|[a-z0-9]+\+tls):/.test(url)) return openSessions(url, {}, undefined, service, options)
  const target = parseHttpTarget(url)
  const http1 = new Http1(service.requests, options.headTimeoutMs)
  if (target.way === 'http' && !target.isSecure) return openPlain(target, http1, service, options)
  const { key, cert } = await options.certificate(target)
  if (target.way === 'spdy') return openSessions(url, { key, cert }, undefined, service, options)
  const onOther = (socket: TLSSocket) => http1.take(socket)
  const tls = { key, cert, onOther, alpn: ['spdy/3.1', 'spdy/3', 'http/1.1'] }
  const door = await openSessions(`spdy+tls://${placeOf(target)}`, tls, http1, service, options)
  return { ...door, url: door.url.replace(/^spdy\+tls:/, 'https:') }
}

/** A door behind which SPDY is spoken, and HTTP/1.1 by whoever chooses it. */
async function openSessions(
  url: string,
  tls: ListenOptions,
  http1: Http1 | undefined,
  service: Service,
  options: DoorOptions,
): Promise<Door> {
  const requests = streamsOf(service, options)
  const server = await listen(
    url,
    { ...tls, limits: options.limits, onSession: options.onSession },
    (stream, session) => service.streams?.(stream, session) || requests(stream, session),
  )
  return {
    url: server.url,
    port: server.port,
    async close(now) {
      await Promise.all([server.close({ signal: now }), http1?.close(now)])
    },
  }
}

/** A door of HTTP/1.1, at which a client may ask for SPDY/3.1 instead (`Upgrade`). */
async function openPlain(
  target: HttpTarget,
  http1: Http1,
  { exchanges, requests }: Service,
  options: DoorOptions,
): Promise<Door> {
  const { server } = http1
  const upgraded = createHttpServer(options, { exchange: exchanges ?? nodeHandler(requests) })
  server.on('upgrade', (request, socket: Socket, head) => {
    http1.letGo(socket)
    upgraded.upgrade(request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(target.port, target.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${placeOf({ ...target, port })}`,
    port,
    async close(now) {
      server.close()
      await Promise.all([upgraded.close({ signal: now }), http1.close(now)])
    },
  }
}

const placeOf = ({ host, port }: { readonly host: string; readonly port: number }) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

function streamsOf({ requests, exchanges }: Service, { onError }: DoorOptions): HttpStreams {
  return httpStreams(exchanges ?? nodeHandler(requests), { onError })
}

/** HTTP/1.1, by Node's own server. */
class Http1 {
  readonly server: Server
  /** How many requests each connection is busy with. */
  readonly #busy = new Map<Socket, number>()
  #isDraining = false
  #isWatching = false
  #onEmpty: (() => void) | undefined

  constructor(listener: Listener, headTimeoutMs?: number) {
    const times = headTimeoutMs && {
      headersTimeout: headTimeoutMs,
      connectionsCheckingInterval: headTimeoutMs,
    }
    this.server = createServer({ ...times }, (request, response) => {
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
    if (!this.#isWatching) {
      // It never listens by itself; this begins its watch over slow heads.
      this.#isWatching = true
      this.server.emit('listening')
    }
    this.server.emit('connection', socket)
  }

  /** Somebody else's from now on. */
  letGo(socket: Socket): void {
    this.#gone(socket)
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
