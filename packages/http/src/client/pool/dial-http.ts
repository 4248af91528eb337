/** Who makes the sessions of a pool? Node's sockets, with TLS's choice of protocol for https, and one that is known before for http. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { PlexusError } from '@plexus/contract'
import type { SessionSettings } from 'plexus'
import { connect, type TlsClientOptions } from 'plexus/node'
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
  return async (target, signal) => {
    const { scheme, proxy } = target
    if (proxy !== undefined)
      throw refusal(
        'INTERNAL_ERROR',
        'application',
        `no proxy, which this dialler does not know, got '${proxy}'`,
      )
    return scheme === 'https' ? dialSecure(target, options, signal) : dialPlain(target, options, signal)
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

async function dialSecure(
  { origin, host, alpn, tls = {} }: PoolTarget,
  { cleartext: _, ...settings }: DialHttpOptions,
  signal: AbortSignal,
): Promise<DialledSession> {
  const trust = tls as TlsClientOptions
  const check = trust.checkServerIdentity ?? checkServerIdentity
  const name = trust.servername ?? host
  /** Of a peer whose chain is known to be good. */
  let certificate: PeerCertificate | undefined
  const dialled = await connectHttp(origin, {
    ...trust,
    ...settings,
    ...(alpn !== undefined && { alpn }),
    checkServerIdentity(asked, shown) {
      certificate = shown
      return check(asked, shown)
    },
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
  // A connection may outlive the certificate that it was made with.
  const isFor = () =>
    certificate === undefined ||
    (!(Date.now() >= Date.parse(certificate.valid_to)) && check(name, certificate) === undefined)
  return { session: dialled.session, isFor }
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
