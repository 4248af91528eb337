/** How does a client come to a session? By TLS's choice, or by an upgrade from HTTP/1.1. */
import { type ClientRequest, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { HeaderFields, PlexusError, type Protocol, resolveLimits, type StreamHandler } from '@plexus/contract'
import {
  http2,
  type PlexusSession,
  protocolByAlpn,
  protocolOf,
  type SessionSettings,
  sessionSettings,
} from 'plexus'
import { connectTlsSocket, sessionOn, type TlsClientOptions } from 'plexus/node'
import { Body } from '../message/body.js'
import { UPGRADE, UPGRADE_H2C } from '../server/http1-door.js'
import { defaultAlpn } from '../server/server.js'
import { speakerOf } from './certificate.js'

export interface ConnectHttpOptions extends SessionSettings, TlsClientOptions {
  /** Gives up dialling. */
  readonly signal?: AbortSignal | undefined
  /** How long dialling may take, ms, without TLS's handshake; 0 is for ever. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Gets the streams that the server opens; without one they wait for whoever iterates over the session. */
  readonly handler?: StreamHandler | undefined
}

/** A session; or, where the server speaks HTTP/1.1 only, the connection, which is the caller's then. */
export type HttpConnection =
  | {
      readonly protocol: string
      readonly session: PlexusSession
      /** For `HttpClient`: hosts that the server's certificate covers too. That they are the same server is the caller's to know. */
      readonly speaksFor: (origin: string) => boolean
      readonly socket?: undefined
    }
  | {
      readonly protocol: 'http/1.1'
      readonly session?: undefined
      readonly speaksFor?: undefined
      readonly socket: TLSSocket
    }

/**
 * Dials `https://host:port` and lets the server choose among `h2` (if there is a protocol of that name), `spdy/3.1`,
 * `spdy/3` and `http/1.1`, which is what no choice means too. Rejects as `connect` of `plexus/node` does.
 */
export async function connectHttp(
  url: string | URL,
  options: ConnectHttpOptions = {},
): Promise<HttpConnection> {
  const { protocol: scheme, hostname, port } = new URL(url)
  if (scheme !== 'https:') throw refusal(`a URL of https:, got '${scheme}'`, 'application')
  const { connectTimeoutMs: timeoutMs, alpn = defaultAlpn(), handler } = options
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const { tlsHandshakeTimeoutMs: handshakeTimeoutMs } = resolveLimits(options.limits)
  const place = { host, port: Number(port || 443) }
  const socket = await connectTlsSocket({ handshakeTimeoutMs, ...options, ...place, alpn, timeoutMs })
  const chosen = socket.alpnProtocol || undefined
  if (chosen === undefined || chosen === 'http/1.1') return { protocol: 'http/1.1', socket }
  const codec = protocolByAlpn(chosen)
  if (codec === undefined) {
    socket.destroy()
    throw refusal(`a protocol that is spoken here, got '${chosen}'`, 'peer', 'UNSUPPORTED_VERSION')
  }
  const session = sessionOn(socket, { ...sessionSettings(options), codec, role: 'client', handler })
  return { protocol: codec.traits.name, session, speaksFor: speakerOf(socket, String(url)) }
}

export interface ConnectUpgradeOptions
  extends SessionSettings,
    Pick<TlsClientOptions, 'ca' | 'servername' | 'rejectUnauthorized'> {
  /** Gives up. */
  readonly signal?: AbortSignal | undefined
  /** How long it may take until the server has switched, ms. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Of the request that asks; default GET, with `h2c` HEAD: it is the session's first stream, and its answer is not looked at. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What to ask for. `h2c` is HTTP/2 (RFC 7540 §3.2), at `http://` only. Default `SPDY/3.1`. */
  readonly to?: typeof UPGRADE | typeof UPGRADE_H2C | undefined
}

/**
 * Asks the HTTP/1.1 server at an `http://` or `https://` URL for an upgrade, to SPDY/3.1 unless `to` says otherwise, and runs a session on that connection.
 * Rejects with a PlexusError of scope `request`: blame `peer` for one that does not switch (HTTP_1_1_REQUIRED), blame `carrier` for a
 * connection that did not come about (CONNECTION_LOST, TIMEOUT), blame `application` for a signal that was aborted (CANCEL).
 */
export function connectUpgrade(
  url: string | URL,
  options: ConnectUpgradeOptions = {},
): Promise<PlexusSession> {
  const { signal, timeoutMs = 10_000, to = UPGRADE } = options
  const { method = to === UPGRADE_H2C ? 'HEAD' : 'GET' } = options
  const { ca, servername, rejectUnauthorized = true } = options
  const headers = { ...options.headers, ...asking(to) }
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(refusal('to go on, the signal was aborted', 'application', 'CANCEL'))
    const target = new URL(url)
    if (to === UPGRADE_H2C && target.protocol === 'https:')
      return reject(refusal('a URL of http: for h2c, over TLS it is ALPN that chooses', 'application'))
    const secure = { ca, rejectUnauthorized, ...(servername !== undefined && { servername }) }
    let request: ClientRequest
    try {
      request =
        target.protocol === 'https:'
          ? requestSecure(target, { method, headers, agent: false, ...secure })
          : requestPlain(target, { method, headers, agent: false })
    } catch (cause) {
      return reject(
        refusal(`a URL of http: or https:, got '${target.protocol}'`, 'application', undefined, cause),
      )
    }
    const onAbort = () => fail(refusal('to go on, the signal was aborted', 'application', 'CANCEL'))
    const timer = setTimeout(
      () => fail(refusal(`an answer within ${timeoutMs} ms, none came`, 'carrier', 'TIMEOUT')),
      timeoutMs,
    )
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: PlexusError) => {
      settle()
      request.destroy()
      reject(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    request.on('error', (cause) => fail(refusal('a connection', 'carrier', 'CONNECTION_LOST', cause)))
    request.on('response', (response) =>
      fail(refusal(`101 to ${to}, got ${response.statusCode}`, 'peer', 'HTTP_1_1_REQUIRED')),
    )
    request.on('upgrade', (response, socket: Socket, head: Buffer) => {
      if ((response.headers.upgrade ?? '').toLowerCase() !== to.toLowerCase()) {
        socket.destroy()
        return fail(refusal(`101 to ${to}, got another protocol`, 'peer', 'UNSUPPORTED_VERSION'))
      }
      settle()
      if (head.length > 0) socket.unshift(head)
      const session = sessionOn(socket, {
        ...sessionSettings(options),
        codec: protocolFor(to),
        role: 'client',
      })
      if (to === UPGRADE_H2C) void forget(session)
      resolve(session)
    })
    request.end()
  })
}

/** SETTINGS_ENABLE_PUSH 0, for a server that would push at once; all else the session says when it begins. */
const NO_PUSH = new Uint8Array([0, 2, 0, 0, 0, 0])

const asking = (to: string): Record<string, string> =>
  to === UPGRADE_H2C
    ? {
        Connection: 'Upgrade, HTTP2-Settings',
        Upgrade: to,
        'HTTP2-Settings': Buffer.from(NO_PUSH).toString('base64url'),
      }
    : { Connection: 'Upgrade', Upgrade: to }

const protocolFor = (to: string): Protocol =>
  to === UPGRADE_H2C
    ? http2({ upgraded: { settings: NO_PUSH, headers: HeaderFields.NONE } })
    : protocolOf('spdy')

/** The request that asked is stream 1, and half-closed; its answer is read and dropped. */
async function forget(session: PlexusSession): Promise<void> {
  try {
    const stream = await session.open({ end: true })
    await new Body(stream, { length: undefined }).discard()
  } catch {
    // The session is over; its users hear of that.
  }
}

function refusal(
  expected: string,
  blame: 'application' | 'carrier' | 'peer',
  code: PlexusError['code'] = 'INTERNAL_ERROR',
  cause?: unknown,
): PlexusError {
  return new PlexusError(`expected ${expected}`, { scope: 'request', code, blame, processed: 'no', cause })
}
