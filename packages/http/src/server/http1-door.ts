/** HTTP/1.1 beside the sessions: Node's own server on connections that somebody else accepted. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { NodeListener } from './node-handler.js'

/** The token of the upgrade that leads to a session. */
export const UPGRADE = 'SPDY/3.1'

export interface Http1DoorOptions {
  readonly listener: NodeListener
  /** Gets connections that were upgraded, with what was read too far put back. */
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex) => void
  /** Gets what a listener threw. */
  readonly onError: (error: unknown) => void
}

/** Runs a listener of Node's on HTTP/1.1 connections, and knows which of them are idle. */
export class Http1Door {
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()
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
    this.#sockets.add(socket)
    socket.once('close', () => this.#left(socket))
    if (this.#isClosing) socket.destroy()
    else this.#server.emit('connection', socket)
  }

  /** What `upgrade` of Node's server gives: a session if that is what is wanted, else a request like others. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined)
    const wanted = (request.headers.upgrade ?? '').split(',').map((name) => name.trim().toLowerCase())
    if (!wanted.includes(UPGRADE.toLowerCase())) return this.#decline(request, socket)
    this.#left(socket)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${UPGRADE}\r\n\r\n`)
    if (head.length > 0) socket.unshift(head)
    try {
      this.#options.onUpgrade(request, socket)
    } catch (error) {
      socket.destroy()
      this.#options.onError(error)
    }
  }

  /** Lets no more in, ends idle connections, and settles when the others have ended theirs. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#server.close()
    if (this.#sockets.size === 0) return
    await new Promise<void>((resolve) => {
      this.#empty = resolve
    })
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
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
    if (this.#isClosing) response.shouldKeepAlive = false
    response.once('close', () => {
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections())
    })
    const fail = (error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-length': 0 }).end()
      this.#options.onError(error)
    }
    // What is written after the end, for one; without a listener it would end the process.
    response.on('error', (error) => this.#options.onError(error))
    try {
      const handled = this.#options.listener(request, response) as PromiseLike<unknown> | undefined
      if (typeof handled?.then === 'function') handled.then(undefined, fail)
    } catch (error) {
      fail(error)
    }
  }

  #left(socket: Duplex): void {
    this.#sockets.delete(socket)
    if (this.#sockets.size === 0) this.#empty?.()
  }
}
