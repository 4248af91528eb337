/** The errors of a client of its own; what a stream or session ends with comes from there. */
import { type ErrorCode, type MuxStream, PlexusError } from '@plexus/contract'

/** The caller wants what cannot be sent; nothing was sent. */
export function unsendable(expected: string, cause?: unknown): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'PROTOCOL_ERROR',
    blame: 'application',
    processed: 'no',
    cause,
  })
}

/** The peer did what HTTP does not allow: its stream is reset, and this is why. */
export function peerFault(
  stream: MuxStream,
  expected: string,
  code: ErrorCode = 'PROTOCOL_ERROR',
): PlexusError {
  stream.reset(code)
  return new PlexusError(`expected ${expected}`, {
    scope: 'stream',
    code,
    blame: 'peer',
    streamId: stream.id,
  })
}

/** What failed is the caller's: its body, its callback. */
export function callersFault(expected: string, stream: MuxStream, cause?: unknown): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    streamId: stream.id,
    cause,
  })
}

/** Nothing came in time. */
export function tooLate(awaited: string, ms: number, stream: MuxStream | undefined): PlexusError {
  return new PlexusError(`expected ${awaited} within ${ms} ms, nothing came`, {
    scope: stream === undefined ? 'request' : 'stream',
    code: 'TIMEOUT',
    blame: 'peer',
    processed: stream === undefined ? 'no' : 'unknown',
    streamId: stream?.id,
  })
}

export const isCallers = (error: unknown): boolean =>
  error instanceof PlexusError && error.scope === 'request' && error.blame === 'application'

/** Of two ends of one stream: a reset of ours because the caller's body failed says less than what it failed of. */
export function saysMore(error: unknown, sent: Promise<void>): Promise<unknown> {
  return sent.then(
    () => error,
    (why) => (isCallers(why) ? why : error),
  )
}
