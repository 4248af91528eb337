import {
  type Bytes,
  type DataFrame,
  type ErrorCode,
  type GoAwayFrame,
  HeaderFields,
  type HeadersFrame,
  type HeadersInit,
  type InformFrame,
  type OpenFrame,
  type PingFrame,
  type PingToken,
  type Priority,
  type PriorityFrame,
  type ReplyFrame,
  type ResetFrame,
  type Settings,
  type SettingsFrame,
  type WindowFrame,
} from '@plexus/contract'

/** What can be said of headers where they are sent. */
export interface HeadersSaid {
  readonly headers?: HeadersInit
  /** Nothing follows in this direction. Default false. */
  readonly end?: boolean
}

export interface OpenSaid extends HeadersSaid {
  /** Default 3. */
  readonly priority?: Priority
  /** Default 0: none. */
  readonly parent?: number
  /** Default false. */
  readonly unidirectional?: boolean
}

/** Makes whole neutral frames from what a test cares about. */
export const frames = {
  open(id: number, said: OpenSaid = {}): OpenFrame {
    const { priority = 3, parent = 0, end = false, unidirectional = false } = said
    const headers = HeaderFields.from(said.headers)
    return { type: 'open', id, parent, priority, headers, end, unidirectional }
  },

  reply(id: number, said: HeadersSaid = {}): ReplyFrame {
    return { type: 'reply', id, headers: HeaderFields.from(said.headers), end: said.end ?? false }
  },

  inform(id: number, headers: HeadersInit = {}): InformFrame {
    return { type: 'inform', id, headers: HeaderFields.from(headers) }
  },

  priority(id: number, urgency: Priority, said: { readonly incremental?: boolean } = {}): PriorityFrame {
    return { type: 'priority', id, urgency, incremental: said.incremental ?? false }
  },

  headers(id: number, headers: HeadersInit, said: { readonly end?: boolean } = {}): HeadersFrame {
    return { type: 'headers', id, headers: HeaderFields.from(headers), end: said.end ?? false }
  },

  data(id: number, payload: string | Bytes = '', said: { readonly end?: boolean } = {}): DataFrame {
    const bytes = bytesOf(payload)
    return { type: 'data', id, payload: bytes, charge: bytes.length, padding: 0, end: said.end ?? false }
  },

  reset(id: number, code: ErrorCode = 'CANCEL'): ResetFrame {
    return { type: 'reset', id, code }
  },

  /** Credit of `delta` bytes; for the session where `id` is 0. */
  window(id: number, delta: number): WindowFrame {
    return { type: 'window', id, delta }
  },

  settings(settings: Settings = {}, said: { readonly ack?: boolean } = {}): SettingsFrame {
    return { type: 'settings', settings, ack: said.ack ?? false }
  },

  ping(token: PingToken, said: { readonly ack?: boolean } = {}): PingFrame {
    return { type: 'ping', token, ack: said.ack ?? false }
  },

  goAway(lastId: number, code: ErrorCode = 'NO_ERROR', said: { readonly debug?: string } = {}): GoAwayFrame {
    return { type: 'goAway', lastId, code, ...said }
  },
} as const

const utf8 = new TextEncoder()

/** Text as UTF-8; bytes as they are. */
export function bytesOf(payload: string | Bytes): Bytes {
  return typeof payload === 'string' ? utf8.encode(payload) : payload
}

/** Bytes of hexadecimal digits; white space between them is for the eye. */
export function bytesOfHex(hex: string): Bytes {
  const digits = hex.replace(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
    throw new TypeError(`wanted pairs of hexadecimal digits, got '${hex}'`)
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}
