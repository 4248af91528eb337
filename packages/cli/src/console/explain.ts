import { PlexusError } from 'plexus'

/** An error as a person reads it. */
export function explain(error: unknown): string {
  if (error instanceof PlexusError) return `${error.message} (${error.code}, ${error.blame})`
  return error instanceof Error ? error.message : String(error)
}
