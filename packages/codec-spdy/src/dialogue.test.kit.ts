// What the tests of this package say to a codec, and how they listen.
import { inflateSync, constants as zlib } from 'node:zlib'
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
import { type SpdyOptions, spdy } from './codec.js'
import { HeaderCompressor } from './compression.js'
import { headerDictionary } from './dictionary.js'

type Limits = Partial<Record<LimitName, number>>

/** A codec of ours; a server unless said otherwise, for most of what is wrong is said to servers. */
export function codec(limits: Limits = {}, role: Role = 'server', options: SpdyOptions = {}): Codec {
  return spdy(options).create({ role, limits: resolveLimits(limits) })
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

/** A control frame as one may say it, right or wrong. */
export function control(
  type: number,
  payload: Bytes,
  said: { flags?: number; version?: number; length?: number } = {},
): Bytes {
  const { flags = 0, version = 3, length = payload.length } = said
  return join(int(0x8000 | version, 2), int(type, 2), int(flags, 1), int(length, 3), payload)
}

export function data(id: number, payload: Bytes, flags = 0, length = payload.length): Bytes {
  return join(int(id), int(flags, 1), int(length, 3), payload)
}

/** The frames `bytes` holds for `codec`, given whole. */
export function decode(codec: Codec, bytes: Bytes): InFrame[] {
  return decodeInPieces(codec, bytes, [])
}

/** The same, with a cut at each of `cuts`. */
export function decodeInPieces(codec: Codec, bytes: Bytes, cuts: readonly number[]): InFrame[] {
  const frames: InFrame[] = []
  const emit = (frame: InFrame): boolean => {
    frames.push(frame)
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
  for (const frame of frames) {
    const last = whole.at(-1)
    if (frame.type !== 'data' || frame.charge > 0 || frame.payload.length === 0) whole.push(frame)
    else if (last?.type !== 'data' || last.id !== frame.id)
      throw new Error('expected the rest of a data frame')
    else
      whole[whole.length - 1] = { ...frame, payload: join(last.payload, frame.payload), charge: last.charge }
  }
  return whole
}

export function encode(codec: Codec, ...frames: readonly OutFrame[]): Bytes {
  const out = new ByteWriter()
  for (const frame of frames) codec.encode(frame, out)
  return join(...out.take())
}

export function encodeData(codec: Codec, id: number, payload: Bytes, end = false): Bytes {
  const out = new ByteWriter()
  codec.encodeData(id, payload, end, out)
  return join(...out.take())
}

/** An uncompressed header block as one may say it, right or wrong. */
export function pairs(said: readonly (readonly [name: string, value: string])[], count = said.length): Bytes {
  const parts = said.flatMap(([name, value]) => [
    int(name.length),
    latin1(name),
    int(value.length),
    latin1(value),
  ])
  return join(int(count), ...parts)
}

/** Compresses block after block in one context, as a peer does. */
export function compressor(level = 6, windowBits = 15): (block: Bytes) => Bytes {
  const context = new HeaderCompressor(level, windowBits)
  return (block) => {
    const { bytes, length } = context.compress(block, block.length)
    return bytes.slice(0, length)
  }
}

/** Inflates all blocks of one context at once, by another zlib than ours that keeps no larger window than it has to. */
export function inflateElsewhere(...blocks: readonly Bytes[]): Bytes {
  const options = {
    windowBits: (blocks[0]![0]! >>> 4) + 8,
    dictionary: headerDictionary(),
    finishFlush: zlib.Z_SYNC_FLUSH,
  }
  return new Uint8Array(inflateSync(join(...blocks), options))
}

export const synStream = (block: Bytes, id = 1, flags = 0): Bytes =>
  control(1, join(int(id), int(0), hex('0000'), block), { flags })
export const synReply = (block: Bytes, id = 1, flags = 0): Bytes =>
  control(2, join(int(id), block), { flags })
export const headers = (block: Bytes, id = 1, flags = 0): Bytes => control(8, join(int(id), block), { flags })

/** Frames as plain values: header fields as pairs, payload as hex. */
export function plain(frames: readonly InFrame[]): unknown[] {
  return frames.map((frame) => {
    if (frame.type === 'data') return { ...frame, payload: toHex(frame.payload) }
    if ('headers' in frame) return { ...frame, headers: frame.headers.toJSON() }
    return frame
  })
}

/** The faults among `frames`, as far as their sender pays for them. */
export function faults(frames: readonly InFrame[]): unknown[] {
  return frames
    .filter((frame) => frame.type === 'fault')
    .map(({ scope, id, code, frame }) => ({ scope, id, code, frame }))
}

export { NO_BYTES }
