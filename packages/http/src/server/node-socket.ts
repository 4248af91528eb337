/** What `req.socket` and `res.socket` are: not the connection, which others share, but this request's share of it. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { MuxSession } from '@plexus/contract'
import type { Exchange } from './exchange.js'

/** The connection below a session, as far as it is known: a `net.Socket` or `tls.TLSSocket`. */
export type Connection = Partial<Socket> & Partial<TLSSocket>

/**
 * Says where the peer is, as a socket does, and is open as long as the request's stream is. Destroying it resets the
 * stream, and no other. Writing to it or reading from it is not possible: a request has no bytes but its body's.
 */
export class ExchangeSocket extends EventEmitter {
  destroyed = false
  readable = true
  writable = true
  readonly connecting = false
  readonly readableHighWaterMark = 16 * 1024
  readonly writableHighWaterMark = 64 * 1024
  readonly writableLength = 0
  readonly writableCorked = 0
  /** Node's `ServerResponse.end` uncorks by hand. */
  readonly _writableState = { corked: 0 }
  _httpMessage: unknown = null

  readonly #exchange: Exchange
  readonly #connection: Connection | undefined
  #timer: NodeJS.Timeout | undefined
  #timeoutMs = 0

  constructor(exchange: Exchange, connection: Connection | undefined) {
    super()
    this.#exchange = exchange
    this.#connection = connection
  }

  /** The peer has ended its half: no byte of the request is still to come. */
  get isPeerDone(): boolean {
    const { state } = this.#exchange.stream
    return state === 'half-closed (remote)' || state === 'closed'
  }

  get remoteAddress(): string | undefined {
    return this.#connection?.remoteAddress ?? placeOf(this.#exchange.session)?.[0]
  }

  get remotePort(): number | undefined {
    const port = this.#connection?.remotePort ?? placeOf(this.#exchange.session)?.[1]
    return port === undefined ? undefined : Number(port)
  }

  get remoteFamily(): string | undefined {
    const address = this.remoteAddress
    return address === undefined ? undefined : address.includes(':') ? 'IPv6' : 'IPv4'
  }

  get localAddress(): string | undefined {
    return this.#connection?.localAddress
  }

  get localPort(): number | undefined {
    return this.#connection?.localPort
  }

  /** Whether TLS carries it; where the connection is not known, what the request says of itself. */
  get encrypted(): boolean {
    if (this.#connection === undefined) return this.#exchange.request.scheme === 'https'
    return this.#connection.encrypted === true
  }

  get authorized(): boolean {
    return this.#connection?.authorized ?? false
  }

  get alpnProtocol(): string | false | null {
    return this.#connection?.alpnProtocol ?? null
  }

  get servername(): string | false | null | undefined {
    return (this.#connection as { servername?: string | false | null } | undefined)?.servername
  }

  get timeout(): number {
    return this.#timeoutMs
  }

  getPeerCertificate(detailed?: boolean): object {
    return this.#connection?.getPeerCertificate?.(detailed as true) ?? {}
  }

  getCipher(): object | undefined {
    return this.#connection?.getCipher?.()
  }

  getProtocol(): string | null {
    return this.#connection?.getProtocol?.() ?? null
  }

  address(): object {
    return this.#connection?.address?.() ?? {}
  }

  /** Resets the stream with CANCEL, unless it is over. */
  destroy(_error?: Error): this {
    this.#exchange.stream.reset('CANCEL')
    this.over()
    return this
  }

  destroySoon(): void {
    this.destroy()
  }

  /** `timeout` comes on the request, the response and here when nothing moved for so long, ms; 0 is never. */
  setTimeout(ms: number, callback?: () => void): this {
    this.#timeoutMs = ms
    if (callback !== undefined) this.once('timeout', callback)
    clearTimeout(this.#timer)
    this.#timer = ms > 0 && !this.destroyed ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  pause(): this {
    return this
  }

  resume(): this {
    return this
  }

  cork(): void {}

  uncork(): void {}

  /** Bytes moved: the time-out begins anew. */
  touch(): void {
    this.#timer?.refresh()
  }

  /** The stream is over, or its answer is whole. */
  over(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.readable = false
    this.writable = false
    clearTimeout(this.#timer)
    process.nextTick(() => this.emit('close'))
  }
}

/** Address and port of the peer from a session's label, e.g. `tcp 127.0.0.1:9310`. */
function placeOf(session: MuxSession): [string, string] | undefined {
  const { label } = session as { label?: unknown }
  const [, v6, v4, port] =
    (typeof label === 'string' && /(?:\[([0-9a-f:.]+)\]|([0-9.]+)):([0-9]+)$/i.exec(label)) || []
  const address = v6 ?? v4
  return address === undefined ? undefined : [address, port!]
}
