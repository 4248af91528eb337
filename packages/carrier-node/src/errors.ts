import { type ErrorCode, PlexusError } from '@plexus/contract'

/** A carrier that could not be had: nothing was sent, so trying again is safe. */
export function carrierError(message: string, code: ErrorCode, cause?: unknown): PlexusError {
  return new PlexusError(message, { scope: 'request', code, blame: 'carrier', processed: 'no', cause })
}

/** `what` could not be done; the system says why. */
export function systemError(what: string, cause: unknown): PlexusError {
  const reason = systemCode(cause) ?? (cause as Error).message
  return carrierError(`${what} failed: ${reason}`, 'CONNECTION_LOST', cause)
}

/** What the caller gave cannot be used: nothing was done. */
export function badArgument(what: string, cause: unknown): PlexusError {
  const reason = (cause as Error | null)?.message ?? String(cause)
  return new PlexusError(`${what} failed: ${reason}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    processed: 'no',
    cause,
  })
}

/** The caller's signal said stop. */
export function abortError(what: string, signal: AbortSignal): PlexusError {
  return new PlexusError(`${what} was called off`, {
    scope: 'request',
    code: 'CANCEL',
    blame: 'application',
    processed: 'no',
    cause: signal.reason,
  })
}

/** What the system calls an error, e.g. `ECONNREFUSED`; undefined for errors that are not its own. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
