/** Who makes the sessions of a pool? Node's sockets, with TLS's choice of protocol for https, and one that is known before for http. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { PlexusError } from '@plexus/contract'
import type { SessionSettings } from 'plexus'
import { connect, type TlsClientOptions, type TlsSession } from 'plexus/node'
import { connectHttp } from '../connect-http.js'
import { HttpPool } from './http-pool.js'
import type { Dial, DialledSession, HttpPoolOptions } from './options.js'
import type { PoolTarget } from './target.js'

export interface DialHttpOptions extends SessionSettings {
  /**
   * The protocol that servers of `http:` are spoken to in, without being asked: a name in `protocols`. Default `h2`. Over `https:` the
   * server chooses.
   */
  readonly cleartext?: string | undefined
}

/**
 * A {@link Dial} for {@link HttpPool}. Of a target it takes host, port, `alpn`, and `tls` as `connectHttp` does; not `proxy`, for which a
 * dialler of one's own is needed. Rejects as `connect` of `plexus/node` does, and with HTTP_1_1_REQUIRED for a server that speaks nothing newer.
 */
export function dialHttp(options: DialHttpOptions = {}): Dial {
  const places = new Places()
  return async (target, signal) => {
    const { scheme, proxy } = target
    if (proxy !== undefined)
      throw refusal(
        'INTERNAL_ERROR',
        'application',
        `no proxy, which this dialler does not know, got '${proxy}'`,
      )
    return scheme === 'https'
      ? dialSecure(target, options, signal, places.of(target))
      : dialPlain(target, options, signal)
  }
}

async function dialPlain(
  { origin }: PoolTarget,
  { cleartext = 'h2', ...settings }: DialHttpOptions,
  signal: AbortSignal,
): Promise<DialledSession> {
  const { host, port } = new URL(origin)
  const place = port === '' ? `${host}:80` : host
  // The pool has a time-out of its own.
  return {
    session: await connect(`${cleartext}+tcp://${place}`, { ...settings, signal, connectTimeoutMs: 0 }),
  }
}

/** Places whose last handshake is remembered. */
const MAX_PLACES = 256

/** What later connections to a place go by. */
class Place {
  /** Of the last handshake that showed one, its chain known to be good; what is resumed was made with it. */
  certificate: PeerCertificate | undefined
  tlsSession: TlsSession | undefined
  /** One function for all connections: a session is resumed only under the trust that it was made with (B16). */
  readonly checkServerIdentity: Check
  readonly #check: Check

  constructor(check: Check = checkServerIdentity) {
    this.#check = check
    this.checkServerIdentity = (asked, shown) => {
      this.certificate = shown
      return check(asked, shown)
    }
  }

  /** A connection may outlive the certificate that it was made with. */
  judge(name: string): () => boolean {
    const { certificate } = this
    return () =>
      certificate === undefined ||
      (!(Date.now() >= Date.parse(certificate.valid_to)) && this.#check(name, certificate) === undefined)
  }
}

type Check = NonNullable<TlsClientOptions['checkServerIdentity']>

class Places {
  readonly #places = new Map<string, Place>()

  /** The one that was not asked for longest makes room. */
  of({ key, tls = {} }: PoolTarget): Place {
    const place = this.#places.get(key) ?? new Place((tls as TlsClientOptions).checkServerIdentity)
    this.#places.delete(key)
    this.#places.set(key, place)
    if (this.#places.size > MAX_PLACES) this.#places.delete(this.#places.keys().next().value!)
    return place
  }
}

async function dialSecure(
  { origin, host, alpn, tls = {} }: PoolTarget,
  { cleartext: _, ...settings }: DialHttpOptions,
  signal: AbortSignal,
  place: Place,
): Promise<DialledSession> {
  const trust = tls as TlsClientOptions
  const dialled = await connectHttp(origin, {
    tlsSession: place.tlsSession,
    onTlsSession(session) {
      place.tlsSession = session
    },
    ...trust,
    ...settings,
    ...(alpn !== undefined && { alpn }),
    checkServerIdentity: place.checkServerIdentity,
    signal,
    connectTimeoutMs: 0,
  })
  if (dialled.socket !== undefined) {
    dialled.socket.destroy()
    throw refusal(
      'HTTP_1_1_REQUIRED',
      'peer',
      `a server that speaks something newer than HTTP/1.1 at ${origin}`,
    )
  }
  return { session: dialled.session, isFor: place.judge(trust.servername || host) }
}

export interface CreatePoolOptions extends Omit<HttpPoolOptions, 'dial' | 'tls'>, DialHttpOptions {
  /** Options of TLS for `https:`: certificates, names, versions. */
  readonly tls?: Omit<TlsClientOptions, 'alpn'> | undefined
}

/** An {@link HttpPool} that dials by {@link dialHttp}. */
export function createPool(options: CreatePoolOptions = {}): HttpPool {
  const { cleartext, limits, charts, inspect, budget, tls, ...rest } = options
  const dial = dialHttp({ cleartext, limits, charts, inspect, budget })
  return new HttpPool({ ...rest, dial, tls: tls as Readonly<Record<string, unknown>> | undefined })
}

function refusal(code: PlexusError['code'], blame: PlexusError['blame'], expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, { scope: 'request', code, blame, processed: 'no' })
}
