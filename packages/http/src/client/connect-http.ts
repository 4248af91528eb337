/** How does a client come to a session? By TLS's choice, or by an upgrade from HTTP/1.1. */
import { type ClientRequest, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { PlexusError } from '@plexus/contract'
import { type PlexusSession, protocolByAlpn, protocolOf, type SessionSettings } from 'plexus'
import { connectTlsSocket, sessionOn, type TlsClientOptions } from 'plexus/node'
import { UPGRADE } from '../server/http1-door.js'
import { defaultAlpn } from '../server/server.js'

export interface ConnectHttpOptions extends SessionSettings, TlsClientOptions {
  /** Gives up dialling. */
  readonly signal?: AbortSignal | undefined
  /** How long dialling may take, ms, without TLS's handshake; 0 is for ever. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
}

/** A session; or, where the server speaks HTTP/1.1 only, the connection, which is the caller's then. */
export type HttpConnection =
  | { readonly protocol: string; readonly session: PlexusSession; readonly socket?: undefined }
  | { readonly protocol: 'http/1.1'; readonly session?: undefined; readonly socket: TLSSocket }

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
  const { limits, charts, inspect, budget, connectTimeoutMs: timeoutMs, alpn = defaultAlpn() } = options
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = await connectTlsSocket({ ...options, host, port: Number(port || 443), alpn, timeoutMs })
  const chosen = socket.alpnProtocol || undefined
  const codec = chosen === undefined ? undefined : protocolByAlpn(chosen)
  if (codec === undefined) return { protocol: 'http/1.1', socket }
  const session = sessionOn(socket, { limits, charts, inspect, budget, codec, role: 'client' })
  return { protocol: codec.traits.name, session }
}

export interface ConnectUpgradeOptions
  extends SessionSettings,
    Pick<TlsClientOptions, 'ca' | 'servername' | 'rejectUnauthorized'> {
  /** Gives up. */
  readonly signal?: AbortSignal | undefined
  /** How long it may take until the server has switched, ms. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Of the request that asks; default GET. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Asks the HTTP/1.1 server at an `http://` or `https://` URL for `Upgrade: SPDY/3.1` and runs a session on that connection.
 * Rejects with a PlexusError of scope `request`: blame `peer` for one that does not switch (HTTP_1_1_REQUIRED), blame `carrier` for a
 * connection that did not come about (CONNECTION_LOST, TIMEOUT), blame `application` for a signal that was aborted (CANCEL).
 */
export function connectUpgrade(
  url: string | URL,
  options: ConnectUpgradeOptions = {},
): Promise<PlexusSession> {
  const { limits, charts, inspect, budget, signal, timeoutMs = 10_000, method = 'GET' } = options
  const { ca, servername, rejectUnauthorized = true } = options
  const headers = { ...options.headers, Connection: 'Upgrade', Upgrade: UPGRADE }
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(refusal('to go on, the signal was aborted', 'application', 'CANCEL'))
    const target = new URL(url)
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
      fail(refusal(`101 to ${UPGRADE}, got ${response.statusCode}`, 'peer', 'HTTP_1_1_REQUIRED')),
    )
    request.on('upgrade', (response, socket: Socket, head: Buffer) => {
      if ((response.headers.upgrade ?? '').toLowerCase() !== UPGRADE.toLowerCase()) {
        socket.destroy()
        return fail(refusal(`101 to ${UPGRADE}, got another protocol`, 'peer', 'UNSUPPORTED_VERSION'))
      }
      settle()
      if (head.length > 0) socket.unshift(head)
      resolve(
        sessionOn(socket, { limits, charts, inspect, budget, codec: protocolOf('spdy'), role: 'client' }),
      )
    })
    request.end()
  })
}

function refusal(
  expected: string,
  blame: 'application' | 'carrier' | 'peer',
  code: PlexusError['code'] = 'INTERNAL_ERROR',
  cause?: unknown,
): PlexusError {
  return new PlexusError(`expected ${expected}`, { scope: 'request', code, blame, processed: 'no', cause })
}
