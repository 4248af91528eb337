import { misuse } from './misuse.js'

/** Where a session goes: the protocol, and the carrier with its place. */
export type Address = TcpAddress | TlsAddress | UnixAddress

interface AddressBase {
  /** As written. */
  readonly url: string
  /** Scheme before the `+`, e.g. `spdy`: a name in the table of protocols. */
  readonly protocol: string
  /** What follows the `?`: options of the protocol. */
  readonly parameters: URLSearchParams
}

/** `spdy+tcp://host:port`; IPv6 hosts stand in brackets, port 0 lets the system choose one to listen on. */
export interface TcpAddress extends AddressBase {
  readonly carrier: 'tcp'
  readonly host: string
  readonly port: number
}

/** `spdy+tls://host:port`: the same, over TLS. */
export interface TlsAddress extends AddressBase {
  readonly carrier: 'tls'
  readonly host: string
  readonly port: number
}

/** `spdy+unix:/path` or `spdy+unix:///path`, percent-encoded. */
export interface UnixAddress extends AddressBase {
  readonly carrier: 'unix'
  readonly path: string
}

const SCHEME = /^([a-z][a-z0-9]*)\+([a-z][a-z0-9]*):$/

/** Reads a Plexus URL. @throws PlexusError (scope `request`, blame `application`) that says what was expected. */
export function parseAddress(text: string | URL): Address {
  const url = String(text)
  if (!URL.canParse(url)) throw misuse(`expected a URL like spdy+tcp://127.0.0.1:9310, got '${url}'`)
  const parsed = new URL(url)
  const [, protocol = '', carrier = ''] = SCHEME.exec(parsed.protocol) ?? []
  const base = { url, protocol, parameters: parsed.searchParams }
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw misuse('expected a URL without user, password and fragment, got one with')
  }
  if (carrier === 'tcp' || carrier === 'tls') return { ...base, carrier, ...tcpPlace(parsed) }
  if (carrier === 'unix') return { ...base, carrier, path: unixPath(parsed) }
  throw misuse(`expected protocol+tcp:, protocol+tls: or protocol+unix:, got '${parsed.protocol}'`)
}

/** The URL of the same place with the port that the system chose. */
export function withPort(address: TcpAddress | TlsAddress, port: number): string {
  const { protocol, carrier, parameters } = address
  const query = parameters.size === 0 ? '' : `?${parameters}`
  return `${protocol}+${carrier}://${authorityOf({ ...address, port })}${query}`
}

/** Host and port as a URL has them; what is no place in a network is here. */
export function authorityOf(address: Address): string {
  if (address.carrier === 'unix') return 'localhost'
  const { host, port } = address
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function tcpPlace(url: URL): { host: string; port: number } {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '' || url.port === '' || !/^\/?$/.test(url.pathname)) {
    throw misuse(`expected ${url.protocol}//host:port, got '${url.href}'`)
  }
  return { host, port: Number(url.port) }
}

function unixPath(url: URL): string {
  if (url.host !== '' || !url.pathname.startsWith('/')) {
    throw misuse(`expected ${url.protocol}/path with an absolute path, got '${url.href}'`)
  }
  try {
    return decodeURIComponent(url.pathname)
  } catch {
    throw misuse(`expected a path with whole percent signs, got '${url.href}'`)
  }
}
