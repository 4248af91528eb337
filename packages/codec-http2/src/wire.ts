import type { Bytes } from '@plexus/contract'

/** Every frame begins with this many bytes; `length` counts what follows them (RFC 9113 §4.1). */
export const HEAD_BYTES = 9

/** Masks the reserved bit of ids and deltas: sent as 0, ignored on receipt. */
export const MAX_31 = 0x7fff_ffff

/** First window of each stream and of the session, bytes (§6.9.2). */
export const INITIAL_WINDOW = 65_535

/** The payload every peer takes, and the largest it may ever ask for, bytes (§4.2, §6.5.2). */
export const MIN_MAX_FRAME = 16_384
export const MAX_MAX_FRAME = 0xff_ffff

/** What a client says before anything else (§3.4). */
export const PREFACE: Bytes = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (char) =>
  char.charCodeAt(0),
)

/** Frame types (§6; 0xa RFC 7838, 0xc RFC 8336, 0x10 RFC 9218). */
export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
  ALTSVC: 0xa,
  ORIGIN: 0xc,
  PRIORITY_UPDATE: 0x10,
} as const

/** Flags of a frame; each belongs to the types named, and is ignored elsewhere (§4.1). */
export const FLAG = {
  /** SETTINGS, PING. */
  ACK: 0x01,
  /** DATA, HEADERS: the sender has nothing more to send on the stream. */
  END_STREAM: 0x01,
  /** HEADERS, PUSH_PROMISE, CONTINUATION: the header block is whole. */
  END_HEADERS: 0x04,
  /** DATA, HEADERS, PUSH_PROMISE: a byte says how many bytes of padding end the frame. */
  PADDED: 0x08,
  /** HEADERS: five bytes of the old priority scheme come first. */
  PRIORITY: 0x20,
} as const

/** Ids of the entries of a SETTINGS frame (§6.5.2; 8 RFC 8441, 9 RFC 9218). */
export const SETTING = {
  /** The table with which the receiver of the frame may compress, bytes. */
  HEADER_TABLE_SIZE: 1,
  /** 0 or 1: the sender takes pushes. */
  ENABLE_PUSH: 2,
  /** Streams the receiver of the frame may have open at once. */
  MAX_CONCURRENT_STREAMS: 3,
  /** First window of each stream towards the sender of the frame, bytes. */
  INITIAL_WINDOW_SIZE: 4,
  /** Payload of the largest frame the sender takes, bytes. */
  MAX_FRAME_SIZE: 5,
  /** Header list the sender is ready to take, bytes: name + value + 32 each. Advice. */
  MAX_HEADER_LIST_SIZE: 6,
  /** 0 or 1: a server takes `:protocol` on CONNECT. */
  ENABLE_CONNECT_PROTOCOL: 8,
  /** 0 or 1: the sender pays no heed to the old priority scheme. */
  NO_RFC7540_PRIORITIES: 9,
} as const

/** Error codes of RST_STREAM and GOAWAY (§7). */
export const ERROR = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const

/** The unsigned number in four bytes. */
export function u32(bytes: Bytes, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** The same without the reserved bit: an id or a delta. */
export function u31(bytes: Bytes, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** The unsigned number in three bytes. */
export function u24(bytes: Bytes, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

/** The unsigned number in two bytes. */
export function u16(bytes: Bytes, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}
