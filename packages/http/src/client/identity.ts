/** What is a connection made for, and with? One text for it, equal for what may share one, and for nothing else (S11). */
import { unsendable } from './faults.js'

/** What tells connections apart. */
export interface Identity {
  /** As the URL standard writes it: scheme, host, and port unless it is the scheme's own. */
  readonly origin: string
  /** URL of the proxy in between, if there is one. */
  readonly proxy?: string | URL | undefined
  /** All options of TLS, `alpn` and those that we do not know among them; of no account without TLS. */
  readonly tls?: Readonly<Record<string, unknown>> | undefined
}

/** They say how long something takes or who is told, not with whom we speak. */
const NO_IDENTITY: ReadonlySet<string> = new Set(['handshakeTimeoutMs', 'onTlsSession', 'tlsSession'])

/**
 * An option may be left out or said with its default. Functions and objects that say nothing of themselves
 * (`checkServerIdentity`, `secureContext`) are the same only if they are the same object. Keys and passphrases stand in it as
 * they are: it is not to be shown.
 *
 * @throws PlexusError (scope `request`, not processed) for a proxy that is none
 */
export function identityOf({ origin, proxy, tls = {} }: Identity): string {
  const { protocol, hostname } = new URL(origin)
  const given = protocol === 'https:' ? tls : {}
  const words = Object.keys(given)
    .sort()
    .filter((name) => !NO_IDENTITY.has(name) && !isDefault(name, given[name], hostname))
    .map((name) => part(name) + wordOf(given[name]))
  return [origin, proxyOf(proxy), ...words].map(part).join('')
}

/** An URL's own words, so that two ways of writing it are one. */
function proxyOf(proxy: string | URL | undefined): string {
  if (proxy === undefined) return ''
  try {
    return new URL(proxy).href
  } catch (cause) {
    throw unsendable('an absolute URL of a proxy', cause)
  }
}

function isDefault(name: string, value: unknown, hostname: string): boolean {
  if (value === undefined) return true
  if (name === 'rejectUnauthorized') return value === true
  if (name === 'servername') return String(value).toLowerCase() === (isAddress(hostname) ? '' : hostname)
  if (name === 'minVersion') return value === 'TLSv1.2'
  return name === 'maxVersion' && value === 'TLSv1.3'
}

/** Of a URL's host, which writes every address of IPv4 with four numbers and those of IPv6 in brackets. */
const isAddress = (hostname: string): boolean => /^\[|^\d+\.\d+\.\d+\.\d+$/.test(hostname)

/** With its length in front: no two lists of parts read alike. */
const part = (text: string): string => `${text.length}:${text}`

function wordOf(value: unknown): string {
  if (typeof value === 'string') return `s${part(value)}`
  if (ArrayBuffer.isView(value)) return wordOf(latin1(value))
  if (Array.isArray(value)) return `a${part(value.map(wordOf).join(''))}`
  if (isRecord(value)) {
    const said = Object.keys(value).filter((name) => value[name] !== undefined)
    return `o${part(
      said
        .sort()
        .map((name) => part(name) + wordOf(value[name]))
        .join(''),
    )}`
  }
  if (typeof value === 'function' || (typeof value === 'object' && value !== null))
    return `i${part(String(numberOf(value)))}`
  return `v${part(`${typeof value} ${String(value)}`)}`
}

function latin1({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  let text = ''
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) text += String.fromCharCode(byte)
  return text
}

/** E.g. a key with its passphrase. What has a class of its own is more than its fields. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Things that have no words: they are told apart by which one they are. */
const numbers = new WeakMap<object, number>()
let last = 0

function numberOf(value: object): number {
  const known = numbers.get(value)
  if (known !== undefined) return known
  numbers.set(value, ++last)
  return last
}
