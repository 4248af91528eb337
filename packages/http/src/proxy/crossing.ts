/** What of a head crosses a proxy, and what is added to it? RFC 9110 §7.6, RFC 7239. */
import { HeaderFields, PlexusError } from '@plexus/contract'
import { endToEnd, hiddenField, isFieldName, listOf, shown } from '../message/fields.js'
import { type RequestHead, type ResponseHead, writeRequestHead } from '../message/heads.js'
import type { HttpWire } from '../message/wire.js'

export interface CrossingOptions {
  /**
   * Our name in `via` (RFC 9110 §7.6.3), a token. A request that says it came by this name is a loop, so give each proxy
   * of a chain its own. Default: one made by chance for each target, as `plexus-1f0c9a3e`; false: nothing is added to `via`.
   */
  readonly via?: string | false
  /** Proxies that a request may have passed before us, by its `via`. One more is answered with 508. Default 10 (S15). */
  readonly maxHops?: number
  /** Says to the origin who asked: by `forwarded` (RFC 7239), or by `x-forwarded-for`, `-proto`, `-host`. Default: nothing. */
  readonly forwarded?: 'forwarded' | 'x-forwarded'
  /** What the client says of the same kind is kept, and ours put behind it. Default false: it is replaced. */
  readonly trustForwarded?: boolean
}

/** Who sent a request, as `via` and `forwarded` tell it. */
export interface Sender {
  /** Protocol it was received by: `1.1`, `SPDY/3.1`. */
  readonly protocol: string
  /** IP address; undefined where there is none. */
  readonly address: string | undefined
}

/** A request that is answered here. */
export class Refusal {
  readonly status: number
  readonly error: PlexusError

  constructor(status: number, expected: string) {
    this.status = status
    this.error = new PlexusError(`expected ${expected}`, {
      scope: 'request',
      code: status === 404 ? 'CONNECT_ERROR' : 'PROTOCOL_ERROR',
      blame: status === 404 ? 'application' : 'peer',
      processed: 'no',
    })
  }
}

/** Carries a refusal to where it is answered. */
export class Refused {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    this.refusal = refusal
  }
}

const names = new WeakMap<object, string>()

/**
 * Our name towards a target, if nobody gave us one: a request that comes back to be sent there again was here before. Another
 * proxy, even in this process, has another target and thus another name.
 */
export function nameTowards(target: object): string {
  const known = names.get(target)
  if (known !== undefined) return known
  const [chance = 0] = crypto.getRandomValues(new Uint32Array(1))
  const name = `plexus-${chance.toString(16).padStart(8, '0')}`
  names.set(target, name)
  return name
}

/** Between us and who sent them (RFC 9110 §11.7); the authority is told by the head, `100-continue` was answered here. */
const NOT_ON: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'proxy-authorization',
  'proxy-authenticate',
  'proxy-authentication-info',
  'http2-settings',
])

/** What may not come behind a body (RFC 9110 §6.5.1). */
const NOT_BEHIND: ReadonlySet<string> = new Set([
  ...NOT_ON,
  'content-length',
  'content-encoding',
  'content-range',
  'content-type',
  'trailer',
  'te',
  'max-forwards',
  'cache-control',
  'authorization',
  'set-cookie',
])

const FORWARDED = {
  forwarded: ['forwarded'],
  'x-forwarded': ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'],
} as const

/** @throws PlexusError for options that cannot be */
export function checkCrossing({ via, maxHops }: CrossingOptions): void {
  if (typeof via === 'string' && !isFieldName(via.toLowerCase()))
    throw misuse(`a token as name for via, got '${shown(via)}'`)
  if (maxHops !== undefined && !(maxHops >= 0)) throw misuse(`a number of hops, 0 or more, got ${maxHops}`)
}

/** The request to be sent on, or what it is refused with. */
export function crossRequest(
  head: RequestHead,
  sender: Sender,
  options: CrossingOptions,
): RequestHead | Refusal {
  const { method, headers } = head
  const hidden = hiddenField(headers)
  if (hidden !== undefined) return new Refusal(400, `'connection' without '${hidden}', which is for all`)
  const loop = faultOfHops(headers, options)
  if (loop !== undefined) return new Refusal(508, loop)

  let hops: number | undefined
  if (method === 'TRACE' || method === 'OPTIONS') {
    const text = headers.get('max-forwards')
    if (text !== undefined) {
      if (!/^[0-9]{1,9}$/.test(text)) return new Refusal(400, `max-forwards of digits, got '${shown(text)}'`)
      hops = Number(text)
    }
  }
  const kept = endToEnd(headers, NOT_ON)
  const flat = hops === undefined ? kept : withValue(kept, 'max-forwards', `${Math.max(0, hops - 1)}`)
  addVia(flat, sender.protocol, options)
  return { ...head, headers: HeaderFields.fromFlat(told(flat, head, sender, options)) }
}

/** A head that cannot be written is the client's doing: it was read from it. What it said is not repeated (S15). */
export function written(request: RequestHead, wire: HttpWire): HeaderFields | Refusal {
  try {
    return writeRequestHead(request, wire)
  } catch (error) {
    return new Refusal(400, (error as Error).message.replace(/^expected |, got '.*$/gs, ''))
  }
}

/** True if the request is for us and not to be sent on (RFC 9110 §7.6.2). */
export function isLastHop({ method, headers }: RequestHead): boolean {
  return (method === 'OPTIONS' || method === 'TRACE') && /^0+$/.test(headers.get('max-forwards') ?? '')
}

/** The response to be sent back. */
export function crossResponse(head: ResponseHead, protocol: string, options: CrossingOptions): ResponseHead {
  const flat = endToEnd(head.headers, NOT_ON)
  addVia(flat, protocol, options)
  return { ...head, headers: HeaderFields.fromFlat(flat) }
}

/** Trailers without what may not stand in any. */
export function crossTrailers(trailers: HeaderFields): HeaderFields {
  return trailers.size === 0 ? trailers : HeaderFields.fromFlat(endToEnd(trailers, NOT_BEHIND))
}

function faultOfHops(headers: HeaderFields, { via, maxHops = 10 }: CrossingOptions): string | undefined {
  if (!headers.has('via')) return undefined
  const hops = headers.getAll('via').flatMap(listOf)
  if (hops.length > maxHops) return `at most ${maxHops} proxies on the way, ${hops.length} came`
  const isOurs = (hop: string) => hop.split(/\s+/)[1]?.toLowerCase() === (via as string).toLowerCase()
  if (typeof via === 'string' && hops.some(isOurs))
    return `a request that was not here before ('${via}' in via)`
  return undefined
}

function addVia(flat: string[], protocol: string, { via = false }: CrossingOptions): void {
  // Behind the others, in a line of its own: what stands there is not touched.
  if (via !== false) flat.push('via', `${protocol} ${via}`)
}

function told(flat: string[], head: RequestHead, sender: Sender, options: CrossingOptions): string[] {
  const { forwarded, trustForwarded = false } = options
  if (forwarded === undefined) return flat
  // Both kinds go: an origin that reads the other one is not to be lied to by the client.
  const known = new Set<string>([...FORWARDED.forwarded, ...FORWARDED['x-forwarded']])
  const kept = trustForwarded ? flat : keep(HeaderFields.fromFlat(flat), known)
  const address = sender.address ?? 'unknown'
  if (forwarded === 'forwarded') {
    const node = address.includes(':') ? `"[${address}]"` : address
    const said = [`for=${node}`, `host="${head.authority}"`, `proto=${head.scheme}`]
    return [...kept, 'forwarded', said.join(';')]
  }
  const earlier = HeaderFields.fromFlat(kept).getAll('x-forwarded-for')
  const others = keep(HeaderFields.fromFlat(kept), new Set(['x-forwarded-for']))
  if (!others.includes('x-forwarded-proto')) others.push('x-forwarded-proto', head.scheme)
  if (!others.includes('x-forwarded-host')) others.push('x-forwarded-host', head.authority)
  return [...others, 'x-forwarded-for', [...earlier, address].join(', ')]
}

function keep({ flat }: HeaderFields, left: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i < flat.length; i += 2) if (!left.has(flat[i]!)) kept.push(flat[i]!, flat[i + 1]!)
  return kept
}

function withValue(flat: string[], name: string, value: string): string[] {
  return [...keep(HeaderFields.fromFlat(flat), new Set([name])), name, value]
}

function misuse(expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    processed: 'no',
  })
}
