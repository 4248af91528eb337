import { PlexusError } from 'plexus'

/** What stands on the command line makes no sense, as turns out when it is carried out. */
export class UsageError extends Error {}

/** True if the caller asked for what cannot be, a URL that is none, say, and nothing was done. */
export function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true
  return error instanceof PlexusError && error.blame === 'application' && error.code === 'INTERNAL_ERROR'
}
