/** From what the application says to what may go out: HTTP's pseudo fields where they are missing, and the rules. */
import { PlexusError } from '@plexus/contract'
import { faultOfFields, faultOfRequest, faultOfResponse, isPseudo } from './rules.js'

/** Where a stream leads to that does not say it. */
export interface OwnPlace {
  readonly scheme: string
  readonly authority: string | undefined
}

/**
 * A request's fields as they go out. A stream that speaks no HTTP becomes `POST /`; pseudo fields go first wherever they stood.
 *
 * @param priority value of a `priority` field, if there is none yet; empty for none
 * @throws PlexusError (scope `request`, blame `application`) for what may not be sent
 */
export function requestFields(
  flat: readonly string[],
  { scheme, authority }: OwnPlace,
  priority: string,
  allowsProtocol: boolean,
): readonly string[] {
  const missing: string[] = []
  const method = valueIn(flat, ':method')
  if (method === undefined) missing.push(':method', 'POST')
  if (method !== 'CONNECT' || valueIn(flat, ':protocol') !== undefined) {
    if (valueIn(flat, ':scheme') === undefined) missing.push(':scheme', scheme)
    if (valueIn(flat, ':path') === undefined) missing.push(':path', '/')
    // §8.3.1: whoever says `host` has said it.
    if (
      authority !== undefined &&
      valueIn(flat, ':authority') === undefined &&
      valueIn(flat, 'host') === undefined
    )
      missing.push(':authority', authority)
  }
  const says = priority === '' || valueIn(flat, 'priority') !== undefined ? [] : ['priority', priority]
  const fields =
    missing.length + says.length === 0 ? pseudoFirst(flat) : [...missing, ...pseudoFirst(flat), ...says]
  return checked(fields, faultOfRequest(fields, allowsProtocol))
}

/**
 * A response's fields as they go out.
 *
 * @param status where the application gave none
 * @throws PlexusError (scope `request`, blame `application`) for what may not be sent
 */
export function responseFields(
  flat: readonly string[],
  status: string,
  isInterim: boolean,
): readonly string[] {
  const said = valueIn(flat, ':status')
  const fields = said === undefined ? [':status', status, ...pseudoFirst(flat)] : pseudoFirst(flat)
  checked(fields, faultOfResponse(fields))
  if (fields[1]!.startsWith('1') === isInterim) return fields
  throw unsendable(`${isInterim ? 'an interim status' : 'a final status'}, got ${fields[1]}`)
}

/** @throws PlexusError (scope `request`, blame `application`) for trailers that may not be sent */
export function checkTrailers(flat: readonly string[], end: boolean): void {
  checked(flat, faultOfFields(flat))
  if (!end) throw unsendable('headers after the first to end the stream, as trailers do, these do not')
}

/** Why something may not go out: nothing was sent, and nobody else is harmed. */
export function unsendable(expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'PROTOCOL_ERROR',
    blame: 'application',
    processed: 'no',
  })
}

function checked(fields: readonly string[], fault: string | undefined): readonly string[] {
  if (fault === undefined) return fields
  throw unsendable(fault)
}

function valueIn(flat: readonly string[], name: string): string | undefined {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1]
  return undefined
}

/** RFC 9113 §8.3: what the application wrote in another order means the same. */
function pseudoFirst(flat: readonly string[]): readonly string[] {
  let isSorted = true
  let wasRegular = false
  for (let i = 0; i < flat.length && isSorted; i += 2) {
    const isRegular = !isPseudo(flat[i]!)
    isSorted = isRegular || !wasRegular
    wasRegular = isRegular
  }
  if (isSorted) return flat
  const pairs = Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!] as const)
  const isFirst = ([name]: readonly [string, string]) => isPseudo(name)
  return [...pairs.filter(isFirst), ...pairs.filter((pair) => !isFirst(pair))].flat()
}
