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
