import { connectTcp, connectTls, connectUnix, nodeHost, type TlsClientOptions } from '@plexus/carrier-node'
import {
  type Carrier,
  PlexusError,
  type Protocol,
  type Role,
  resolveLimits,
  type StreamHandler,
} from '@plexus/contract'
import { type Address, parseAddress, type TlsAddress } from '../address.js'
import { misuse } from '../misuse.js'
import { negotiationAt } from '../negotiation.js'
import { protocolAt } from '../protocols.js'
import { createSession, type PlexusSession, type SessionSettings, sessionSettings } from '../session.js'

/** Options of TLS say something where the URL does. */
export interface ConnectOptions extends SessionSettings, Omit<TlsClientOptions, 'handshakeTimeoutMs'> {
  /** Which end we are. Default `client`, though it need not follow from who dials. */
  readonly role?: Role | undefined
  /** The protocol's profile, e.g. `spdystream`; goes before the URL's `?profile=`. */
  readonly profile?: string | undefined
  /** Gives up dialling. It has no say over the session that came about. */
  readonly signal?: AbortSignal | undefined
  /** How long dialling may take, ms, without TLS's handshake; 0 is for ever. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Gets the streams that the peer opens; without one they wait for whoever iterates over the session. */
  readonly handler?: StreamHandler | undefined
}

/**
 * Dials `spdy+tcp://host:port`, `spdy+tls://host:port` or `spdy+unix:/path` and runs a session there. Over TLS the peer
 * chooses among the protocol's forms (ALPN): SPDY/3.1 or SPDY/3; one that chooses nothing is spoken to as the URL says.
 *
 * Rejects with a PlexusError of scope `request`: blame `application` for a URL that cannot be or a signal that was
 * aborted (CANCEL), blame `carrier` for a connection that did not come about (CONNECTION_LOST, TIMEOUT,
 * INADEQUATE_SECURITY), blame `peer` for one that chose a protocol we do not speak (HTTP_1_1_REQUIRED, UNSUPPORTED_VERSION).
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<PlexusSession> {
  const { role = 'client', handler } = options
  const address = parseAddress(url)
  const { carrier, codec } = await dial(address, options)
  return createSession({ ...sessionSettings(options), handler, codec, carrier, role, host: nodeHost })
}

interface Dialled {
  readonly carrier: Carrier
  readonly codec: Protocol
}

async function dial(address: Address, options: ConnectOptions): Promise<Dialled> {
  const { profile, signal, connectTimeoutMs: timeoutMs } = options
  if (address.carrier === 'tls') return dialTls(address, options)
  refuseKeys(address, options)
  const codec = protocolAt(address, profile)
  if (address.carrier === 'unix') {
    return { codec, carrier: await connectUnix(address.path, { signal, timeoutMs }) }
  }
  const { host, port } = address
  return { codec, carrier: await connectTcp({ signal, timeoutMs, host, port }) }
}

async function dialTls(address: TlsAddress, options: ConnectOptions): Promise<Dialled> {
  const { profile, alpn, connectTimeoutMs: timeoutMs } = options
  const { host, port } = address
  const { offered, spoken, otherwise } = negotiationAt(address, profile, alpn)
  const { tlsHandshakeTimeoutMs: handshakeTimeoutMs } = resolveLimits(options.limits)
  const carrier = await connectTls({ ...options, host, port, alpn: offered, timeoutMs, handshakeTimeoutMs })
  const codec = carrier.alpn === undefined ? otherwise : spoken(carrier.alpn)
  if (codec !== undefined) return { carrier, codec }
  carrier.destroy()
  throw new PlexusError(`expected one of ${offered.join(', ')} that is spoken here, got '${carrier.alpn}'`, {
    scope: 'request',
    code: carrier.alpn === 'http/1.1' ? 'HTTP_1_1_REQUIRED' : 'UNSUPPORTED_VERSION',
    blame: 'peer',
    processed: 'no',
  })
}

/** Who gives a key believes that there is TLS. @throws PlexusError (scope `request`, blame `application`) */
export function refuseKeys(
  { url }: Address,
  options: Partial<Record<'key' | 'cert' | 'pfx' | 'ca' | 'SNICallback' | 'secureContext', unknown>>,
): void {
  const { key, cert, pfx, ca, SNICallback, secureContext } = options
  if ([key, cert, pfx, ca, SNICallback, secureContext].some((one) => one !== undefined))
    throw misuse(`expected keys and certificates with +tls: only, got '${url}'`)
}
