import type { ErrorCode } from './codes.js'
import type { PlexusError } from './errors.js'
import type { Role } from './frame.js'
import type { BlockedOn, MuxStream, OpenOptions } from './stream.js'

/** A handler of streams the peer opens. A throw or rejection resets its stream with INTERNAL_ERROR. */
export type StreamHandler = (stream: MuxStream) => void | Promise<void>

/** How a session or a server is closed. */
export interface CloseOptions {
  /**
   * How long the streams may take to end, ms; 0 is not at all. Default `drainTimeoutMs` of the limits. Where the session
   * drains already, this may hasten its end and never puts it off.
   */
  readonly timeoutMs?: number
  /** Cuts the wait short. */
  readonly signal?: AbortSignal
}

/** How long a ping may take. */
export interface PingOptions {
  /** Ms; 0 for as long as the session lives. Default `keepaliveTimeoutMs` of the limits. */
  readonly timeoutMs?: number
  /** Gives the wait up; the answer, if it comes, is nobody's. */
  readonly signal?: AbortSignal
}

/** One connection with many streams. */
export interface MuxSession extends AsyncIterable<MuxStream>, AsyncDisposable {
  /** Which end we are. */
  readonly role: Role
  /** Name of the protocol, e.g. `spdy/3.1`. */
  readonly protocol: string
  /** Streams open now, both sides'. */
  readonly streamCount: number
  /** Streams of ours that could be opened now without a wait: places at the peer, as far as ids reach; 0 once the session goes away. */
  readonly places: number
  /** Streams of ours for which there are ids left; 0 once the session goes away: it is time for another one. */
  readonly idsLeft: number
  /**
   * Calls `listener`, at the end of the turn, when a stream has ended, or when `places` or `idsLeft` changed by what the peer
   * did. It must not throw. Call what is returned to hear no more.
   */
  onPlaces(listener: () => void): () => void
  /**
   * Opens a stream; waits while the peer's limit is reached. Settles when the opening frame is queued. Rejects with a
   * {@link PlexusError} that was not processed: on a session that goes away, when the signal aborts, for headers that the
   * protocol cannot carry.
   */
  open(options?: OpenOptions): Promise<MuxStream>
  /** Round-trip time, ms. Rejects with TIMEOUT, with CANCEL when the signal aborts, and with the end of the session. */
  ping(options?: PingOptions): Promise<number>
  /** No new streams; those that are open end in their own time; then the carrier is closed. */
  close(options?: CloseOptions): Promise<void>
  /** Ends everything now, with a last frame that says why. Default NO_ERROR. */
  destroy(code?: ErrorCode): void
  /** Settles when all is over: with undefined after an orderly end, with the error otherwise. Never rejects. */
  readonly closed: Promise<PlexusError | undefined>
  /** Counted as it goes on: the same object each time. */
  readonly stats: SessionStats
}

/** What a session has counted since it began. */
export interface SessionStats {
  /** Streams of ours. */
  streamsOpened: number
  /** Streams of the peer that we took. */
  streamsAccepted: number
  /** Streams of the peer that we turned down for want of a place. */
  streamsRefused: number
  /** Streams that ended otherwise than well, whoever did it. */
  streamsReset: number
  /** The most streams that were open at once. */
  peakStreams: number
  /** All that was given to the carrier, frame heads included. */
  bytesSent: number
  /** All that came from the carrier, frame heads included. */
  bytesReceived: number
  /** Frames of every kind. */
  framesSent: number
  /** Frames of every kind; a data frame that came in pieces counts as that many. */
  framesReceived: number
  /** Last round-trip time, ms; undefined before the first ping. */
  pingMs: number | undefined
  /** How often a stream had bytes to send and was kept from it. */
  blocked: Record<BlockedOn, number>
  /** How often the session's send window ran empty. */
  sessionWindowEmpty: number
}

/** What happens on a session, for people and policies; payload never passes here. `at` is the session's clock, ms. */
export type SessionEvent = { readonly at: number } & (
  | { readonly type: 'opened'; readonly stream: MuxStream }
  | { readonly type: 'replied'; readonly stream: MuxStream }
  | { readonly type: 'blocked'; readonly stream: MuxStream; readonly on: BlockedOn }
  | { readonly type: 'unblocked'; readonly stream: MuxStream; readonly on: BlockedOn; readonly since: number }
  | { readonly type: 'ended'; readonly stream: MuxStream }
  | { readonly type: 'reset'; readonly stream: MuxStream; readonly error: PlexusError }
  | { readonly type: 'pinged'; readonly ms: number }
  | { readonly type: 'draining' }
  | { readonly type: 'oddity'; readonly what: string }
  | { readonly type: 'closed'; readonly error: PlexusError | undefined }
)
