/** Frames of HTTP/2 octet by octet, right or wrong: an attacker uses nobody's codec. */

export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export const FLAG = { ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8 } as const

export const SETTING = { HEADER_TABLE_SIZE: 1, INITIAL_WINDOW_SIZE: 4 } as const

/** RFC 9113 §7, by number. */
export const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const HEAD_BYTES = 9
export const MAX_31 = 2 ** 31 - 1

export function frame(type: number, flags: number, id: number, payload: Uint8Array = NOTHING): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(id, 5)
  bytes.set(payload, HEAD_BYTES)
  return bytes
}

const NOTHING = Buffer.alloc(0)

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = entries.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 0xff]), u32(value)]))
  return frame(TYPE.SETTINGS, 0, 0, Buffer.concat(payload))
}

export const settingsAck = () => frame(TYPE.SETTINGS, FLAG.ACK, 0)
export const reset = (id: number, code = 8) => frame(TYPE.RST_STREAM, 0, id, u32(code))
export const credit = (id: number, delta: number) => frame(TYPE.WINDOW_UPDATE, 0, id, u32(delta))
export const data = (id: number, payload: Uint8Array = NOTHING, flags = 0) =>
  frame(TYPE.DATA, flags, id, payload)
export const headers = (id: number, block: Uint8Array, flags: number = FLAG.END_HEADERS | FLAG.END_STREAM) =>
  frame(TYPE.HEADERS, flags, id, block)

/** What a client says first. */
export const greeting = (...entries: readonly (readonly [id: number, value: number])[]) =>
  Buffer.concat([PREFACE, settings(...entries)])

/** An integer of HPACK behind `prefix` bits (RFC 7541 §5.1). */
function integer(first: number, prefix: number, value: number): number[] {
  const most = 2 ** prefix - 1
  if (value < most) return [first | value]
  const octets = [first | most]
  let rest = value - most
  for (; rest >= 128; rest >>= 7) octets.push((rest & 127) | 128)
  octets.push(rest)
  return octets
}

const text = (value: string): number[] => [...integer(0, 7, value.length), ...Buffer.from(value, 'latin1')]

/** A field that enters no table. */
export const field = (name: string, value: string) => Buffer.from([0, ...text(name), ...text(value)])
/** A field that enters the table. */
export const indexedField = (name: string, value: string) =>
  Buffer.from([0x40, ...text(name), ...text(value)])

/** GET `path`, and what stands in `more`. */
export const get = (path: string, ...more: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from([0x82, 0x86, 0x04, ...text(path), 0x01, ...text('flood')]), ...more])

/** How many frames stand in `bytes`, which begin with one or with the preface. */
export function countFrames(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = buffer.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0
  let count = 0
  for (; at + HEAD_BYTES <= buffer.length; count += 1) at += HEAD_BYTES + buffer.readUIntBE(at, 3)
  return count
}
