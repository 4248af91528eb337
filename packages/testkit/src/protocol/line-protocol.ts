import {
  type Bytes,
  type ByteWriter,
  type Codec,
  type CodecOptions,
  HeaderFields,
  type InFrame,
  type Limits,
  NO_BYTES,
  type OutFrame,
  type Protocol,
  type Traits,
} from '@plexus/contract'
import { bytesOf } from '../peer/frames.js'
import { LINE_TRAITS } from './line-traits.js'

const NEWLINE = 0x0a

/** What a frame cannot do without. */
const FIELDS = {
  open: 'id parent priority headers end unidirectional',
  reply: 'id headers end',
  inform: 'id headers',
  headers: 'id headers end',
  priority: 'id urgency incremental',
  data: 'id length end',
  reset: 'id code',
  window: 'id delta',
  settings: 'settings ack',
  ping: 'token ack',
  goAway: 'lastId code',
} as const

/**
 * A protocol for tests that can be read without a table: each frame is a line of JSON, and the payload of a data frame
 * follows its line as it is. `traits` say what the engine makes of it.
 */
export function lineProtocol(traits: Partial<Traits> = {}): Protocol {
  const all = { ...LINE_TRAITS, ...traits }
  return { traits: all, create: (options) => new LineCodec(all, options) }
}

class LineCodec implements Codec {
  readonly traits: Traits
  readonly #limits: Limits
  #line: number[] = []
  /** The data frame whose payload is under way. */
  #data: { id: number; left: number; end: boolean; charge: number } | undefined
  #isLost = false

  constructor(traits: Traits, options: CodecOptions) {
    this.traits = traits
    this.#limits = options.limits
  }

  decode(chunk: Bytes, emit: (frame: InFrame) => boolean): number {
    let at = 0
    while (at < chunk.length && !this.#isLost) {
      const frame = this.#data === undefined ? this.#readLine(chunk, at) : this.#readPayload(chunk, at)
      at = frame.at
      if (frame.frame !== undefined && !emit(frame.frame)) return at
    }
    return chunk.length
  }

  encode(frame: OutFrame, out: ByteWriter): void {
    out.copy(bytesOf(`${JSON.stringify(frame, plain)}\n`))
  }

  /** Lines carry any text. */
  checkHeaders(): void {}

  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    out.copy(bytesOf(`${JSON.stringify({ type: 'data', id, length: payload.length, end })}\n`))
    out.bytes(payload)
  }

  close(): void {
    this.#line = []
  }

  #readLine(chunk: Bytes, from: number): { at: number; frame?: InFrame } {
    const stop = chunk.indexOf(NEWLINE, from)
    const until = stop < 0 ? chunk.length : stop
    if (this.#line.length + until - from > this.#limits.maxHeaderBlock) {
      return { at: chunk.length, frame: this.#fault('FRAME_SIZE_ERROR', 'a shorter line') }
    }
    for (let at = from; at < until; at++) this.#line.push(chunk[at]!)
    if (stop < 0) return { at: until }
    const line = Uint8Array.from(this.#line)
    this.#line = []
    const frame = this.#parse(line)
    return frame === undefined ? { at: stop + 1 } : { at: stop + 1, frame }
  }

  #parse(line: Bytes): InFrame | undefined {
    const said = saidBy(line)
    if (said === undefined)
      return this.#fault('PROTOCOL_ERROR', 'an object of JSON with a type and its fields')
    if (!Object.hasOwn(FIELDS, said.type)) return { type: 'ignored', what: 'unknown', name: said.type }
    if (said.type !== 'data') return said as unknown as InFrame
    const { id, length, end } = said as unknown as { id: number; length: number; end: boolean }
    if (!(Number.isSafeInteger(length) && length >= 0)) return this.#fault('FRAME_SIZE_ERROR', 'a length')
    if (length === 0) return { type: 'data', id, payload: NO_BYTES, charge: 0, padding: 0, end }
    this.#data = { id, left: length, end, charge: length }
    return undefined
  }

  #readPayload(chunk: Bytes, from: number): { at: number; frame: InFrame } {
    const data = this.#data!
    const payload = chunk.subarray(from, from + data.left)
    const { id, charge } = data
    data.left -= payload.length
    data.charge = 0
    if (data.left === 0) this.#data = undefined
    const end = data.end && data.left === 0
    return { at: from + payload.length, frame: { type: 'data', id, payload, charge, padding: 0, end } }
  }

  #fault(code: 'PROTOCOL_ERROR' | 'FRAME_SIZE_ERROR', wanted: string): InFrame {
    this.#isLost = true
    const message = `wanted ${wanted}, and got something else`
    return { type: 'fault', scope: 'session', id: 0, code, message, frame: 'line' }
  }
}

/** What a line says, where it can be read and has the fields of its type. */
function saidBy(line: Bytes): { type: string } | undefined {
  try {
    const said = JSON.parse(new TextDecoder().decode(line), revive)
    if (typeof said?.type !== 'string') return undefined
    if (said.headers !== undefined) said.headers = HeaderFields.from(said.headers)
    const fields = Object.hasOwn(FIELDS, said.type) ? FIELDS[said.type as keyof typeof FIELDS] : ''
    const isWhole = fields.split(' ').every((field) => field === '' || said[field] !== undefined)
    return isWhole ? said : undefined
  } catch {
    return undefined
  }
}

/** JSON has no bigint: a ping's token travels as a text with its letter. */
function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

function revive(name: string, value: unknown): unknown {
  return name === 'token' && typeof value === 'string' && /^\d+n$/.test(value)
    ? BigInt(value.slice(0, -1))
    : value
}
