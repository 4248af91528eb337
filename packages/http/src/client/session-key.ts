/** The key for pools of one's own (S11): what {@link identityOf} says, in a form that may be shown. */
import { createHash } from 'node:crypto'
import type { TlsClientOptions } from 'plexus/node'
import { identityOf } from './identity.js'
import { originAt } from './origin.js'

/** What a connection is made for, and with. */
export interface SessionPlace {
  readonly scheme: 'http' | 'https'
  /** Host and perhaps a port. */
  readonly authority: string
  /** The proxy in between, if there is one. */
  readonly proxy?: string | URL | undefined
  /** All options of TLS, ALPN and those that we do not know among them. */
  readonly tls?: TlsOptionsOfPlace | undefined
}

export type TlsOptionsOfPlace = TlsClientOptions & Readonly<Record<string, unknown>>

/**
 * Equal for places that may share a session, and for no others: scheme, host, port, proxy and every option of TLS, whether
 * it is left out or has its default. Keys and passphrases go into it as a hash. Functions and objects that say nothing
 * of themselves (`checkServerIdentity`, `secureContext`) are the same only if they are the same object.
 *
 * @throws PlexusError (scope `request`, not processed) for an authority or a proxy that is none
 */
export function sessionKey({ scheme, authority, proxy, tls }: SessionPlace): string {
  const origin = originAt(scheme, authority)
  const hash = createHash('sha256').update(identityOf({ origin, proxy, tls }))
  return `${origin} ${proxy === undefined ? 'direct' : wayThrough(proxy)} ${hash.digest('base64url')}`
}

/** What may be shown of a proxy: its user and password are in the hash alone. */
function wayThrough(proxy: string | URL): string {
  const { protocol, host } = new URL(proxy)
  return `via ${protocol}//${host}`
}
