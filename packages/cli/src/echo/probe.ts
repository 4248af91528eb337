import { setMaxListeners } from 'node:events'
import type { PlexusSession } from 'plexus'
import { CHECKS, type CheckContext } from './checks.js'
import { CHECK_NAMES, type CheckName, checksWithout } from './contract.js'

export interface ProbeOptions {
  /** Streams of the check `echo`, and bytes on each. */
  readonly streams: number
  readonly bytes: number
  /** Streams open at once. */
  readonly concurrency: number
  /** Checks to leave out. */
  readonly skip: readonly CheckName[]
  /** For all checks together, ms. */
  readonly timeoutMs: number
  /** Ends the probe: what is not done has failed. */
  readonly signal?: AbortSignal | undefined
}

/** What came of one check. */
export interface CheckOutcome {
  readonly ok: boolean
  readonly skipped?: true
  /** What the peer did instead. */
  readonly error?: string
}

/** One line of JSON. */
export interface ProbeReport {
  readonly ok: boolean
  readonly streams: number
  /** Bytes that came back in the check `echo`, each compared with the one that was sent. */
  readonly bytes: number
  readonly checks: Readonly<Record<CheckName, CheckOutcome>>
  /** Round trip, ms; null without the check `ping`. */
  readonly pingMs: number | null
  readonly seconds: number
  /** `check: what was wrong`. */
  readonly errors: readonly string[]
}

/** Of the time for everything. */
const FIRST_PING_SHARE = 0.1

/** Runs the checks of the echo contract on a session that has no handler, one after the other, and closes it. */
export async function probe(session: PlexusSession, options: ProbeOptions): Promise<ProbeReport> {
  const startedAt = performance.now()
  const { streams, bytes, concurrency, timeoutMs } = options
  const skip = [...options.skip, ...checksWithout(session.protocol)]
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  // Every stream listens to it, and that is no leak.
  setMaxListeners(0, signal)
  const context: CheckContext = { session, streams, bytes, concurrency, signal, echoed: 0, pingMs: undefined }
  const checks = {} as Record<CheckName, CheckOutcome>
  // Its answer comes behind the peer's first settings, so that streams over its limit wait and are not refused. A peer
  // that does not answer costs the other checks no more than this of their time.
  const firstPing = { timeoutMs: timeoutMs * FIRST_PING_SHARE, signal }
  if (!skip.includes('ping')) await session.ping(firstPing).catch(() => {})
  for (const name of CHECK_NAMES) {
    checks[name] = skip.includes(name) ? { ok: true, skipped: true } : await outcome(CHECKS[name](context))
  }
  await session.close({ signal })
  const errors = CHECK_NAMES.flatMap((name) => (checks[name].ok ? [] : `${name}: ${checks[name].error}`))
  return {
    ok: errors.length === 0,
    streams,
    bytes: context.echoed,
    checks,
    pingMs: context.pingMs === undefined ? null : rounded(context.pingMs),
    seconds: rounded((performance.now() - startedAt) / 1000),
    errors,
  }
}

async function outcome(check: Promise<void>): Promise<CheckOutcome> {
  try {
    await check
    return { ok: true }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
