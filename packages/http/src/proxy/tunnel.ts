/** How do bytes that are no HTTP go through? By CONNECT (RFC 9110 §9.3.6): both halves of a stream belong to the tunnel. */
import {
  type Bytes,
  type ErrorCode,
  HeaderFields,
  type HeadersInit,
  type MuxSession,
  type MuxStream,
  PlexusError,
  type Priority,
} from '@plexus/contract'
import { HeadFault, readResponseHead, writeRequestHead } from '../message/heads.js'
import { quiet } from '../message/quiet.js'
import { wireOf } from '../message/wire.js'
import type { Exchange, ExchangeHandler } from '../server/exchange.js'

/** One end of a tunnel; a stream of any session is one. `@plexus/http/node` makes one of a Duplex. */
export interface TunnelEnd {
  /** The next bytes; undefined at the end of this direction. */
  read(): Promise<Bytes | undefined>
  /** Settles when more is wanted. */
  write(bytes: Bytes): Promise<void>
  /** Ends our direction; the other goes on. */
  close(): Promise<void>
  /** Ends both directions, otherwise than well. */
  reset(code?: ErrorCode): void
}

/**
 * Says where a tunnel leads, if it may be: dials `authority` (always `host:port`) or opens a stream elsewhere. Undefined is
 * a 403, a rejection a 502.
 */
export type AllowConnect = (
  authority: string,
  exchange: Exchange,
) => TunnelEnd | undefined | Promise<TunnelEnd | undefined>

/** A handler that makes tunnels of what `allowConnect` allows; all else is `handler`'s. Without this there are none. */
export function withTunnels(allowConnect: AllowConnect, handler: ExchangeHandler): ExchangeHandler {
  return async (exchange) => {
    if (exchange.request.method !== 'CONNECT' || exchange.request.protocol !== undefined)
      return handler(exchange)
    let far: TunnelEnd | undefined
    try {
      far = await allowConnect(exchange.request.authority, exchange)
    } catch {
      return refuse(exchange, 502)
    }
    if (far === undefined) return refuse(exchange, 403)
    if (exchange.stream.state === 'closed') return far.reset('CANCEL')
    exchange.respond()
    // What breaks here breaks the tunnel, and its ends were told; to the server it is no failure.
    await joinEnds(exchange.stream, far).catch(() => undefined)
  }
}

export interface TunnelOptions {
  readonly headers?: HeadersInit
  /** Default 3. */
  readonly priority?: Priority
  /** Gives up waiting, and later ends the tunnel. */
  readonly signal?: AbortSignal
}

/**
 * Asks for a tunnel to `authority` (`host:port`). Settles with the stream when it is there; its two halves end each in
 * their own time. Rejects with CONNECT_ERROR if it is refused, and with what became of the stream or session.
 */
export function tunnel(
  session: MuxSession,
  authority: string,
  options: TunnelOptions = {},
): Promise<MuxStream> {
  return quiet(open(session, authority, options))
}

/** Carries bytes both ways until both directions have ended. Rejects, and both ends are reset, if either breaks. */
export function joinEnds(a: TunnelEnd, b: TunnelEnd): Promise<void> {
  return quiet(join(a, b))
}

async function open(session: MuxSession, authority: string, options: TunnelOptions): Promise<MuxStream> {
  const { priority = 3, signal } = options
  const wire = wireOf(session)
  const head = {
    method: 'CONNECT',
    scheme: '',
    authority,
    path: '',
    headers: HeaderFields.from(options.headers),
  }
  const headers = writeRequestHead(head, wire)
  const stream = await session.open({ headers, priority, ...(signal && { signal }) })
  const reply = readResponseHead(await stream.replied, wire)
  if (reply instanceof HeadFault) {
    stream.reset('PROTOCOL_ERROR')
    throw failed(reply.message, 'PROTOCOL_ERROR', stream)
  }
  if (reply.status >= 200 && reply.status < 300) return stream
  stream.reset('CANCEL')
  throw failed(`expected a tunnel to ${authority}, got ${reply.status}`, 'CONNECT_ERROR', stream)
}

async function join(a: TunnelEnd, b: TunnelEnd): Promise<void> {
  try {
    await Promise.all([carry(a, b), carry(b, a)])
  } catch (error) {
    const code = error instanceof PlexusError ? error.code : 'CONNECT_ERROR'
    a.reset(code)
    b.reset(code)
    throw error
  }
}

async function carry(from: TunnelEnd, to: TunnelEnd): Promise<void> {
  for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) await to.write(bytes)
  await to.close()
}

function refuse(exchange: Exchange, status: number): void {
  exchange.respond({ status, headers: { 'content-length': 0 } }, { end: true })
}

function failed(message: string, code: ErrorCode, { id }: MuxStream): PlexusError {
  return new PlexusError(message, { scope: 'request', code, blame: 'peer', streamId: id })
}
