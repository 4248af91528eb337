/** May two requests share a session? If all that its connection was made with is the same: the key of a pool (S11). */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { TlsClientOptions } from 'plexus/node'
import { unsendable } from './faults.js'
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

/** They say how long something takes or who is told, not with whom we speak. */
const NO_IDENTITY: ReadonlySet<string> = new Set(['handshakeTimeoutMs', 'onTlsSession', 'tlsSession'])

/**
 * Equal for places that may share a session, and for no others: scheme, host, port, proxy and every option of TLS, whether
 * it is left out or has its default. Keys and passphrases go into it as a hash. Functions and objects that say nothing
 * of themselves (`checkServerIdentity`, `secureContext`) are the same only if they are the same object.
 *
 * @throws PlexusError (scope `request`, not processed) for an authority or a proxy that is none
 */
export function sessionKey({ scheme, authority, proxy, tls = {} }: SessionPlace): string {
  const origin = originAt(scheme, authority)
  const hostname = new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1')
  const hash = createHash('sha256')
  const given: Record<string, unknown> = scheme === 'https' ? tls : {}
  for (const name of Object.keys(given).sort()) {
    const value = given[name]
    if (value === undefined || NO_IDENTITY.has(name) || isDefault(name, value, hostname)) continue
    hash.update(`${part(name)}${printOf(value)}`)
  }
  const way = proxy === undefined ? 'direct' : wayThrough(proxy)
  hash.update(part(String(proxy ?? '')))
  return `${origin} ${way} ${hash.digest('base64url')}`
}

/** What may be shown of a proxy: its user and password are in the hash alone. */
function wayThrough(proxy: string | URL): string {
  try {
    const { protocol, host } = new URL(proxy)
    return `via ${protocol}//${host}`
  } catch (cause) {
    throw unsendable('an absolute URL of a proxy', cause)
  }
}

function isDefault(name: string, value: unknown, hostname: string): boolean {
  if (name === 'rejectUnauthorized') return value !== false
  if (name === 'servername') return String(value).toLowerCase() === (isIP(hostname) > 0 ? '' : hostname)
  if (name === 'minVersion') return value === 'TLSv1.2'
  if (name === 'maxVersion') return value === 'TLSv1.3'
  return name === 'alpn' && Array.isArray(value) && value.length === 0
}

/** With its length in front: no two lists of parts read alike. */
const part = (text: string): string => `${text.length}:${text}`

function printOf(value: unknown): string {
  if (typeof value === 'string') return `s${part(value)}`
  if (ArrayBuffer.isView(value))
    return printOf(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
  if (Array.isArray(value)) return `a${part(value.map(printOf).join(''))}`
  if (isRecord(value))
    return `o${part(
      Object.keys(value)
        .sort()
        .map((name) => part(name) + printOf(value[name]))
        .join(''),
    )}`
  if (typeof value === 'function' || (typeof value === 'object' && value !== null))
    return `i${part(String(numberOf(value)))}`
  return `v${part(String(value))}`
}

/** E.g. a key with its passphrase. What has a class of its own is more than its fields. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)

const numbers = new WeakMap<object, number>()
let last = 0

function numberOf(value: object): number {
  const known = numbers.get(value)
  if (known !== undefined) return known
  numbers.set(value, ++last)
  return last
}
