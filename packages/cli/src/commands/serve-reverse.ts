import type { HttpStreams } from '@plexus/http'
import { reverseServe } from '@plexus/http/node'
import type { Limits, PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import type { Io } from '../console/io.js'
import type { Shutdown } from '../console/shutdown.js'

export interface ServeReverseOptions {
  readonly handler: HttpStreams
  readonly limits: Partial<Limits>
  readonly onSession: (session: PlexusSession) => void
}

/** Dials a hub for ever and serves what it asks. @returns false if a second signal cut the end short */
export async function serveReverse(
  url: string,
  { handler, limits, onSession }: ServeReverseOptions,
  shutdown: Shutdown,
  io: Io,
): Promise<boolean> {
  let isLost = false
  await using connection = reverseServe({
    handler,
    async dial(call) {
      try {
        const session = await connect(url, { ...call, role: 'server', limits })
        isLost = false
        io.note(`the hub is there: ${session.label}`)
        onSession(session)
        return session
      } catch (error) {
        // Once: it may be away for long.
        if (!isLost && !call.signal.aborted) {
          io.note(`no hub yet: ${error instanceof Error ? error.message : error}; trying on`)
        }
        isLost = true
        throw error
      }
    },
  })
  await shutdown.asked()
  shutdown.now.addEventListener('abort', () => connection.session?.destroy(), { once: true })
  await connection.close()
  return !shutdown.now.aborted
}
