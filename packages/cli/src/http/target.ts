/** Where does a request go, and how? URLs as one types them: `https://host/path`, `spdy+tls://host:port/path` … */
import { protocols } from 'plexus'
import { UsageError } from '../console/usage.js'

/** How a connection begins: `http` and `https` find out what the server speaks, the others speak SPDY at once. */
export type Way = 'http' | 'https' | 'spdy'

export interface HttpTarget {
  /** As it was typed. */
  readonly text: string
  readonly way: Way
  /** Over TLS. */
  readonly isSecure: boolean
  /** A key of `protocols`, where {@link way} is `spdy`. */
  readonly protocol: string
  readonly host: string
  readonly port: number
  /** `host` or `host:port`, as a request names it. */
  readonly authority: string
  /** Path and query. */
  readonly path: string
  /** Targets with equal keys may share a connection. */
  readonly key: string
}

const SCHEME = /^(?:(http|https)|([a-z][a-z0-9]*)\+(tcp|tls)):$/

/** True for what is meant as a URL with a place, whatever its scheme; a path is none. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+]*:\/\//i.test(text)
}

/** @throws UsageError that says what was expected */
export function parseHttpTarget(text: string): HttpTarget {
  const expected = 'expected a URL like https://host/path, http://… or spdy+tls://host:port/path'
  if (!URL.canParse(text)) throw new UsageError(`${expected}, got '${text}'`)
  const url = new URL(text)
  const [, plain, protocol = '', carrier] = SCHEME.exec(url.protocol) ?? []
  if (plain === undefined && !protocols.has(protocol))
    throw new UsageError(`${expected}, got '${url.protocol}'`)
  // Its words are not repeated: they are a secret.
  if (url.username !== '' || url.password !== '')
    throw new UsageError('expected a URL without user and password')
  if (url.hostname === '') throw new UsageError(`expected a host in '${text}'`)
  const isSecure = plain === 'https' || carrier === 'tls'
  const usual = isSecure ? 443 : 80
  const port = url.port === '' ? usual : Number(url.port)
  return {
    text,
    way: (plain as Way | undefined) ?? 'spdy',
    isSecure,
    protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    authority: port === usual ? url.hostname : `${url.hostname}:${port}`,
    path: `${url.pathname === '' ? '/' : url.pathname}${url.search}`,
    key: `${url.protocol}//${url.hostname}:${port}`,
  }
}
