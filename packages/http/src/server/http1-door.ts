/** HTTP/1.1 beside the sessions: Node's own server on connections that somebody else accepted. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { HeaderFields } from '@plexus/contract'
import { http2 } from 'plexus'
import { doubt, faultOfHttp1, isInDoubt, rawFields } from './http1-head.js'

/** The token of the upgrade that leads to a session. */
export const UPGRADE = 'SPDY/3.1'

/** And to one of HTTP/2, where nothing is encrypted (RFC 7540 §3.2; RFC 9113 took it out). */
export const UPGRADE_H2C = 'h2c'

/** What a connection becomes. */
export type Upgraded =
  | { readonly to: typeof UPGRADE }
  | { readonly to: typeof UPGRADE_H2C; readonly settings: Uint8Array }

export interface Http1DoorOptions {
  /** Answers each request. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Gets connections that were upgraded, with what was read too far put back. */
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, upgraded: Upgraded) => void
  /** Gets what these two threw. */
  readonly onError: (error: unknown) => void
}

/** Takes requests from HTTP/1.1 connections, and knows which of them are idle. */
export class Http1Door {
  readonly #server: Server
  /** How many requests each connection is busy with. */
  readonly #busy = new Map<Duplex, number>()
  readonly #options: Http1DoorOptions
  #isClosing = false
  #empty: (() => void) | undefined

  constructor(options: Http1DoorOptions) {
    this.#options = options
    this.#server = createServer((request, response) => this.#serve(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head))
    // It never listens by itself; this begins its watch over slow heads and requests.
    this.#server.emit('listening')
  }

  enter(socket: Socket): void {
    if (this.#isClosing) return void socket.destroy()
    this.#busy.set(socket, 0)
    socket.once('close', () => this.#left(socket))
    this.#server.emit('connection', socket)
  }

  /** What `upgrade` of Node's server gives: a session if that is what is wanted, else a request like others. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined)
    const upgraded = upgradeOf(request)
    if (upgraded === undefined) return this.#decline(request, socket)
    this.#left(socket)
    const { to } = upgraded
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`)
    if (head.length > 0) socket.unshift(head)
    try {
      this.#options.onUpgrade(request, socket, upgraded)
    } catch (error) {
      socket.destroy()
      this.#options.onError(error)
    }
  }

  /** Lets no more in, ends connections without a request now, the others behind theirs; settles when none is left. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#server.close()
    for (const [socket, requests] of this.#busy) if (requests === 0) socket.destroy()
    if (this.#busy.size === 0) return
    await new Promise<void>((resolve) => {
      this.#empty = resolve
    })
  }

  destroy(): void {
    for (const socket of this.#busy.keys()) socket.destroy()
  }

  /** RFC 9110 §7.8: a server may ignore an upgrade. Its parser is gone, so this is the connection's last answer. */
  #decline(request: IncomingMessage, socket: Duplex): void {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket as Socket)
    response.once('finish', () => socket.end())
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    if (coding !== undefined || (length !== undefined && length !== '0')) {
      response.writeHead(501, { 'content-length': 0 }).end()
      return
    }
    this.#serve(request, response)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const isDoubtful = isInDoubt(request) || faultOfHttp1(rawFields(request.rawHeaders), request.httpVersion)
    if (isDoubtful) return turnDown(request, response)
    if (this.#isClosing) response.shouldKeepAlive = false
    this.#count(socket, 1)
    response.once('close', () => this.#count(socket, -1))
    this.#options.onRequest(request, response).catch((error: unknown) => {
      response.destroy()
      this.#options.onError(error)
    })
  }

  #count(socket: Duplex, change: number): void {
    const requests = this.#busy.get(socket)
    if (requests === undefined) return
    this.#busy.set(socket, requests + change)
    if (this.#isClosing && requests + change === 0) socket.end(() => socket.destroy())
  }

  #left(socket: Duplex): void {
    this.#busy.delete(socket)
    if (this.#busy.size === 0) this.#empty?.()
  }
}

/** With it ends the connection: where the next request begins is not sure any more. */
function turnDown(request: IncomingMessage, response: ServerResponse): void {
  doubt(request)
  response.shouldKeepAlive = false
  response.writeHead(400, { 'content-length': 0 }).end()
}

/** What the client asks for and may have; undefined: nothing of that. */
function upgradeOf(request: IncomingMessage): Upgraded | undefined {
  // RFC 9110 §7.8: HTTP/1.0 knows no upgrades.
  if (request.httpVersion === '1.0') return undefined
  const wanted = namesIn(request.headers.upgrade)
  if (wanted.includes(UPGRADE.toLowerCase())) return { to: UPGRADE }
  if (!wanted.includes(UPGRADE_H2C)) return undefined
  const settings = settingsOf(request)
  return settings === undefined ? undefined : { to: UPGRADE_H2C, settings }
}

/** RFC 7540 §3.2.1: one field of them, named in `connection`, in base64url; not over TLS, and here not with a body. */
function settingsOf({ headers, headersDistinct, socket }: IncomingMessage): Uint8Array | undefined {
  const [text, ...more] = headersDistinct['http2-settings'] ?? []
  const isSecure = (socket as Partial<TLSSocket>).encrypted === true
  if (isSecure || text === undefined || more.length > 0 || !/^[\w-]*={0,2}$/.test(text)) return undefined
  if (!namesIn(headers.connection).includes('http2-settings')) return undefined
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
    return undefined
  const settings = new Uint8Array(Buffer.from(text, 'base64url'))
  try {
    http2({ upgraded: { settings, headers: HeaderFields.NONE } })
    return settings
  } catch {
    // Of a client that says what may not be nothing better is to be had over HTTP/2.
    return undefined
  }
}

const namesIn = (value = '') => value.split(',').map((name) => name.trim().toLowerCase())
