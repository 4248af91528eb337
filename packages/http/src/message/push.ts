/** The head of a pushed stream: the request it answers, and perhaps the answer's head (SPDY/3.1 §3.3.1). */
import { HeaderFields } from '@plexus/contract'
import { HeadFault, type RequestHead, type ResponseHead, readRequestHead, readResponseHead } from './heads.js'
import type { HttpWire } from './wire.js'

export interface PushHead {
  /** What a request for it would have said. A push has the parent's other fields, which are not repeated. */
  readonly request: RequestHead
  /** Undefined if it follows in a block of its own. */
  readonly response: ResponseHead | undefined
}

/** Reads the fields that opened a pushed stream: scheme, host and path are wanted, `:method` can only be GET. */
export function readPushHead(fields: HeaderFields, wire: HttpWire): PushHead | HeadFault {
  const asked = new Map([
    [':method', 'GET'],
    [':version', 'HTTP/1.1'],
  ])
  const answered: string[] = []
  const { flat } = fields
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    if (name === ':scheme' || name === ':path' || name === wire.authority || name === ':method')
      asked.set(name, flat[i + 1]!)
    else answered.push(name, flat[i + 1]!)
  }
  if (!wire.hasVersion) asked.delete(':version')
  const request = readRequestHead(HeaderFields.from(asked), wire)
  if (request instanceof HeadFault) return request
  if (request.method !== 'GET') return new HeadFault('malformed', `a push of GET, got '${request.method}'`)
  if (!answered.includes(':status')) return { request, response: undefined }
  const response = readResponseHead(HeaderFields.fromFlat(answered), wire)
  return response instanceof HeadFault ? response : { request, response }
}
