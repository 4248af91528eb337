import type { ErrorCode } from './codes.js'

/** How far an error reaches: one call, one stream, or the session with all its streams. */
export type ErrorScope = 'request' | 'stream' | 'session'

/** Who caused it. */
export type Blame = 'peer' | 'us' | 'application' | 'carrier'

/** Whether the peer's application saw the stream: `no` means that trying again elsewhere is safe. */
export type Processed = 'yes' | 'no' | 'unknown'

/** What an error is made of: the fields of {@link PlexusError}. */
export interface PlexusErrorInit {
  readonly scope: ErrorScope
  readonly code: ErrorCode
  readonly blame: Blame
  /** Default `unknown`. */
  readonly processed?: Processed | undefined
  /** The number on the wire, where the error came from there. */
  readonly wireCode?: number | undefined
  /** The chart state that met the event, e.g. `live.receiving.ended`. */
  readonly state?: string | undefined
  /** The message or frame that was refused. */
  readonly event?: string | undefined
  readonly streamId?: number | undefined
  readonly cause?: unknown
}

/** Every error that Plexus hands to its user. The message says what was expected and what came. */
export class PlexusError extends Error {
  override readonly name = 'PlexusError'
  /** How far it reaches. */
  readonly scope: ErrorScope
  /** What went wrong, in the one vocabulary of all protocols. */
  readonly code: ErrorCode
  /** Who caused it. */
  readonly blame: Blame
  /** Whether the peer's application saw the stream: after `no` it is safe to try again elsewhere. */
  readonly processed: Processed
  /** The number on the wire, where the error came from there. */
  readonly wireCode: number | undefined
  /** The chart state that met the event, e.g. `live.receiving.ended`; undefined where no chart was asked. */
  readonly state: string | undefined
  /** The message or frame that was refused, or the limit that was passed. */
  readonly event: string | undefined
  /** The stream it is about; undefined where it is about none. */
  readonly streamId: number | undefined

  constructor(message: string, init: PlexusErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.scope = init.scope
    this.code = init.code
    this.blame = init.blame
    this.processed = init.processed ?? 'unknown'
    this.wireCode = init.wireCode
    this.state = init.state
    this.event = init.event
    this.streamId = init.streamId
  }
}

/** True if the request can be made again on another session without risk that it is done twice. */
export function isRetryable(error: unknown): boolean {
  return error instanceof PlexusError && error.processed === 'no'
}
