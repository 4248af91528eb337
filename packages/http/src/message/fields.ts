/** Which fields may stand in a message? RFC 9110 §5, RFC 9113 §8.2, SPDY/3.1 §3.2. */
import { HeaderFields } from '@plexus/contract'

/** A name as it stands on the wire: a token in lower case (S02). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

/** Visible Latin-1 with single spaces or tabs inside, never at the edges (S01). */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

const DIGITS = /^[0-9]+$/

/** Fields that speak of one connection and mean nothing on a stream (S04). `te` may say `trailers`, and nothing else. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

export const isFieldName = (name: string): boolean => NAME.test(name)
export const isFieldValue = (value: string): boolean => VALUE.test(value)

/** What is wrong with the regular fields from index `from` of the flat list on; undefined if nothing is. */
export function faultOfFields(flat: readonly string[], from = 0): string | undefined {
  for (let i = from; i < flat.length; i += 2) {
    const name = flat[i]!
    const value = flat[i + 1]!
    if (!NAME.test(name)) {
      if (name.startsWith(':')) return `no '${shown(name)}' here`
      return `a field name of lower-case token characters, got '${shown(name)}'`
    }
    if (!VALUE.test(value)) return `a field value without control bytes and edge spaces in '${name}'`
    if (OF_CONNECTION.has(name)) return `no '${name}', which speaks of one connection`
    if (name === 'te' && value.toLowerCase() !== 'trailers')
      return `'te' to say 'trailers', got '${shown(value)}'`
  }
  return undefined
}

/** Fields that speak of one connection, and those that `connection` names (RFC 9110 §7.6.1), are left out. */
export function withoutHopByHop(fields: HeaderFields): HeaderFields {
  return HeaderFields.fromFlat(endToEnd(fields, NONE))
}

/** The same as a flat list of the caller's own; those of `more` are left out, too. */
export function endToEnd(fields: HeaderFields, more: ReadonlySet<string>): string[] {
  const { flat } = fields
  const named = namedByConnection(fields)
  const kept: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const value = flat[i + 1]!
    if (OF_CONNECTION.has(name) || named.has(name) || more.has(name)) continue
    if (name === 'te' && value.trim().toLowerCase() !== 'trailers') continue
    kept.push(name, value)
  }
  return kept
}

/** Names in lower case; on a stream, where `connection` may not stand, none. */
function namedByConnection(fields: HeaderFields): ReadonlySet<string> {
  if (!fields.has('connection')) return NONE
  return new Set(fields.getAll('connection').flatMap((value) => listOf(value.toLowerCase())))
}

const NONE: ReadonlySet<string> = new Set()

/** The body's length as the fields announce it; undefined if they do not; a string says what is wrong (S05). */
export function contentLength(fields: HeaderFields): number | undefined | string {
  const { flat } = fields
  let value: string | undefined
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== 'content-length') continue
    if (value !== undefined) return 'one content-length, more came'
    value = flat[i + 1]!
  }
  if (value === undefined) return undefined
  const length = DIGITS.test(value) ? Number(value) : Number.NaN
  return Number.isSafeInteger(length) ? length : `a content-length of digits, got '${shown(value)}'`
}

/** What came from the wire, short and harmless enough for an error's message. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text).slice(1, -1)
}

/** Fields that every proxy on the way needs: naming one in `connection` would hide it from the next. */
const NOT_OF_CONNECTION = ['content-length', 'host', 'via', 'max-forwards', 'forwarded', 'content-type']

/** The field that `connection` would hide from the next on the way, though it is for all of them. */
export function hiddenField(headers: HeaderFields): string | undefined {
  const named = namedByConnection(headers)
  return NOT_OF_CONNECTION.find((name) => named.has(name))
}

/** The parts of a value that is a list, without the empty ones. */
export const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
