import { connectTcp, connectUnix, nodeHost } from '@plexus/carrier-node'
import type { Carrier, Role, StreamHandler } from '@plexus/contract'
import { type Address, parseAddress } from '../address.js'
import { protocolAt } from '../protocols.js'
import { createSession, type PlexusSession, type SessionSettings } from '../session.js'

export interface ConnectOptions extends SessionSettings {
  /** Which end we are. Default `client`, though it need not follow from who dials. */
  readonly role?: Role | undefined
  /** The protocol's profile, e.g. `spdystream`; goes before the URL's `?profile=`. */
  readonly profile?: string | undefined
  /** Gives up dialling. It has no say over the session that came about. */
  readonly signal?: AbortSignal | undefined
  /** How long dialling may take, ms; 0 is for ever. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Gets the streams that the peer opens; without one they wait for whoever iterates over the session. */
  readonly handler?: StreamHandler | undefined
}

/**
 * Dials `spdy+tcp://host:port` or `spdy+unix:/path` and runs a session there.
 *
 * Rejects with a PlexusError of scope `request`: blame `application` for a URL that cannot be or a signal that was
 * aborted (CANCEL), blame `carrier` for a connection that did not come about (CONNECTION_LOST, TIMEOUT).
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<PlexusSession> {
  const { role = 'client', profile, signal, connectTimeoutMs, ...settings } = options
  const address = parseAddress(url)
  const codec = protocolAt(address, profile)
  const carrier = await dial(address, { signal, timeoutMs: connectTimeoutMs })
  return createSession({ ...settings, codec, carrier, role, host: nodeHost })
}

interface DialOptions {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | undefined
}

function dial(address: Address, options: DialOptions): Promise<Carrier> {
  if (address.carrier === 'unix') return connectUnix(address.path, options)
  const { host, port } = address
  return connectTcp({ ...options, host, port })
}
