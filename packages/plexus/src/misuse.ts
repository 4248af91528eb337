import { PlexusError } from '@plexus/contract'

/** What the caller asked for cannot be: nothing was done. */
export function misuse(message: string, cause?: unknown): PlexusError {
  return new PlexusError(message, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    processed: 'no',
    cause,
  })
}

/** The caller's signal was aborted before the thing was done. */
export function givenUp(what: string, signal: AbortSignal): PlexusError {
  return new PlexusError(`expected ${what}, it was given up`, {
    scope: 'request',
    code: 'CANCEL',
    blame: 'application',
    processed: 'no',
    cause: signal.reason,
  })
}
