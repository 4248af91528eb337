import type { PlexusServer } from 'plexus/node'
import type { Shutdown } from '../console/shutdown.js'

/** Runs a server to its end in good order. @returns false if a second signal cut that short. */
export async function drained(server: PlexusServer, shutdown: Shutdown): Promise<boolean> {
  await shutdown.asked()
  await server.close({ signal: shutdown.now })
  return !shutdown.now.aborted
}
