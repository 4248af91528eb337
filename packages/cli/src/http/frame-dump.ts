/** What goes over the wire, for people: one paragraph a frame. Stands around a protocol's codec; the engine knows nothing of it. */
import type { Bytes, ByteWriter, Codec, HeaderFields, InFrame, OutFrame, Protocol } from 'plexus'

export interface FrameDumpOptions {
  /** Gets a line. */
  readonly write: (line: string) => void
  /** Seconds since the start of it all. */
  readonly seconds: () => number
}

/** The same protocol, whose frames are written down as they come and go. */
export function dumped(protocol: Protocol, options: FrameDumpOptions): Protocol {
  return {
    traits: protocol.traits,
    create: (session) => new DumpingCodec(protocol.create(session), options),
  }
}

class DumpingCodec implements Codec {
  readonly traits: Protocol['traits']

  readonly #codec: Codec
  readonly #dump: FrameDump

  constructor(codec: Codec, options: FrameDumpOptions) {
    this.traits = codec.traits
    this.#codec = codec
    this.#dump = new FrameDump(codec.traits.name, options)
  }

  decode(chunk: Bytes, emit: (frame: InFrame) => boolean): number {
    return this.#codec.decode(chunk, (frame) => {
      this.#dump.received(frame)
      return emit(frame)
    })
  }

  get awaitsRest(): boolean {
    return this.#codec.awaitsRest === true
  }

  checkHeaders(headers: HeaderFields, end: boolean): void {
    this.#codec.checkHeaders(headers, end)
  }

  encode(frame: OutFrame, out: ByteWriter): void {
    const from = out.length
    this.#codec.encode(frame, out)
    this.#dump.sent(frame, out.length - from)
  }

  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    this.#codec.encodeData(id, payload, end, out)
    this.#dump.data('send', id, payload.length, end)
  }

  close(): void {
    this.#codec.close()
  }
}

/** Writes frames down, headers indented, in the manner of nghttp. */
class FrameDump {
  readonly #names: FrameNames
  readonly #options: FrameDumpOptions
  /** Of the data frame that comes in pieces: what it says, and what of it is still to come. */
  #length = 0
  #missing = 0

  constructor(protocol: string, options: FrameDumpOptions) {
    this.#names = protocol.startsWith('spdy') ? SPDY_NAMES : HTTP2_NAMES
    this.#options = options
  }

  sent(frame: OutFrame, bytes: number): void {
    this.#frame('send', frame, [`length=${bytes}`])
  }

  received(frame: InFrame): void {
    if (frame.type === 'data') {
      if (this.#missing === 0) this.#missing = this.#length = Math.max(frame.charge, frame.payload.length)
      this.#missing -= frame.payload.length + frame.padding
      if (this.#missing > 0 && !frame.end) return
      this.#missing = 0
      this.data('recv', frame.id, this.#length, frame.end)
    } else if (frame.type === 'ignored') {
      this.#paragraph('recv', printable(frame.name), [`${frame.what}, passed over`])
    } else if (frame.type === 'fault') {
      const { scope, id, code, message } = frame
      this.#paragraph(
        'recv',
        printable(frame.frame),
        [`stream_id=${id}`],
        [`; ${code} (${scope}): ${message}`],
      )
    } else {
      this.#frame('recv', frame, [])
    }
  }

  data(way: Way, id: number, length: number, end: boolean): void {
    this.#paragraph(way, 'DATA', [`length=${length}`, `stream_id=${id}`], end ? ['; END'] : [])
  }

  #frame(way: Way, frame: OutFrame, facts: readonly string[]): void {
    const { type } = frame
    const all = 'id' in frame ? [...facts, `stream_id=${frame.id}`] : [...facts, 'stream_id=0']
    this.#paragraph(way, this.#names[type], all, [...describe(frame)])
  }

  #paragraph(way: Way, name: string, facts: readonly string[], lines: readonly string[] = []): void {
    const { write, seconds } = this.#options
    write(`[${seconds().toFixed(3).padStart(7)}] ${way} ${name} frame <${facts.join(', ')}>`)
    for (const line of lines) write(`          ${printable(line)}`)
  }
}

type Way = 'send' | 'recv'
type FrameNames = Readonly<Record<OutFrame['type'], string>>

const COMMON_NAMES = {
  headers: 'HEADERS',
  priority: 'PRIORITY_UPDATE',
  reset: 'RST_STREAM',
  window: 'WINDOW_UPDATE',
  settings: 'SETTINGS',
  ping: 'PING',
  goAway: 'GOAWAY',
} as const

const SPDY_NAMES: FrameNames = {
  ...COMMON_NAMES,
  open: 'SYN_STREAM',
  reply: 'SYN_REPLY',
  inform: 'SYN_REPLY',
}
const HTTP2_NAMES: FrameNames = { ...COMMON_NAMES, open: 'HEADERS', reply: 'HEADERS', inform: 'HEADERS' }

function* describe(frame: OutFrame): Generator<string> {
  switch (frame.type) {
    case 'open':
      yield flags(frame.end && 'END', frame.unidirectional && 'UNIDIRECTIONAL')
      yield `(pri=${frame.priority}, assoc_stream_id=${frame.parent})`
      yield '; Open new stream'
      return yield* describeHeaders(frame.headers)
    case 'reply':
      yield flags(frame.end && 'END')
      yield '; First response header'
      return yield* describeHeaders(frame.headers)
    case 'inform':
      yield '; Interim response header'
      return yield* describeHeaders(frame.headers)
    case 'priority':
      return yield `(urgency=${frame.urgency}${frame.incremental ? ', incremental' : ''})`
    case 'headers':
      yield flags(frame.end && 'END')
      return yield* describeHeaders(frame.headers)
    case 'settings':
      yield flags(frame.ack && 'ACK')
      for (const [name, value] of Object.entries(frame.settings)) yield `[${name}: ${value}]`
      return
    case 'window':
      return yield `(window_size_increment=${frame.delta})`
    case 'ping':
      yield flags(frame.ack && 'ACK')
      return yield `(opaque_data=${frame.token})`
    case 'reset':
      return yield `(error_code=${codeOf(frame)})`
    case 'goAway':
      yield `(last_stream_id=${frame.lastId}, error_code=${codeOf(frame)})`
      if (frame.debug) yield `(debug_data=${frame.debug})`
  }
}

function* describeHeaders(headers: HeaderFields): Generator<string> {
  for (const [name, value] of headers) yield `${name}: ${value}`
}

function flags(...names: (string | false)[]): string {
  const set = names.filter((name) => name !== false)
  return set.length === 0 ? '; no flags' : `; ${set.join(' | ')}`
}

function codeOf({ code, wireCode }: { readonly code: string; readonly wireCode?: number }): string {
  return wireCode === undefined ? code : `${code}(${wireCode})`
}

/** What a peer wrote can do nothing to a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
