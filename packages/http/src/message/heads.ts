/** A message's head: what the pseudo fields say, and the regular fields. Read from the wire and written to it. */
import { HeaderFields, PlexusError } from '@plexus/contract'
import { contentLength, faultOfFields, isFieldValue, shown } from './fields.js'
import type { HttpWire } from './wire.js'

export interface RequestHead {
  readonly method: string
  /** Of CONNECT: what is spoken on the stream, e.g. `websocket` (RFC 8441); then scheme and path say with whom. */
  readonly protocol?: string
  /** `https`, `http` …; empty for CONNECT without a protocol. */
  readonly scheme: string
  /** `host` or `host:port`, without userinfo. */
  readonly authority: string
  /** Path and query, beginning with `/`; or `*` for OPTIONS; empty for CONNECT without a protocol. */
  readonly path: string
  /** The regular fields. */
  readonly headers: HeaderFields
}

export interface ResponseHead {
  /** 100…599 */
  readonly status: number
  /** The reason phrase, where the protocol has one; else empty. */
  readonly statusText: string
  /** The regular fields. */
  readonly headers: HeaderFields
}

/** Why a head is not one. `incomplete`: a pseudo field is missing; `malformed`: something is there that may not be. */
export class HeadFault {
  readonly kind: 'incomplete' | 'malformed'
  /** What was expected and what came. */
  readonly message: string

  constructor(kind: HeadFault['kind'], message: string) {
    this.kind = kind
    this.message = `expected ${message}`
  }
}

const COLON = 0x3a
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const SCHEME = /^[a-z][a-z0-9+\-.]*$/
const PATH = /^\/[\x21\x22\x24-\x7e]*$/
const AUTHORITY = /^(?:[\w.~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/
const VERSION = /^HTTP\/1\.[01]$/
const SPDY_STATUS = /^([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const H2_STATUS = /^([1-5][0-9]{2})$/

/** What the pseudo fields of a request say, as far as they are there. */
interface Pseudo {
  method: string | undefined
  scheme: string | undefined
  authority: string | undefined
  path: string | undefined
  version: string | undefined
  protocol: string | undefined
  /** The first that no request has. */
  stranger: string | undefined
}

/** Reads the fields that opened a stream (S01–S07). Pseudo fields are wanted once each, before all others. */
export function readRequestHead(fields: HeaderFields, wire: HttpWire): RequestHead | HeadFault {
  const kept: string[] = []
  const pseudo = takePseudo(fields, kept, wire)
  if (pseudo instanceof HeadFault) return pseudo
  const { method, protocol, scheme, path, version, stranger } = pseudo
  if (method === undefined) return incomplete(':method')
  if (!METHOD.test(method)) return malformed(`a method of token characters, got '${shown(method)}'`)
  if (wire.hasVersion) {
    if (version === undefined) return incomplete(':version')
    if (!VERSION.test(version)) return malformed(`:version HTTP/1.0 or HTTP/1.1, got '${shown(version)}'`)
  }
  if (stranger !== undefined) return malformed(`no '${shown(stranger)}' in a request`)
  const headers = checked(kept)
  if (headers instanceof HeadFault) return headers
  const authority = authorityOf(pseudo.authority, headers)
  if (authority instanceof HeadFault) return authority
  if (protocol !== undefined && (method !== 'CONNECT' || !METHOD.test(protocol)))
    return malformed(`':protocol' with CONNECT, a token, got '${shown(protocol)}'`)
  if (method === 'CONNECT' && protocol === undefined) return connectHead(pseudo, authority, headers, wire)

  if (scheme === undefined) return incomplete(':scheme')
  if (path === undefined) return incomplete(':path')
  if (authority === '') return incomplete(wire.authority)
  const fault = faultOfPlace(method, scheme, path)
  if (fault !== undefined) return malformed(fault)
  return { method, ...(protocol !== undefined && { protocol }), scheme, authority, path, headers }
}

function faultOfPlace(method: string, scheme: string, path: string): string | undefined {
  if (!SCHEME.test(scheme)) return `a scheme, got '${shown(scheme)}'`
  if (!PATH.test(path) && !(path === '*' && method === 'OPTIONS'))
    return `a path that begins with '/', got '${shown(path)}'`
  return undefined
}

/** Reads the fields of a reply. */
export function readResponseHead(fields: HeaderFields, wire: HttpWire): ResponseHead | HeadFault {
  const { flat } = fields
  const kept: string[] = []
  let text: string | undefined
  let hasVersion = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const value = flat[i + 1]!
    if (name.charCodeAt(0) !== COLON) {
      kept.push(name, value)
      continue
    }
    // SPDY sends a map, and some of its peers sort it: there the order says nothing.
    if (!wire.hasVersion && kept.length > 0) return malformed(`'${shown(name)}' before the regular fields`)
    const isVersion = wire.hasVersion && name === ':version'
    if (name !== ':status' && !isVersion) return malformed(`no '${shown(name)}' in a response`)
    if (isVersion ? hasVersion : text !== undefined) return malformed(`one '${name}', a second came`)
    if (!isFieldValue(value)) return malformed(`'${name}' without control bytes and edge spaces`)
    if (isVersion) hasVersion = true
    else text = value
  }
  if (text === undefined) return incomplete(':status')
  const [, number, statusText = ''] = (wire.hasVersion ? SPDY_STATUS : H2_STATUS).exec(text) ?? []
  if (number === undefined) return malformed(`a status of three digits, got '${shown(text)}'`)
  const headers = checked(kept)
  if (headers instanceof HeadFault) return headers
  return { status: Number(number), statusText, headers }
}

/** Trailers are regular fields only (S03). */
export function readTrailers(fields: HeaderFields): HeaderFields | HeadFault {
  const fault = faultOfFields(fields.flat)
  return fault === undefined ? fields : malformed(fault)
}

/** @throws PlexusError (scope `request`, blame `application`) for a head that may not be sent: one that could not be read */
export function writeRequestHead(head: RequestHead, wire: HttpWire): HeaderFields {
  const fault = faultOfRequest(head)
  if (fault !== undefined) throw unsendable(`expected ${fault}`)
  const { method, protocol, scheme, authority, path, headers } = head
  if (protocol !== undefined && !wire.hasProtocol)
    throw unsendable('expected a session that carries a protocol inside CONNECT, this is none')
  const isConnect = method === 'CONNECT' && protocol === undefined
  // SPDY's draft wants all five of any request; of a tunnel only the host means something.
  const flat = [':method', method]
  if (protocol !== undefined) flat.push(':protocol', protocol)
  if (!isConnect || wire.hasVersion) flat.push(':path', isConnect ? authority : path)
  if (wire.hasVersion) flat.push(':version', 'HTTP/1.1')
  flat.push(wire.authority, authority)
  if (!isConnect || wire.hasVersion) flat.push(':scheme', isConnect ? 'http' : scheme)
  for (const text of headers.flat) flat.push(text)
  return HeaderFields.fromFlat(flat)
}

/** The rules by which a head is read, on one that stands there in parts. */
function faultOfRequest({
  method,
  protocol,
  scheme,
  authority,
  path,
  headers,
}: RequestHead): string | undefined {
  if (!METHOD.test(method)) return `a method of token characters, got '${shown(method)}'`
  const fault = faultOfFields(headers.flat)
  if (fault !== undefined) return fault
  const length = contentLength(headers)
  if (typeof length === 'string') return length
  const quarrel = faultOfHost(authority, headers)
  if (quarrel !== undefined) return quarrel
  if (protocol !== undefined && (method !== 'CONNECT' || !METHOD.test(protocol)))
    return `CONNECT and a token for what is spoken in it, got '${shown(method)}' and '${shown(protocol)}'`
  const isConnect = method === 'CONNECT' && protocol === undefined
  if (!isAuthority(authority) || (isConnect && !/:[0-9]{1,5}$/.test(authority)))
    return `${isConnect ? 'CONNECT to host:port' : 'a host and perhaps a port'}, got '${shown(authority)}'`
  return isConnect ? undefined : faultOfPlace(method, scheme, path)
}

/** @throws PlexusError (scope `request`, blame `application`) for a head that may not be sent */
export function writeResponseHead(head: ResponseHead, wire: HttpWire): HeaderFields {
  const { status, statusText, headers } = head
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw unsendable(`expected a status of 100 to 599, got ${status}`)
  if (!isFieldValue(statusText)) throw unsendable('expected a reason phrase without control bytes')
  const fault = faultOfFields(headers.flat)
  if (fault !== undefined) throw unsendable(`expected ${fault}`)
  const flat = wire.hasVersion
    ? [':status', statusText === '' ? `${status}` : `${status} ${statusText}`, ':version', 'HTTP/1.1']
    : [':status', `${status}`]
  flat.push(...headers.flat)
  return HeaderFields.fromFlat(flat)
}

/** Reads the pseudo fields of a request; all others go to `regular`. */
function takePseudo({ flat }: HeaderFields, regular: string[], wire: HttpWire): Pseudo | HeadFault {
  const pseudo: Pseudo = {
    method: undefined,
    scheme: undefined,
    authority: undefined,
    path: undefined,
    version: undefined,
    protocol: undefined,
    stranger: undefined,
  }
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const value = flat[i + 1]!
    if (name.charCodeAt(0) !== COLON) {
      regular.push(name, value)
      continue
    }
    // SPDY sends a map, and some of its peers sort it: there the order says nothing.
    if (!wire.hasVersion && regular.length > 0) return malformed(`'${shown(name)}' before the regular fields`)
    const key = keyOf(name, wire)
    if (key === undefined) {
      pseudo.stranger ??= name
      continue
    }
    if (pseudo[key] !== undefined) return malformed(`one '${name}', a second came`)
    if (!isFieldValue(value)) return malformed(`'${name}' without control bytes and edge spaces`)
    pseudo[key] = value
  }
  return pseudo
}

function keyOf(name: string, wire: HttpWire): keyof Pseudo | undefined {
  if (name === wire.authority) return 'authority'
  if (name === ':method') return 'method'
  if (name === ':path') return 'path'
  if (name === ':scheme') return 'scheme'
  if (name === ':version' && wire.hasVersion) return 'version'
  return name === ':protocol' && wire.hasProtocol ? 'protocol' : undefined
}

function checked(flat: readonly string[]): HeaderFields | HeadFault {
  const headers = HeaderFields.fromFlat(flat)
  const fault = faultOfFields(flat)
  if (fault !== undefined) return malformed(fault)
  const length = contentLength(headers)
  return typeof length === 'string' ? malformed(length) : headers
}

/** S06: authority and `host` agree; there is one of them, without userinfo. */
function authorityOf(named: string | undefined, headers: HeaderFields): string | HeadFault {
  const quarrel = faultOfHost(named, headers)
  if (quarrel !== undefined) return malformed(quarrel)
  const authority = named ?? headers.get('host') ?? ''
  if (authority !== '' && !isAuthority(authority))
    return malformed(`a host and perhaps a port, got '${shown(authority)}'`)
  return authority
}

function faultOfHost(named: string | undefined, headers: HeaderFields): string | undefined {
  const host = headers.get('host')
  if (host === undefined) return undefined
  if (headers.getAll('host').length > 1) return 'one host, more came'
  if (named === undefined || named.toLowerCase() === host.toLowerCase()) return undefined
  return `host to say '${shown(named)}' as the authority does, got '${shown(host)}'`
}

/** S07: RFC 9113 §8.5. SPDY's draft says nothing of tunnels; there what a client of HTTP/1 would say is allowed. */
function connectHead(
  { scheme, path }: Pseudo,
  authority: string,
  headers: HeaderFields,
  wire: HttpWire,
): RequestHead | HeadFault {
  if (!wire.hasVersion && (scheme !== undefined || path !== undefined))
    return malformed('CONNECT without :scheme and :path')
  const place = authority === '' ? (path ?? '') : authority
  if (path !== undefined && path !== place) return malformed(`CONNECT to one place, got '${shown(path)}' too`)
  if (!/:[0-9]{1,5}$/.test(place)) return malformed(`CONNECT to host:port, got '${shown(place)}'`)
  if (!isAuthority(place)) return malformed(`CONNECT to host:port, got '${shown(place)}'`)
  return { method: 'CONNECT', scheme: '', authority: place, path: '', headers }
}

/** `host` or `host:port`, without userinfo. */
export function isAuthority(text: string): boolean {
  const [, port] = AUTHORITY.exec(text) ?? []
  return port === undefined ? AUTHORITY.test(text) : Number(port) <= 65_535
}

const incomplete = (name: string) => new HeadFault('incomplete', `${name}, which is missing`)
const malformed = (message: string) => new HeadFault('malformed', message)

function unsendable(message: string): PlexusError {
  return new PlexusError(message, {
    scope: 'request',
    code: 'PROTOCOL_ERROR',
    blame: 'application',
    processed: 'no',
  })
}
