/** What is asked for: from what a caller says to what goes on the wire. Pure: a request that may not be sent leaves no trace. */
import { type Bytes, HeaderFields, type HeadersInit, type Priority } from '@plexus/contract'
import { contentLength, faultOfFields, withoutHopByHop } from '../message/fields.js'
import { type ResponseHead, writeRequestHead } from '../message/heads.js'
import { readUrgency } from '../message/urgency.js'
import type { HttpWire } from '../message/wire.js'
import { unsendable } from './faults.js'
import { priorityFor } from './priority.js'

/** Bytes or text go out whole, with their length; the others as they come, with back-pressure. */
export type RequestBody = Bytes | string | AsyncIterable<Bytes | string> | ReadableStream<Bytes | string>

export interface ClientRequest {
  /** Default GET. */
  readonly method?: string | undefined
  /** `http:` or `https:`, absolute, or a path (with query) at the client's origin. Its fragment is not sent. */
  readonly url?: string | URL | undefined
  /**
   * With method CONNECT: what is spoken on the stream, e.g. `websocket` (RFC 8441); `url` or `path` says with whom. Rejects, and
   * nothing was sent, where the server did not say that it takes that.
   */
  readonly protocol?: string | undefined
  /** In place of `url`: path and query, `*` for OPTIONS; none for CONNECT. */
  readonly path?: string | undefined
  /** `host` or `host:port`; default that of `url`, else of the client's origin. */
  readonly authority?: string | undefined
  /** Default that of `url`, else of the client's origin, else `http`. */
  readonly scheme?: string | undefined
  /** Read, never changed. `host` and fields that speak of one connection are left out (RFC 9110 §7.6.1). */
  readonly headers?: HeadersInit | undefined
  readonly body?: RequestBody | null | undefined
  /** Fields behind the body; a function is asked when the body has been sent. */
  readonly trailers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined
  /** 0 (first) to 7. Default: what a `priority` field among the headers says, else what the client's `priorityFor` says of the URL. */
  readonly priority?: Priority | undefined
  /**
   * Pieces of the answer are of use, so it takes turns with its equals (RFC 9218 §4.2). Default true, unless a `priority` field
   * among the headers says otherwise.
   */
  readonly incremental?: boolean | undefined
  /** Gives the request up, at any time until both bodies are over: CANCEL on the wire. */
  readonly signal?: AbortSignal | undefined
  /** See {@link HttpClientOptions.timeoutMs}. */
  readonly timeoutMs?: number | undefined
  /** Says `expect: 100-continue`, and waits with the body for the answer, a second at most. */
  readonly expectContinue?: boolean | undefined
  /**
   * Gets what the server says before its answer (RFC 9110 §15.2): 100, 102, 103 …, in order. What it throws ends the request
   * with CANCEL.
   */
  readonly onInformational?: ((head: ResponseHead) => void) | undefined
}

/** What of a request is the client's to say. */
export interface RequestDefaults {
  readonly origin?: string | URL | undefined
  readonly priorityFor?: ((url: string) => Priority) | undefined
}

/** A request, ready to go. */
export interface Outgoing {
  readonly method: string
  readonly protocol: string | undefined
  readonly scheme: string
  readonly authority: string
  /** Path and query; empty for CONNECT. */
  readonly path: string
  /** The head as the wire has it. */
  readonly fields: HeaderFields
  readonly priority: Priority
  readonly incremental: boolean | undefined
  readonly body: Exclude<RequestBody, string> | undefined
  /** Bytes that the head announces. */
  readonly length: number | undefined
  readonly trailers: HeaderFields | (() => HeadersInit | Promise<HeadersInit>) | undefined
  /** Nothing follows the head. */
  readonly isWhole: boolean
  readonly expectsContinue: boolean
  readonly onInformational: ClientRequest['onInformational']
}

const encoder = new TextEncoder()

/** @throws PlexusError (scope `request`, not processed) for a request that may not be sent */
export function outgoing(request: ClientRequest, defaults: RequestDefaults, wire: HttpWire): Outgoing {
  const { method = 'GET', protocol } = request
  const place = placeOf(request, method, defaults)
  const given = request.body ?? undefined
  const body = typeof given === 'string' ? encoder.encode(given) : given
  if (body !== undefined && !isBody(body))
    throw unsendable(`a body of bytes, text or what gives them, got ${typeof body}`)
  const { trailers } = request
  const expectsContinue = request.expectContinue === true && body !== undefined
  const headers = headersOf(request.headers, method, body, expectsContinue)
  const fields = writeRequestHead(
    { method, ...(protocol !== undefined && { protocol }), ...place, headers },
    wire,
  )
  const length = contentLength(headers) as number | undefined
  const size = body instanceof Uint8Array ? body.length : undefined
  const hasBody = body !== undefined && size !== 0
  const wished = headers.get('priority')
  const said =
    wished === undefined ? undefined : { urgency: 3 as const, incremental: false, ...readUrgency(wished) }
  if (length !== undefined && size !== undefined && length !== size)
    throw unsendable(`a body of ${length} bytes, as content-length says, got ${size}`)
  if (length !== undefined && length > 0 && !hasBody && method !== 'HEAD')
    throw unsendable(`a body of ${length} bytes, as content-length says, got none`)
  return {
    method,
    protocol,
    scheme: place.scheme,
    authority: place.authority,
    path: place.path,
    fields,
    priority: request.priority ?? said?.urgency ?? urgencyOf(place, defaults),
    incremental: request.incremental ?? said?.incremental,
    body: hasBody ? body : undefined,
    length,
    trailers: typeof trailers === 'function' || trailers === undefined ? trailers : checkedTrailers(trailers),
    isWhole: !hasBody && trailers === undefined && method !== 'CONNECT',
    expectsContinue,
    onInformational: request.onInformational,
  }
}

/** @throws PlexusError (scope `request`) for fields that may not stand behind a body (S03) */
export function checkedTrailers(init: HeadersInit): HeaderFields {
  const trailers = HeaderFields.from(init)
  const fault = faultOfFields(trailers.flat)
  if (fault !== undefined) throw unsendable(fault)
  return trailers
}

interface Place {
  readonly scheme: string
  readonly authority: string
  readonly path: string
}

/** Where the request goes: the URL's own words go before the client's. */
function placeOf(request: ClientRequest, method: string, { origin }: RequestDefaults): Place {
  const { url, path } = request
  if (url !== undefined && path !== undefined) throw unsendable('an URL or a path, got both')
  const base = origin === undefined ? undefined : parsed(origin, undefined)
  const to = url === undefined ? undefined : parsed(url, base)
  const authority = request.authority ?? (to ?? base)?.host ?? ''
  const scheme = request.scheme ?? (to ?? base)?.protocol.slice(0, -1) ?? 'http'
  if (method === 'CONNECT' && request.protocol === undefined)
    return { scheme, authority: tunnelTo(authority, to), path: '' }
  if (to !== undefined) return { scheme, authority, path: to.pathname + to.search }
  if (path === undefined) throw unsendable('an URL or a path, got neither')
  const hash = path.indexOf('#')
  return { scheme, authority, path: hash < 0 ? path : path.slice(0, hash) }
}

function parsed(url: string | URL, base: URL | undefined): URL {
  let to: URL
  try {
    to = typeof url === 'string' ? new URL(url, base) : url
  } catch (cause) {
    throw unsendable(`an absolute URL${base === undefined ? '' : ' or a path'}, got '${url}'`, cause)
  }
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    throw unsendable(`an URL of http or https, got '${to.protocol}'`)
  // S06. Its words are not repeated: they are a secret.
  if (to.username !== '' || to.password !== '') throw unsendable('an URL without user and password')
  return to
}

/** A tunnel's authority always has a port (RFC 9110 §9.3.6); an URL leaves its scheme's own out. */
function tunnelTo(authority: string, to: URL | undefined): string {
  if (to === undefined || /:[0-9]+$/.test(authority)) return authority
  return `${authority}:${to.protocol === 'https:' ? 443 : 80}`
}

/** Our own rule looks at the path alone. */
function urgencyOf({ scheme, authority, path }: Place, { priorityFor: rule }: RequestDefaults): Priority {
  return rule === undefined ? priorityFor(path) : rule(`${scheme}://${authority}${path}`)
}

const isBody = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || isBytesOrStream(body))

const isBytesOrStream = (body: object): boolean =>
  body instanceof Uint8Array || (typeof ReadableStream === 'function' && body instanceof ReadableStream)

/** Methods whose request without content still says so (RFC 9110 §8.6). */
const EXPECTS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

function headersOf(
  init: HeadersInit | undefined,
  method: string,
  body: Outgoing['body'],
  expectsContinue: boolean,
): HeaderFields {
  if (init === undefined && body === undefined && !EXPECTS_CONTENT.has(method)) return HeaderFields.NONE
  const given = HeaderFields.from(init)
  const { flat } = withoutHopByHop(given)
  const kept: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    if (name === 'host' || (name === 'expect' && !expectsContinue)) continue
    kept.push(name, flat[i + 1]!)
  }
  if (!given.has('content-length')) {
    if (body instanceof Uint8Array) kept.push('content-length', String(body.length))
    else if (body === undefined && EXPECTS_CONTENT.has(method)) kept.push('content-length', '0')
  }
  if (expectsContinue && !given.has('expect')) kept.push('expect', '100-continue')
  return HeaderFields.fromFlat(kept)
}
