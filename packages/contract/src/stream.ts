import type { Duplex } from 'node:stream'
import type { Bytes } from './bytes.js'
import type { ErrorCode } from './codes.js'
import type { PlexusError } from './errors.js'
import type { Priority } from './frame.js'
import type { HeaderFields, HeadersInit } from './headers.js'

/** The states the RFCs name. */
export type StreamState = 'idle' | 'open' | 'half-closed (local)' | 'half-closed (remote)' | 'closed'

/** What keeps a stream's own writing from going on. */
export type BlockedOn = 'streamWindow' | 'sessionWindow' | 'carrier'

/** What a new stream is like. */
export interface OpenOptions {
  /** Default none. */
  readonly headers?: HeadersInit
  /** Default 3. */
  readonly priority?: Priority
  /** Default true: it takes turns with its equals. See {@link MuxStream.prioritise}. */
  readonly incremental?: boolean
  /** The stream this one belongs to: a push, or a sub-stream. */
  readonly parent?: MuxStream
  /** Nothing will be written: the end goes out with the opening frame. */
  readonly end?: boolean
  /** The peer has nothing to send. */
  readonly unidirectional?: boolean
  /** How long it may wait for a place, ms; then it is TIMEOUT, and was never sent. Default, and 0: until the signal aborts. */
  readonly timeoutMs?: number
  /** Gives up waiting for a place, and later resets the stream. */
  readonly signal?: AbortSignal
  /** Gives up waiting for a place, and no more than that: it is asked only if there is a wait. Not looked at beside `signal`. */
  readonly waitSignal?: () => AbortSignal
}

/** What else is said with bytes or headers. */
export interface WriteOptions {
  /** These are the last bytes: the end goes out with them. */
  readonly end?: boolean
}

/**
 * One stream. Every promise it gives settles: on what it waits for, on reset, on time-out, or with the session; a
 * rejection that nobody looks at harms nobody.
 */
export interface MuxStream extends AsyncIterable<Bytes>, AsyncDisposable {
  /** As on the wire: odd for the client's, even for the server's. */
  readonly id: number
  /** The headers it was opened with. */
  readonly headers: HeaderFields
  /** Set by whoever opened it; 0 is the most urgent. */
  readonly priority: Priority
  /** Id of the stream it belongs to; 0 for none. */
  readonly parent: number
  /** Who opened it. */
  readonly initiator: 'us' | 'peer'
  /** Where its two halves stand. */
  readonly state: StreamState
  /** What its writing waits for, and since when (clock of the session, ms). */
  readonly blocked: { readonly on: BlockedOn; readonly since: number } | undefined

  /** Answers a stream of the peer. Only the first call counts; writing before it replies with no headers. */
  reply(headers?: HeadersInit, options?: WriteOptions): void
  /** Turns a stream of the peer down, before any reply: the peer may try it elsewhere. */
  refuse(): void
  /** The peer's reply to a stream of ours. */
  readonly replied: Promise<HeaderFields>
  /**
   * Says something before the reply: an interim response. Throws, scope `request`, where the protocol has none, after the
   * reply, and after the 10th.
   */
  inform(headers: HeadersInit): void
  /** The peer's next interim reply to a stream of ours; undefined once the reply has come or the stream is over. */
  readInform(): Promise<HeaderFields | undefined>

  /**
   * Changes how urgent it is. `incremental`: pieces of it are of use, so it takes turns with its equals (default); otherwise it
   * is written to its end before them. Orders what we write; the peer learns of it for a stream of ours, where the protocol has
   * a word for that.
   */
  prioritise(priority: Priority, incremental?: boolean): void

  /** More headers, in order with the bytes written: updates, or with `end` the trailers. */
  writeHeaders(headers: HeadersInit, options?: WriteOptions): void
  /** The next header update of the peer, in order of arrival; undefined after the peer's end. */
  readHeaders(): Promise<HeaderFields | undefined>

  /** The next bytes, of whatever length they came in; undefined after the peer's end. One call at a time. */
  read(): Promise<Bytes | undefined>
  /** What is there now, without waiting; undefined if nothing is. */
  poll(): Bytes | undefined
  /**
   * Takes the bytes (they must not be changed any more) and settles when it may take more. Rejects after `close` and
   * on a stream that is no more.
   */
  write(bytes: Bytes | string, options?: WriteOptions): Promise<void>
  /** Ends our half after all that was written; settles when the end is on its way. Reading goes on. */
  close(): Promise<void>
  /** Ends both halves now. Default CANCEL. What is unread or unsent is dropped. */
  reset(code?: ErrorCode): void
  /** Settles with undefined when both halves ended well, with the error otherwise. Never rejects. */
  readonly closed: Promise<PlexusError | undefined>
  /** Aborts, with the error as reason, when the stream ends otherwise than well. */
  readonly signal: AbortSignal

  /** The same stream as a Node Duplex; made on demand. Throws where the host has none. */
  toDuplex(): Duplex
  /** The same stream as a pair of web streams; made on demand. */
  toWeb(): { readable: ReadableStream<Bytes>; writable: WritableStream<Bytes> }
}
