/** Which connection may carry a request? Only one that was made for exactly what the request asks (S11). */
import { unsendable } from '../faults.js'
import { identityOf } from '../identity.js'

/** How an origin is reached, beside its name: part of what tells connections apart. */
export interface RouteOptions {
  /** URL of the proxy that is gone through. Default none. */
  readonly proxy?: string | undefined
  /** Options of TLS, as the dialler takes them: certificates, server name, ciphers, all that could make a difference. */
  readonly tls?: Readonly<Record<string, unknown>> | undefined
  /** Protocols that are offered, the best first. Default: the dialler's. */
  readonly alpn?: readonly string[] | undefined
}

/** What a connection is made for. */
export interface PoolTarget {
  readonly scheme: 'http' | 'https'
  /** In lower case; an address of IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** `scheme://host`, with the port unless it is the scheme's own. */
  readonly origin: string
  readonly proxy: string | undefined
  readonly tls: Readonly<Record<string, unknown>> | undefined
  readonly alpn: readonly string[] | undefined
  /** Equal for two targets if, and only if, one's connections may carry the other's requests. */
  readonly key: string
}

/** @throws PlexusError (scope `request`) for what is no origin of http or https */
export function targetOf(place: string | URL, route: RouteOptions = {}): PoolTarget {
  let url: URL
  try {
    url = typeof place === 'string' ? new URL(place) : place
  } catch (cause) {
    throw unsendable(`an absolute URL, got '${place}'`, cause)
  }
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'http' && scheme !== 'https') throw unsendable(`an URL of http or https, got '${scheme}:'`)
  if (url.username !== '' || url.password !== '') throw unsendable('an URL without user and password')
  const port = Number(url.port || (scheme === 'https' ? 443 : 80))
  const { proxy, tls, alpn } = route
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const { origin } = url
  const key = identityOf({ origin, proxy, tls: alpn === undefined ? tls : { ...tls, alpn } })
  return { scheme, host, port, origin, proxy, tls, alpn, key }
}
