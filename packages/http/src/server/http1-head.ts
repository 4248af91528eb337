/** May a request of HTTP/1.1, as Node has parsed it, be taken? What can be read in two ways is not read at all (S08). */
import type { IncomingMessage } from 'node:http'
import { HeaderFields } from '@plexus/contract'
import { contentLength, hiddenField } from '../message/fields.js'

/** @returns what was expected; undefined for a head that says one thing only about where its request ends and whom it asks */
export function faultOfHttp1(headers: HeaderFields, httpVersion: string): string | undefined {
  const codings = headers.getAll('transfer-encoding')
  if (codings.length > 0) {
    if (headers.has('content-length')) return 'content-length or transfer-encoding, both came'
    if (httpVersion === '1.0') return 'no transfer-encoding in HTTP/1.0'
    if (codings.length > 1 || codings[0]!.toLowerCase() !== 'chunked')
      return `'chunked' as the only transfer-encoding`
  }
  const length = contentLength(headers)
  if (typeof length === 'string') return length
  if (headers.getAll('host').length > 1) return 'one host, more came'
  const hidden = hiddenField(headers)
  return hidden && `'connection' without '${hidden}', which is for all`
}

/** Connections on which a request was refused as malformed: what stands behind it may be anything. */
const inDoubt = new WeakSet<object>()

/** A request was refused as malformed: nothing behind it on its connection is taken. */
export function doubt({ socket }: IncomingMessage): void {
  inDoubt.add(socket)
}

export const isInDoubt = ({ socket }: IncomingMessage): boolean => inDoubt.has(socket)

/** What Node calls `rawHeaders` or `rawTrailers`. */
export function rawFields(raw: readonly string[]): HeaderFields {
  return HeaderFields.fromFlat(raw.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)))
}
