/** What a dispatch's handler is called with: as undici 7 has it, or as those before, and Node's own `fetch`, had it. */
import type { IncomingHttpHeaders } from 'node:http'
import { HeaderFields } from '@plexus/contract'
import type { Dispatcher } from 'undici'
import type { ResponseHead } from '../message/heads.js'
import type { Control } from './dispatcher.js'
import { unsendable } from './faults.js'
import type { ClientResponse } from './response.js'

export interface Calls {
  start(control: Control): void
  inform(control: Control, head: ResponseHead): void
  head(control: Control, response: ClientResponse): void
  upgrade(control: Control, response: ClientResponse): void
  data(control: Control, bytes: Buffer): void
  end(control: Control, trailers: HeaderFields): void
  error(control: Control, error: Error): void
}

export function callsOf(handler: Dispatcher.DispatchHandler): Calls {
  return handler.onRequestStart === undefined ? legacyCalls(handler) : currentCalls(handler)
}

function currentCalls(handler: Dispatcher.DispatchHandler): Calls {
  return {
    start: (control) => handler.onRequestStart?.(control, {}),
    head(control, { status, statusText, headers }) {
      control.rawHeaders = [...headers.flat]
      handler.onResponseStart?.(control, status, recordOf(headers), statusText)
    },
    inform(control, { status, headers }) {
      handler.onResponseStart?.(control, status, recordOf(headers), '')
    },
    upgrade(control, { status, headers, stream }) {
      control.rawHeaders = [...headers.flat]
      handler.onRequestUpgrade?.(control, status, recordOf(headers), stream.toDuplex())
    },
    data: (control, bytes) => handler.onResponseData?.(control, bytes),
    end(control, trailers) {
      control.rawTrailers = [...trailers.flat]
      handler.onResponseEnd?.(control, recordOf(trailers))
    },
    error: (control, error) => handler.onResponseError?.(control, error),
  }
}

function legacyCalls(handler: Dispatcher.DispatchHandler): Calls {
  return {
    start: (control) => handler.onConnect?.((reason) => control.abort(reason)),
    head(control, { status, statusText, headers }) {
      const goOn = handler.onHeaders?.(status, rawOf(headers), () => control.resume(), statusText)
      if (goOn === false) control.pause()
    },
    inform: (control, { status, headers }) =>
      void handler.onHeaders?.(status, rawOf(headers), () => control.resume(), ''),
    upgrade: (_, { status, headers, stream }) =>
      handler.onUpgrade?.(status, rawOf(headers), stream.toDuplex()),
    data(control, bytes) {
      if (handler.onData?.(bytes) === false) control.pause()
    },
    end: (_, trailers) => handler.onComplete?.([...trailers.flat]),
    error: (_, error) => handler.onError?.(error),
  }
}

const rawOf = ({ flat }: HeaderFields): Buffer[] => flat.map((text) => Buffer.from(text, 'latin1'))

/** Fields as Node's records have them. It has no prototype: its keys are the peer's (S10). */
export function recordOf(fields: HeaderFields): IncomingHttpHeaders {
  const record: IncomingHttpHeaders = Object.create(null)
  for (const [name, value] of fields) {
    const before = record[name]
    if (before === undefined) record[name] = value
    else if (typeof before === 'string') record[name] = [before, value]
    else before.push(value)
  }
  return record
}

/** Fields in any of the forms undici takes. */
export function headersFrom(init: Dispatcher.DispatchOptions['headers']): HeaderFields {
  if (init === undefined || init === null) return HeaderFields.NONE
  if (Array.isArray(init) && !Array.isArray(init[0])) {
    if (init.length % 2 !== 0) throw unsendable(`names and values, got ${init.length} strings`)
    const pairs: [string, string][] = []
    for (let i = 0; i < init.length; i += 2) pairs.push([String(init[i]), String(init[i + 1])])
    return HeaderFields.from(pairs)
  }
  const entries = Symbol.iterator in init ? [...init] : Object.entries(init)
  const pairs: [string, string][] = []
  for (const [name, value] of entries as Iterable<[string, string | string[] | undefined]>) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) pairs.push([name, String(one)])
  }
  return HeaderFields.from(pairs)
}
