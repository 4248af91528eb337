// What the tests of this package say to a codec, and how they listen.
import {
  type Bytes,
  ByteWriter,
  type Codec,
  type InFrame,
  type LimitName,
  NO_BYTES,
  type OutFrame,
  type Role,
  resolveLimits,
} from '@plexus/contract'
import { type Http2Options, http2 } from './codec.js'
import { FLAG, PREFACE, TYPE } from './wire.js'

type Limits = Partial<Record<LimitName, number>>

/** A codec of ours; a server unless said otherwise, for most of what is wrong is said to servers. */
export function codec(limits: Limits = {}, role: Role = 'server', options: Http2Options = {}): Codec {
  return http2(options).create({ role, limits: resolveLimits(limits) })
}

/** The same after its peer's first words. */
export function greeted(limits: Limits = {}, role: Role = 'server', options: Http2Options = {}): Codec {
  const one = codec(limits, role, options)
  const frames = decode(one, role === 'server' ? join(PREFACE, settings()) : settings())
  if (frames.length !== 1) throw new Error(`expected the settings alone, got ${JSON.stringify(frames)}`)
  return one
}

export function hex(text: string): Bytes {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

export function toHex(bytes: Bytes): string {
  return Buffer.from(bytes).toString('hex')
}

export function latin1(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export function join(...chunks: readonly Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(chunks))
}

export function int(value: number, bytes: 1 | 2 | 3 | 4 = 4): Bytes {
  const all = Buffer.alloc(4)
  all.writeUInt32BE(value)
  return new Uint8Array(all.subarray(4 - bytes))
}

/** A frame as one may say it, right or wrong. */
export function frame(
  type: number,
  payload: Bytes = NO_BYTES,
  said: { id?: number; flags?: number; length?: number } = {},
): Bytes {
  const { id = 0, flags = 0, length = payload.length } = said
  return join(int(length, 3), int(type, 1), int(flags, 1), int(id), payload)
}

/** Zeros, for payload that nobody looks at. */
export const zeros = (bytes: number): Bytes => new Uint8Array(bytes)

export const data = (id: number, payload: Bytes, flags = 0): Bytes => frame(TYPE.DATA, payload, { id, flags })

/** DATA with padding behind its payload. */
export const padded = (id: number, payload: Bytes, padding: number, flags = 0): Bytes =>
  data(id, join(int(padding, 1), payload, zeros(padding)), flags | FLAG.PADDED)

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Bytes {
  return frame(TYPE.SETTINGS, join(...entries.map(([id, value]) => join(int(id, 2), int(value)))))
}

type Pair = readonly [name: string, value: string]

/** A header block of literals, which needs no table, right or wrong. */
export function block(...pairs: readonly Pair[]): Bytes {
  return join(...pairs.flatMap(([name, value]) => [hex('00'), text(name), text(value)]))
}

function text(value: string): Bytes {
  const bytes = latin1(value)
  if (bytes.length < 127) return join(int(bytes.length, 1), bytes)
  const prefix = [127]
  let rest = bytes.length - 127
  for (; rest > 127; rest >>>= 7) prefix.push(128 | (rest & 127))
  return join(Uint8Array.from([...prefix, rest]), bytes)
}

export const REQUEST: readonly Pair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'here'],
]

const WHOLE = FLAG.END_HEADERS
const LAST = FLAG.END_HEADERS | FLAG.END_STREAM

export const headers = (id: number, bytes: Bytes, flags: number = LAST): Bytes =>
  frame(TYPE.HEADERS, bytes, { id, flags })
export const continuation = (id: number, bytes: Bytes, flags = 0): Bytes =>
  frame(TYPE.CONTINUATION, bytes, { id, flags })
/** A request with more fields than it needs. */
export const request = (id: number, ...more: readonly Pair[]): Bytes =>
  headers(id, block(...REQUEST, ...more), LAST)
/** One that goes on. */
export const upload = (id: number, ...more: readonly Pair[]): Bytes =>
  headers(id, block(...REQUEST, ...more), WHOLE)
export const response = (id: number, status = '200', flags: number = WHOLE): Bytes =>
  headers(id, block([':status', status]), flags)

/** The frames `bytes` holds for `codec`, given whole. */
export function decode(codec: Codec, bytes: Bytes): InFrame[] {
  return decodeInPieces(codec, bytes, [])
}

/** The same, with a cut at each of `cuts`. */
export function decodeInPieces(codec: Codec, bytes: Bytes, cuts: readonly number[]): InFrame[] {
  const frames: InFrame[] = []
  const emit = (one: InFrame): boolean => {
    frames.push(one)
    return true
  }
  let from = 0
  for (const to of [...cuts].sort((a, b) => a - b).concat(bytes.length)) {
    const taken = codec.decode(bytes.subarray(from, to), emit)
    if (taken !== to - from) throw new Error(`expected all ${to - from} bytes to be taken, ${taken} were`)
    from = to
  }
  return frames
}

/** Every byte a chunk of its own. */
export function decodeByByte(codec: Codec, bytes: Bytes): InFrame[] {
  return decodeInPieces(
    codec,
    bytes,
    Array.from(bytes.subarray(1), (_, i) => i + 1),
  )
}

/** Puts the pieces of each data frame together again: only the first has a charge. */
export function merge(frames: readonly InFrame[]): InFrame[] {
  const whole: InFrame[] = []
  for (const one of frames) {
    const last = whole.at(-1)
    if (one.type !== 'data' || one.charge > 0 || one.payload.length === 0) whole.push(one)
    else if (last?.type !== 'data' || last.id !== one.id) throw new Error('expected the rest of a data frame')
    else {
      const { charge, padding } = last
      whole[whole.length - 1] = { ...one, payload: join(last.payload, one.payload), charge, padding }
    }
  }
  return whole
}

export function encode(codec: Codec, ...frames: readonly OutFrame[]): Bytes {
  const out = new ByteWriter()
  for (const one of frames) codec.encode(one, out)
  return join(...out.take())
}

export function encodeData(codec: Codec, id: number, payload: Bytes, end = false): Bytes {
  const out = new ByteWriter()
  codec.encodeData(id, payload, end, out)
  return join(...out.take())
}

/** Frames as plain values: header fields as pairs, payload as hex. */
export function plain(frames: readonly InFrame[]): unknown[] {
  return frames.map((one) => {
    if (one.type === 'data') return { ...one, payload: toHex(one.payload) }
    if ('headers' in one) return { ...one, headers: one.headers.toJSON() }
    return one
  })
}

/** The faults among `frames`, as far as their sender pays for them. */
export function faults(frames: readonly InFrame[]): unknown[] {
  return frames
    .filter((one) => one.type === 'fault')
    .map(({ scope, id, code, frame: name }) => ({ scope, id, code, frame: name }))
}

/** What `said` costs a peer that has greeted; the codec is a server unless said otherwise. */
export function price(said: Bytes, role: Role = 'server', limits: Limits = {}): string[] {
  return decode(greeted(limits, role), said).map((one) =>
    one.type === 'fault' ? `${one.scope} ${one.code}` : one.type,
  )
}

export { NO_BYTES }
