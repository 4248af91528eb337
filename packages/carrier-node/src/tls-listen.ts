import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, type SecureContext, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { Acceptor } from './acceptor.js'
import { carrierError, systemCode } from './errors.js'
import { Handshakes } from './handshakes.js'
import { type CarrierListener, doorOf, type ListenTcpOptions, open, type TcpAddress } from './listen.js'
import { type TlsCarrier, tlsCarrier, tlsLabel } from './tls-carrier.js'
import { toError } from './tls-connect.js'
import {
  contextOptions,
  given,
  HANDSHAKE_MS,
  refuseRenegotiation,
  secureContext,
  type TlsContextOptions,
  weakness,
} from './tls-context.js'

/** Finds the context for the name that a client asks for. One call of `done`; later ones mean nothing. */
export type SniCallback = (
  servername: string,
  done: (error: Error | null, context?: SecureContext) => void,
) => void | Promise<void>

/** Chooses among what a client offers; undefined ends the handshake. */
export type AlpnCallback = (offer: {
  readonly servername: string
  readonly protocols: readonly string[]
}) => string | undefined

export interface TlsServerOptions extends TlsContextOptions {
  /**
   * Protocols that we take, best first. A client that offers others only is turned away in the handshake; one that offers
   * none is not. Default: whatever is offered, nothing is chosen.
   */
  readonly alpn?: readonly string[] | undefined
  /** Chooses instead of {@link alpn}. */
  readonly ALPNCallback?: AlpnCallback | undefined
  /** Default: one certificate for all names. */
  readonly SNICallback?: SniCallback | undefined
  /** Asks clients for a certificate. Default false. */
  readonly requestCert?: boolean | undefined
  /** Turns clients away whose certificate is missing or not to be trusted, if one is asked for. Default true. */
  readonly rejectUnauthorized?: boolean | undefined
  /** How long a handshake may take, ms. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Gets what went wrong before a connection was one: a handshake that failed, a callback that threw. */
  readonly onHandshakeError?: ((error: Error) => void) | undefined
}

export interface ListenTlsOptions extends ListenTcpOptions, TlsServerOptions {}

/** An open door behind which connections are secure. */
export interface TlsListener extends CarrierListener<TcpAddress> {
  /**
   * New certificates for new connections; those that are there keep theirs, and no session made with the old ones is
   * resumed. @throws PlexusError (blame `application`) for keys and certificates that cannot be used; then the old ones stay
   */
  setSecureContext(options: TlsContextOptions): void
}

/** Listens on a TCP port for TLS. Rejects as `listenTcp` does, and for keys and certificates that cannot be used. */
export function listenTls(
  options: ListenTlsOptions,
  onCarrier: (carrier: TlsCarrier) => void,
): Promise<TlsListener> {
  const { highWater } = options
  return listenTlsSockets(options, (socket) => onCarrier(tlsCarrier(socket, { highWater })))
}

/** The same, for the sockets themselves, behind their handshakes. Each has an error listener that stays. */
export async function listenTlsSockets(
  options: ListenTlsOptions,
  onSocket: (socket: TLSSocket) => void,
): Promise<TlsListener> {
  const { host = '127.0.0.1', port = 0, backlog, signal } = options
  const what = `listening on ${tlsLabel(host, port)}`
  secureContext(what, options)
  const report = reporterOf(options.onHandshakeError)
  const server: Server = createServer({ ...serverOptions(options, report), noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    const fault = acceptor.isClosed ? new Error('the door was shut') : weakness(socket)
    if (fault !== undefined) {
      socket.destroy()
      return report(fault)
    }
    socket.allowHalfOpen = true
    refuseRenegotiation(socket)
    onSocket(socket)
  })
  // Node tells, and leaves the socket to us.
  server.on('tlsClientError', (error, socket) => {
    socket.destroy()
    report(error)
  })
  const handshakes = new Handshakes(server)
  const acceptor = new Acceptor(server, { host, port, backlog })
  await open(acceptor, what, signal)
  const { address, port: actual } = server.address() as AddressInfo
  const door = doorOf(acceptor, { host: address, port: actual }, signal, () => handshakes.destroy())
  return {
    ...door,
    setSecureContext(changes) {
      secureContext(`changing the certificates of ${tlsLabel(host, actual)}`, changes)
      server.setSecureContext(contextOptions(changes))
      server.setTicketKeys(randomBytes(48))
    },
  }
}

type Report = (error: Error) => void

function serverOptions(options: ListenTlsOptions, report: Report): TlsOptions {
  const { alpn, ALPNCallback, SNICallback, requestCert = false, handshakeTimeoutMs = HANDSHAKE_MS } = options
  const choice = ALPNCallback && guardedAlpn(ALPNCallback, report)
  return {
    ...contextOptions(options),
    ...given({
      ALPNCallback: choice,
      ALPNProtocols: choice === undefined && alpn !== undefined ? [...alpn] : undefined,
      SNICallback: SNICallback && guardedSni(SNICallback),
    }),
    requestCert,
    rejectUnauthorized: options.rejectUnauthorized !== false,
    handshakeTimeout: handshakeTimeoutMs,
  }
}

/** S14: a choice that throws, or is none of what was offered, fails this handshake and nothing else. */
function guardedAlpn(choose: AlpnCallback, report: Report) {
  return (offer: { servername: string; protocols: string[] }): string | undefined => {
    try {
      const chosen = choose(offer)
      if (chosen === undefined || offer.protocols.includes(chosen)) return chosen
      report(
        new Error(`expected one of the protocols ${offer.protocols.join(', ')}, got '${String(chosen)}'`),
      )
    } catch (cause) {
      report(toError(cause))
    }
    return undefined
  }
}

/** S14: throws, rejects, answers twice, or answers with what is no context. */
function guardedSni(find: SniCallback): NonNullable<TlsOptions['SNICallback']> {
  return (servername, answer) => {
    let isAnswered = false
    const done = (error: Error | null, context?: SecureContext) => {
      if (isAnswered) return
      isAnswered = true
      if (error !== null && error !== undefined) answer(toError(error))
      else if (context === undefined || context === null || isContext(context)) answer(null, context)
      else answer(new Error(`expected a secure context for '${servername}', got ${typeof context}`))
    }
    try {
      Promise.resolve(find(servername, done)).catch((cause: unknown) => done(toError(cause)))
    } catch (cause) {
      done(toError(cause))
    }
  }
}

const isContext = (value: unknown) => typeof value === 'object' && value !== null && 'context' in value

/** What the caller's listener throws is nobody's end either. */
function reporterOf(listener: Report | undefined): Report {
  return (error) => {
    const code = systemCode(error)
    try {
      listener?.(carrierError(`a TLS handshake failed: ${code ?? error.message}`, 'CONNECTION_LOST', error))
    } catch {
      // It has its own means to tell.
    }
  }
}
