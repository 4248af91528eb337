import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { arrival, type ConnectTcpOptions } from './connect.js'
import { carrierError, systemCode } from './errors.js'
import { type TlsCarrier, tlsCarrier, tlsLabel } from './tls-carrier.js'
import {
  HANDSHAKE_MS,
  refuseRenegotiation,
  secureContext,
  type TlsContextOptions,
  weakness,
} from './tls-context.js'
import { TlsSession, trustOf } from './tls-session.js'

export interface TlsClientOptions extends TlsContextOptions {
  /** The name that we ask for (SNI) and that the certificate must bear. Default the host. */
  readonly servername?: string | undefined
  /** Protocols that we offer, best first. Default none. */
  readonly alpn?: readonly string[] | undefined
  /** `false` takes any certificate. Default true, whatever the environment says. */
  readonly rejectUnauthorized?: boolean | undefined
  /** Says what is wrong with the certificate, once its chain is known to be good. Default: that its names fit. */
  readonly checkServerIdentity?:
    | ((host: string, certificate: PeerCertificate) => Error | undefined)
    | undefined
  /** Instead of the keys and certificates here. */
  readonly secureContext?: SecureContext | undefined
  /**
   * A session to be resumed, as {@link onTlsSession} gave it. For another name, other trust, or after its certificate's end,
   * it is not (B16): Node would take it without asking.
   */
  readonly tlsSession?: TlsSession | undefined
  /** Gets what the next connection to the same place may resume. May be called more than once. */
  readonly onTlsSession?: ((session: TlsSession) => void) | undefined
  /** How long the handshake may take, ms; 0 is for ever. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined
}

export interface ConnectTlsOptions extends ConnectTcpOptions, TlsClientOptions {}

/**
 * Connects to a TCP port and makes it secure. Rejects as `connectTcp` does; with INADEQUATE_SECURITY for a certificate or
 * version that is not good enough, and with blame `application` for keys and certificates that cannot be used.
 */
export async function connectTls(options: ConnectTlsOptions): Promise<TlsCarrier> {
  const { host = '127.0.0.1', port, highWater } = options
  const label = tlsLabel(host, port)
  return secure(options, (socket) => tlsCarrier(socket, { label, highWater }))
}

/**
 * The same, for the socket itself. It has an error listener that stays, so that an error before its new owner listens is
 * nobody's end.
 */
export async function connectTlsSocket(options: ConnectTlsOptions): Promise<TLSSocket> {
  return secure(options, (socket) => socket.on('error', () => undefined))
}

async function secure<T>(options: ConnectTlsOptions, arrive: (socket: TLSSocket) => T): Promise<T> {
  const { host = '127.0.0.1', port, servername = isIP(host) ? '' : host, timeoutMs = 10_000 } = options
  const { alpn = [], handshakeTimeoutMs = HANDSHAKE_MS, tlsSession, onTlsSession } = options
  const rejectUnauthorized = options.rejectUnauthorized !== false
  const what = `connecting to ${tlsLabel(host, port)}`
  const context = options.secureContext ?? secureContext(what, options)
  const identity = new IdentityCheck(options.checkServerIdentity)
  const trust = trustOf(options, servername || host)
  const session = tlsSession?.ticketFor(trust)

  const dial = () => {
    // The types do not know `allowHalfOpen`; Node's documentation does.
    const wanted: ConnectionOptions & { allowHalfOpen: boolean } = {
      secureContext: context,
      host,
      port,
      servername,
      ALPNProtocols: [...alpn],
      rejectUnauthorized,
      checkServerIdentity: (name, certificate) => identity.faultOf(name, certificate),
      allowHalfOpen: true,
      ...(session !== undefined && { session }),
    }
    const socket = connect(wanted)
    if (onTlsSession !== undefined)
      socket.on(
        'session',
        guardedSession(socket, (ticket) => onTlsSession(TlsSession.of(ticket, socket, trust))),
      )
    return socket
  }
  return arrival({
    what,
    signal: options.signal,
    dial,
    phases: [
      { until: 'connect', timeoutMs },
      { until: 'secureConnect', timeoutMs: handshakeTimeoutMs },
    ],
    arrive(socket) {
      const fault = weakness(socket)
      if (fault !== undefined) throw fault
      refuseRenegotiation(socket)
      return arrive(socket)
    },
    faultOf: (what, cause) => tlsError(what, cause, cause !== undefined && cause === identity.fault),
  })
}

type Identity = NonNullable<TlsClientOptions['checkServerIdentity']>

/** Knows what it said: by its look alone an error of the caller's is no different from one of the connection's. */
class IdentityCheck {
  fault: Error | undefined
  readonly #check: Identity

  constructor(check: Identity = checkServerIdentity) {
    this.#check = check
  }

  /** S14: what the caller's check throws is a reason to refuse this connection, and no more. */
  faultOf(host: string, certificate: PeerCertificate): Error | undefined {
    try {
      this.fault = this.#check(host, certificate)
    } catch (cause) {
      this.fault = toError(cause)
    }
    return this.fault
  }
}

function guardedSession(socket: TLSSocket, onSession: (ticket: Buffer) => void) {
  return (ticket: Buffer) => {
    // A resumed one shows no certificate: what it was made with stays good as long as it was.
    if (socket.isSessionReused()) return
    try {
      onSession(ticket)
    } catch (cause) {
      socket.destroy(toError(cause))
    }
  }
}

/** Whatever was thrown, as an error. */
export function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause), { cause })
}

/** What Node and OpenSSL call it when the peer's certificate is not to be trusted. */
const DISTRUST =
  /^(?:CERT_|ERR_TLS_CERT_|ERR_TLS_PROTOCOL_VERSION|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_|HOSTNAME_|CRL_)/

/** @param isIdentity the check of the peer's identity says so, whatever code its error has */
function tlsError(what: string, cause: unknown, isIdentity: boolean): Error {
  const code = systemCode(cause)
  const reason = code ?? toError(cause).message
  const isDistrust = isIdentity || (code !== undefined && DISTRUST.test(code))
  const neutral = isDistrust ? 'INADEQUATE_SECURITY' : 'CONNECTION_LOST'
  return carrierError(`${what} failed: ${reason}`, neutral, cause)
}
