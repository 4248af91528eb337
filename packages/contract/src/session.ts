import type { ErrorCode } from './codes.js'
import type { PlexusError } from './errors.js'
import type { Role } from './frame.js'
import type { BlockedOn, MuxStream, OpenOptions } from './stream.js'

/** A handler of streams the peer opens. A throw or rejection resets its stream with INTERNAL_ERROR. */
export type StreamHandler = (stream: MuxStream) => void | Promise<void>

export interface CloseOptions {
  /** How long the streams may take to end; default `drainTimeoutMs` of the limits. */
  readonly timeoutMs?: number
  /** Cuts the wait short. */
  readonly signal?: AbortSignal
}

export interface PingOptions {
  /** Default `keepaliveTimeoutMs` of the limits. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** One connection with many streams. */
export interface MuxSession extends AsyncIterable<MuxStream>, AsyncDisposable {
  readonly role: Role
  readonly protocol: string
  /** Streams open now, both sides'. */
  readonly streamCount: number
  /** Opens a stream; waits while the peer's limit is reached. Settles when the opening frame is queued. */
  open(options?: OpenOptions): Promise<MuxStream>
  /** Round-trip time, ms. */
  ping(options?: PingOptions): Promise<number>
  /** No new streams; those that are open end in their own time; then the carrier is closed. */
  close(options?: CloseOptions): Promise<void>
  /** Ends everything now, with a last frame that says why. Default NO_ERROR. */
  destroy(code?: ErrorCode): void
  /** Settles when all is over: with undefined after an orderly end, with the error otherwise. Never rejects. */
  readonly closed: Promise<PlexusError | undefined>
  readonly stats: SessionStats
}

export interface SessionStats {
  streamsOpened: number
  streamsAccepted: number
  streamsRefused: number
  streamsReset: number
  /** The most streams that were open at once. */
  peakStreams: number
  bytesSent: number
  bytesReceived: number
  framesSent: number
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
