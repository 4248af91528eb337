import type { HttpStreams } from '@plexus/http'
import { reverseServe } from '@plexus/http/node'
import type { Limits, PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import type { Io } from '../console/io.js'
import type { Shutdown } from '../console/shutdown.js'
import { UsageError } from '../console/usage.js'
import { readText } from '../files/read-text.js'

export interface ServeReverseOptions {
  readonly handler: HttpStreams
  readonly limits: Partial<Limits>
  readonly onSession: (session: PlexusSession) => void
  /** Whom to trust, and who we are, where there is TLS. */
  readonly tls: TlsFiles
}

export interface TlsFiles {
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly cacert?: string | undefined
  readonly insecure?: true | undefined
}

/** Dials a hub for ever and serves what it asks. @returns false if a second signal cut the end short */
export async function serveReverse(
  url: string,
  { handler, limits, onSession, tls }: ServeReverseOptions,
  shutdown: Shutdown,
  io: Io,
): Promise<boolean> {
  let isLost = false
  const secure = await read(url, tls)
  await using connection = reverseServe({
    handler,
    async dial(call) {
      try {
        const session = await connect(url, { ...call, ...secure, role: 'server', limits })
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

/** The certificate is shown to a hub that asks for one: it says whose requests are ours. */
async function read(url: string, { cert, key, cacert, insecure }: TlsFiles) {
  if (!/^[a-z0-9]+\+tls:/.test(url)) return {}
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('expected --cert and --key together')
  const own = cert && key && { cert: await readText(cert), key: await readText(key) }
  return { ...own, ...(cacert && { ca: await readText(cacert) }), rejectUnauthorized: insecure !== true }
}
