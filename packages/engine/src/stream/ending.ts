import { PlexusError } from '@plexus/contract'
import type { Cause } from '../messages.js'

/** How a stream ended: well, or by whose hand and why. */
export type Ending =
  | { readonly by: 'both' }
  | {
      readonly by: 'peer' | 'local' | 'session'
      readonly cause: Cause
      /** The state value that met the end. */
      readonly met: unknown
    }

/** The error that tells it; undefined if it ended well. Made only when somebody asks: a stack for each is dear. */
export function failureOf(ending: Ending | undefined, streamId: number): PlexusError | undefined {
  if (ending === undefined || ending.by === 'both') return undefined
  const { message, ...cause } = ending.cause
  const scope = ending.by === 'session' ? 'session' : 'stream'
  return new PlexusError(message, { scope, state: JSON.stringify(ending.met), streamId, ...cause })
}

/** The application asked for what the stream's state does not allow. */
export function misuse(expected: string, came: string, streamId: number): PlexusError {
  return new PlexusError(`expected ${expected}, got ${came}`, {
    scope: 'request',
    code: 'STREAM_CLOSED',
    blame: 'application',
    processed: 'no',
    streamId,
  })
}
