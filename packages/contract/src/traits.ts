import type { ErrorCode } from './codes.js'

/**
 * What a protocol is like, as facts that the charts' guards and the engine's tables read. A protocol that differs from
 * another differs here, not by a branch in the engine.
 */
export interface Traits {
  /** As negotiated, e.g. `spdy/3.1`. */
  readonly name: string
  /** Streams are opened with headers. */
  readonly headers: boolean
  /** The opener waits for a reply, and data before it is a fault. */
  readonly reply: boolean
  /** Streams have windows on the wire. */
  readonly streamWindow: boolean
  /** The session has a window on the wire. */
  readonly sessionWindow: boolean
  /** Both windows at the start, bytes. */
  readonly initialStreamWindow: number
  readonly initialSessionWindow: number
  /** Largest value a window may reach. */
  readonly maxWindow: number
  /** Largest payload of a data frame before the peer's settings say otherwise, bytes. */
  readonly initialMaxFrame: number
  /** Largest stream id. */
  readonly maxStreamId: number
  /** Stream ids of one side must follow each other without gaps. */
  readonly strictIds: boolean
  /** Streams we open before the peer's first frame; one that sets no limit then has none. Infinity: no waiting. */
  readonly initialMaxConcurrentStreams: number
  /** The session is not open before the peer's first settings. */
  readonly greeting: boolean
  /** A client need not wait for them before it opens streams. */
  readonly earlyOpens: boolean
  /** Settings are acknowledged. */
  readonly settingsAck: boolean
  /** There is a frame for each of these. */
  readonly ping: boolean
  readonly goAway: boolean
  readonly settings: boolean
  readonly push: boolean
  /** Before its reply the acceptor may say something: interim responses. */
  readonly inform: boolean
  /** The opener can change a stream's urgency after the opening. */
  readonly priorityUpdate: boolean
  /** A graceful end first announces the largest id, and the real one a round trip later. */
  readonly goAwayTwice: boolean
  /** What each fault costs its sender. */
  readonly faults: Readonly<Record<FaultName, Verdict>>
}

/** Input that is well formed and yet out of place. One row of a protocol's error table each. */
export type FaultName =
  /** data for a stream nobody opened */
  | 'dataOnIdle'
  /** data for a stream that ended and is remembered */
  | 'dataOnClosed'
  /** data for a stream that its sender reset */
  | 'dataOnReset'
  /** data for a stream that ended and is forgotten */
  | 'dataOnForgotten'
  /** data after the sender's own end */
  | 'dataAfterEnd'
  /** data on our stream before its reply */
  | 'dataBeforeReply'
  /** data on stream 0 */
  | 'dataOnSession'
  /** a new stream whose id is lower than one seen */
  | 'openLower'
  /** a new stream that skips ids where that is not allowed */
  | 'openSkips'
  /** a new stream with our parity, or 0 */
  | 'openParity'
  /** a new stream whose id is open */
  | 'openTwice'
  /** a new stream over the limit we announced */
  | 'openOverLimit'
  /** a new stream after our go-away */
  | 'openAfterGoAway'
  /** a pushed stream that belongs to none of ours */
  | 'pushWithoutParent'
  /** a pushed stream that belongs to one of ours that is no more */
  | 'pushOnClosed'
  /** a second reply */
  | 'replyTwice'
  /** a reply on a stream whose sender ended */
  | 'replyAfterEnd'
  /** a reply on a stream that nobody opened, or not ours */
  | 'replyOnUnknown'
  /** an interim reply after the reply */
  | 'informAfterReply'
  /** more interim replies than a stream may have */
  | 'informTooMany'
  /** headers on a stream that nobody opened */
  | 'headersOnIdle'
  /** headers, or a reply, on a stream that ended, that its sender reset, that ended and is forgotten */
  | 'headersOnClosed'
  | 'headersOnReset'
  | 'headersOnForgotten'
  /** headers after the sender's end */
  | 'headersAfterEnd'
  /** headers on our stream before its reply */
  | 'headersBeforeReply'
  /** credit of zero, for a stream or the session */
  | 'creditZeroOnStream'
  | 'creditZeroOnSession'
  /** credit that lifts a window over its largest value */
  | 'creditOverflowOnStream'
  | 'creditOverflowOnSession'
  /** credit or reset for a stream nobody opened */
  | 'creditOnIdle'
  | 'resetOnIdle'
  /** data past what we granted */
  | 'overStreamWindow'
  | 'overSessionWindow'
  /** anything before the settings that a peer has to begin with */
  | 'beforeGreeting'
  /** an initial window that no window may have */
  | 'settingsWindow'
  /** a largest frame in which nothing can be sent */
  | 'settingsFrameSize'
  /** a second go-away that takes more streams than the first, or one that names a stream of its sender's */
  | 'goAwayRises'
  | 'goAwayParity'

export type Verdict =
  | { readonly scope: 'ignore' }
  | { readonly scope: 'stream' | 'session'; readonly code: ErrorCode }
