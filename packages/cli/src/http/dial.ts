/** Who answers at a target? Dials, lets TLS choose what is spoken, and speaks it. */
import { connect as dialTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as dialTls, type TLSSocket } from 'node:tls'
import {
  createSession,
  type ErrorCode,
  PlexusError,
  type PlexusSession,
  type Protocol,
  protocolOf,
  type StreamHandler,
} from 'plexus'
import { nodeHost, socketCarrier } from 'plexus/node'
import { dumped } from './frame-dump.js'
import { Http1Peer } from './http1-peer.js'
import type { DialOptions, HttpPeer } from './peer.js'
import { SessionPeer } from './session-peer.js'
import type { HttpTarget } from './target.js'

/** How long a connection may take to come about, its handshake included, ms. */
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
  return createSession({ codec, carrier: socketCarrier(socket), role: 'client', host: nodeHost, handler })
}

function reach(target: HttpTarget, own: Protocol | undefined, options: DialOptions): Promise<Socket> {
  const { host, port, isSecure } = target
  const { insecure, ca, signal } = options
  const where = `${host}:${port}`
  return new Promise((resolve, reject) => {
    const socket = isSecure
      ? dialTls({
          host,
          port,
          ALPNProtocols: own === undefined ? [...SPOKEN.keys(), 'http/1.1'] : [own.traits.name],
          rejectUnauthorized: !insecure,
          minVersion: 'TLSv1.2',
          allowHalfOpen: true,
          ...(isIP(host) === 0 && { servername: host }),
          ...(ca !== undefined && { ca }),
        } as ConnectionOptions)
      : dialTcp({ host, port, allowHalfOpen: true })
    const timer = setTimeout(() => fail(new Error(`it took longer than ${DIAL_MS} ms`), 'TIMEOUT'), DIAL_MS)
    const onAbort = () => fail(new Error('it was given up'), 'CANCEL')
    const onClose = () => fail(new Error('the connection was closed'))
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('close', onClose)
    }
    const fail = (cause: NodeJS.ErrnoException, code: ErrorCode = 'CONNECTION_LOST') => {
      settle()
      socket.destroy()
      const message = `connecting to ${where} failed: ${reasonOf(cause)}`
      reject(new PlexusError(message, { scope: 'request', code, blame: 'carrier', processed: 'no', cause }))
    }
    const onError = (cause: NodeJS.ErrnoException) => fail(cause)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('close', onClose)
    socket.on('error', onError)
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      settle()
      // The carrier listens from now on.
      resolve(socket)
      socket.off('error', onError)
      socket.on('error', () => {})
    })
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const isTrust = code !== undefined && /CERT|SIGNATURE|ISSUER/.test(code)
  return isTrust
    ? `${message} (${code}); --cacert FILE trusts a certificate, -k takes any`
    : message || (code ?? '')
}
