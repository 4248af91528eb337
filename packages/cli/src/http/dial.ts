/** Who answers at a target? Dials, lets TLS choose what is spoken, and speaks it. */
import { connect as dialTcp, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  type ErrorCode,
  PlexusError,
  type PlexusSession,
  type Protocol,
  protocolOf,
  type StreamHandler,
} from 'plexus'
import { connectTlsSocket, sessionOn } from 'plexus/node'
import { dumped } from './frame-dump.js'
import { Http1Peer } from './http1-peer.js'
import type { DialOptions, HttpPeer } from './peer.js'
import { SessionPeer } from './session-peer.js'
import type { HttpTarget } from './target.js'

/** How long a connection may take to come about, ms. */
const DIAL_MS = 10_000

/** What we speak over TLS, best first; names of ALPN → names in the table of protocols. */
export const SPOKEN: ReadonlyMap<string, string> = new Map([
  ['spdy/3.1', 'spdy'],
  ['spdy/3', 'spdy3'],
])

/** Rejects with a PlexusError of blame `carrier` for a connection that does not come about. */
export async function dial(target: HttpTarget, options: DialOptions): Promise<HttpPeer> {
  const session = target.way === 'http' ? undefined : await dialSession(target, options)
  return session === undefined ? new Http1Peer(target.isSecure, options) : new SessionPeer(session)
}

/**
 * A session with the server at `target`; undefined if it speaks HTTP/1.1.
 *
 * @param handler gets what the server pushes; without one that waits for whoever iterates over the session
 */
export async function dialSession(
  target: HttpTarget,
  options: DialOptions,
  handler?: StreamHandler,
): Promise<PlexusSession | undefined> {
  const own = target.way === 'spdy' ? protocolOf(target.protocol) : undefined
  const socket = await reach(target, own, options)
  const chosen = target.isSecure ? (socket as TLSSocket).alpnProtocol || undefined : undefined
  const known = chosen === undefined ? undefined : SPOKEN.get(chosen)
  // Where SPDY was asked for and nothing was chosen, SPDY it is: there are servers without ALPN.
  const spoken = known === undefined ? own : protocolOf(known)
  if (spoken === undefined) {
    socket.destroy()
    return undefined
  }
  const { dump, seconds } = options
  const codec = dump === undefined ? spoken : dumped(spoken, { write: dump, seconds })
  return sessionOn(socket, { codec, role: 'client', handler })
}

async function reach(
  target: HttpTarget,
  own: Protocol | undefined,
  { insecure, ca, signal }: DialOptions,
): Promise<Socket> {
  const { host, port, isSecure } = target
  if (!isSecure) return reachTcp(host, port, signal)
  const alpn = own === undefined ? [...SPOKEN.keys(), 'http/1.1'] : [own.traits.name]
  const trust = { rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }) }
  try {
    return await connectTlsSocket({ host, port, alpn, signal, ...trust })
  } catch (error) {
    if (!(error instanceof PlexusError) || error.code !== 'INADEQUATE_SECURITY') throw error
    const { scope, code, blame, processed } = error
    const message = `${error.message}; --cacert FILE trusts a certificate, -k takes any`
    throw new PlexusError(message, { scope, code, blame, processed, cause: error })
  }
}

function reachTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dialTcp({ host, port, allowHalfOpen: true })
    const timer = setTimeout(() => fail(new Error(`it took longer than ${DIAL_MS} ms`), 'TIMEOUT'), DIAL_MS)
    const onAbort = () => fail(new Error('it was given up'), 'CANCEL')
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    const fail = (cause: NodeJS.ErrnoException, code: ErrorCode = 'CONNECTION_LOST') => {
      settle()
      socket.destroy()
      const message = `connecting to ${host}:${port} failed: ${cause.message || cause.code}`
      reject(new PlexusError(message, { scope: 'request', code, blame: 'carrier', processed: 'no', cause }))
    }
    // It stays: nobody else listens until a session does.
    socket.on('error', (cause) => fail(cause))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })
}
