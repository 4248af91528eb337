/** Tunnels where Node's streams are: a Duplex as their end, and CONNECT to Node's own server as their beginning. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Bytes, HeaderFields, type MuxSession, PlexusError } from '@plexus/contract'
import { quiet } from '../message/quiet.js'
import { Refusal, Refused } from './crossing.js'
import type { Route } from './forward.js'
import { joinEnds, type TunnelEnd, tunnel } from './tunnel.js'

/** A Duplex, e.g. a socket, as the end of a tunnel; it belongs to the tunnel from now on, both halves on their own. */
export function duplexEnd(duplex: Duplex): TunnelEnd {
  return new DuplexEnd(duplex)
}

/**
 * For `server.on('connect', …)` of Node's HTTP/1.1 server: makes the tunnel over `target`. Settles when both directions
 * have ended; rejects with what went wrong, of which the client was told (400, 404, 502) or sees its connection break.
 * Who may have tunnels is for the caller to say, before this.
 */
export function connectTunnel(
  target: MuxSession | Route<MuxSession> | undefined,
  req: IncomingMessage,
  socket: Duplex,
  head: Bytes,
): Promise<void> {
  return quiet(connect(target, req, new DuplexEnd(socket, head)))
}

async function connect(
  target: MuxSession | Route<MuxSession> | undefined,
  req: IncomingMessage,
  near: DuplexEnd,
): Promise<void> {
  const authority = req.url ?? ''
  let isThere = false
  try {
    const session = await sessionFor(target, authority, req)
    const far = await tunnel(session, authority, { signal: near.gone })
    isThere = true
    await near.write(Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n'))
    await joinEnds(near, far)
  } catch (reason) {
    const { status, error } = reason instanceof Refused ? reason.refusal : { status: 502, error: reason }
    if (isThere) near.reset()
    else near.last(`HTTP/1.1 ${status} ${WORDS[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    throw error
  }
}

async function sessionFor(
  target: MuxSession | Route<MuxSession> | undefined,
  authority: string,
  { method, headersDistinct }: IncomingMessage,
): Promise<MuxSession> {
  // RFC 9110 §9.3.6: a host and a port, and nothing else (S07).
  if (method !== 'CONNECT' || !/^(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$/.test(authority))
    throw new Refused(new Refusal(400, 'CONNECT to host:port, got another form'))
  if (headersDistinct['transfer-encoding'] !== undefined || headersDistinct['content-length'] !== undefined)
    throw new Refused(new Refusal(400, 'CONNECT without a body, one was announced'))
  const request = { method, scheme: '', authority, path: '', headers: HeaderFields.NONE }
  const session = typeof target === 'function' ? await target(request) : target
  if (session === undefined) throw new Refused(new Refusal(404, `an origin for ${authority}, there is none`))
  return session
}

const WORDS: Record<number, string> = { 400: 'Bad Request', 404: 'Not Found', 502: 'Bad Gateway' }

class DuplexEnd implements TunnelEnd {
  readonly #duplex: Duplex
  readonly #gone = new AbortController()
  #first: Bytes | undefined
  #error: Error | undefined
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  constructor(duplex: Duplex, first?: Bytes) {
    this.#duplex = duplex
    this.#first = first === undefined || first.length === 0 ? undefined : first
    duplex.allowHalfOpen = true
    for (const event of ['readable', 'end']) duplex.on(event, this.#onRead)
    for (const event of ['drain', 'finish']) duplex.on(event, this.#onWritten)
    duplex.on('error', (error) => {
      this.#error = error
    })
    duplex.on('close', () => {
      // Ended well, it may still have bytes on their way at the other end.
      if (!(duplex.readableEnded && duplex.writableFinished)) this.#gone.abort(this.#lost())
      this.#onRead()
      this.#onWritten()
    })
  }

  /** Aborts when it is closed otherwise than by the ends of both directions. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  async read(): Promise<Bytes | undefined> {
    const duplex = this.#duplex
    for (;;) {
      const bytes = this.#first ?? (duplex.read() as Bytes | null)
      this.#first = undefined
      if (bytes !== null) return bytes
      if (duplex.readableEnded) return undefined
      if (duplex.destroyed) throw this.#lost()
      await new Promise<void>((wake) => {
        this.#wakeReader = wake
      })
    }
  }

  async write(bytes: Bytes): Promise<void> {
    const duplex = this.#duplex
    if (duplex.destroyed) throw this.#lost()
    if (!duplex.write(bytes)) await this.#written()
  }

  async close(): Promise<void> {
    const duplex = this.#duplex
    if (duplex.destroyed) throw this.#lost()
    duplex.end()
    while (!duplex.writableFinished) await this.#written()
  }

  reset(): void {
    this.#duplex.destroy()
  }

  /** Says this, and that is all. */
  last(text: string): void {
    if (!this.#duplex.destroyed) this.#duplex.end(text, () => this.#duplex.destroy())
  }

  async #written(): Promise<void> {
    await new Promise<void>((wake) => {
      this.#wakeWriter = wake
    })
    if (this.#duplex.destroyed && !this.#duplex.writableFinished) throw this.#lost()
  }

  readonly #onRead = (): void => {
    const wake = this.#wakeReader
    this.#wakeReader = undefined
    wake?.()
  }

  readonly #onWritten = (): void => {
    const wake = this.#wakeWriter
    this.#wakeWriter = undefined
    wake?.()
  }

  #lost(): PlexusError {
    const { message = 'it was closed' } = this.#error ?? {}
    return new PlexusError(`expected a tunnel’s end that stays, got: ${message}`, {
      scope: 'request',
      code: 'CONNECT_ERROR',
      blame: 'carrier',
      cause: this.#error,
    })
  }
}
