import type { Bytes } from './bytes.js'
import type { ErrorCode } from './codes.js'
import type { HeaderFields } from './headers.js'

/** Which end we are. Set by the caller, not by who dialled: it decides the parity of stream and ping ids. */
export type Role = 'client' | 'server'

/** 0 is the most urgent, 7 the least. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** What a ping carries and its answer repeats: as many bits as the protocol has. */
export type PingToken = number | bigint

/** The settings the engine acts upon. Whatever else a protocol has stays between its codec and the user. */
export interface Settings {
  /** Streams that the receiver of the frame may have open at once. */
  readonly maxConcurrentStreams?: number
  /** First send window of each stream towards the sender of the frame, bytes. */
  readonly initialWindow?: number
  /** Payload of the largest data frame that the sender of the frame takes, bytes. */
  readonly maxFrameSize?: number
}

/** A new stream. */
export interface OpenFrame {
  readonly type: 'open'
  readonly id: number
  /** The stream this one is associated to; 0 for none. */
  readonly parent: number
  readonly priority: Priority
  /** As in {@link PriorityFrame}. Where nothing is said it takes turns. */
  readonly incremental?: boolean
  readonly headers: HeaderFields
  /** The opener has nothing more to send. */
  readonly end: boolean
  /** The other side has nothing to send. */
  readonly unidirectional: boolean
}

/** The acceptor's first answer. */
export interface ReplyFrame {
  readonly type: 'reply'
  readonly id: number
  readonly headers: HeaderFields
  readonly end: boolean
}

/** What the acceptor says before its reply: an interim response, of which there may be several (RFC 9110 §15.2). */
export interface InformFrame {
  readonly type: 'inform'
  readonly id: number
  readonly headers: HeaderFields
}

/** Headers after the first: updates and trailers. */
export interface HeadersFrame {
  readonly type: 'headers'
  readonly id: number
  readonly headers: HeaderFields
  readonly end: boolean
}

/**
 * Payload, or a piece of it: a data frame that spans carrier chunks is handed on in pieces, as views.
 *
 * `charge` is what the piece takes from the windows. The first piece of a frame carries the charge of the whole frame,
 * so a peer that exceeds its window is found out by the head; later pieces carry 0. `padding` is the part of the charge
 * that is not payload, to be given back at once. `end` stands on the last piece only.
 */
export interface DataFrame {
  readonly type: 'data'
  readonly id: number
  readonly payload: Bytes
  readonly charge: number
  readonly padding: number
  readonly end: boolean
}

/** The end of both halves of a stream, at once. `wireCode` is its number on the wire; one of ours counts where `code` is UNKNOWN. */
export interface ResetFrame {
  readonly type: 'reset'
  readonly id: number
  readonly code: ErrorCode
  readonly wireCode?: number
}

/** Credit: `delta` more bytes for stream `id`, or for the session where `id` is 0. */
export interface WindowFrame {
  readonly type: 'window'
  readonly id: number
  readonly delta: number
}

/** What a side says of itself, for the whole session. */
export interface SettingsFrame {
  readonly type: 'settings'
  readonly settings: Settings
  /** The other side's settings are in force. Only where the protocol acknowledges them. */
  readonly ack: boolean
}

/** A ping, or with `ack` the answer to one. */
export interface PingFrame {
  readonly type: 'ping'
  readonly token: PingToken
  readonly ack: boolean
}

/** Its sender takes no more streams. */
export interface GoAwayFrame {
  readonly type: 'goAway'
  /** The highest stream of the receiver that the sender accepted, 0 for none; higher ones were never processed. */
  readonly lastId: number
  readonly code: ErrorCode
  readonly wireCode?: number
  readonly debug?: string
}

/** Another urgency for a stream, from its opener (RFC 9218 §7); it may come before the stream does. */
export interface PriorityFrame {
  readonly type: 'priority'
  readonly id: number
  readonly urgency: Priority
  /** Pieces of it are of use: it takes turns with its equals. Otherwise it goes on until it is done. */
  readonly incremental: boolean
}

/** Something to be skipped. It costs a token (L04), nothing else. */
export interface IgnoredFrame {
  readonly type: 'ignored'
  readonly what: 'unknown' | 'oddity' | 'priority'
  /** For the log: what came. */
  readonly name: string
}

/**
 * What the codec could not take. `scope: stream` means that framing and compression are still in step; after
 * `scope: session` the codec takes in nothing more.
 */
export interface FaultFrame {
  readonly type: 'fault'
  readonly scope: 'stream' | 'session'
  /** 0 where the fault names no stream. */
  readonly id: number
  readonly code: ErrorCode
  /** Says what was expected and what came. */
  readonly message: string
  /** The frame that is at fault, by its protocol's name, e.g. `SYN_STREAM`. */
  readonly frame: string
  /** The frame would have opened the stream: its id is used up. */
  readonly opens?: boolean
  /** The frame carried headers after the first of its stream: where none may come any more, that is the fault. */
  readonly follows?: boolean
}

/** What a codec yields. */
export type InFrame = OutFrame | DataFrame | IgnoredFrame | FaultFrame

/** What a codec encodes whole. Payload goes by {@link Codec.encodeData}. */
export type OutFrame =
  | OpenFrame
  | ReplyFrame
  | InformFrame
  | HeadersFrame
  | PriorityFrame
  | ResetFrame
  | WindowFrame
  | SettingsFrame
  | PingFrame
  | GoAwayFrame
