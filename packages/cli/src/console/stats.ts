import type { PlexusSession, SessionStats } from 'plexus'
import type { Io } from './io.js'

/** The counters of a session that a command reports, as one object for JSON. */
export interface StatsReport {
  readonly streams: number
  readonly peakStreams: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** How often a stream had bytes to send and was kept from it, by what. */
  readonly blocked: SessionStats['blocked']
  /** How often the session's send window ran empty. */
  readonly sessionWindowEmpty: number
}

export function statsReport(stats: SessionStats): StatsReport {
  return {
    streams: stats.streamsOpened + stats.streamsAccepted,
    peakStreams: stats.peakStreams,
    bytesSent: stats.bytesSent,
    bytesReceived: stats.bytesReceived,
    blocked: { ...stats.blocked },
    sessionWindowEmpty: stats.sessionWindowEmpty,
  }
}

export function describeBlocked(blocked: SessionStats['blocked']): string {
  const { streamWindow, sessionWindow, carrier } = blocked
  return `${streamWindow} × on the stream's window, ${sessionWindow} × on the session's window, ${carrier} × on the carrier`
}

/** Tells of a session at its end. */
export function reportSession(session: PlexusSession, options: { readonly json?: true }, io: Io): void {
  void session.closed.then((error) => {
    const { stats, label } = session
    const closed = error?.message ?? null
    if (options.json) io.out(JSON.stringify({ session: label, ...statsReport(stats), error: closed }))
    io.note(
      `${label}: ${stats.streamsAccepted} streams, ${stats.bytesSent} bytes; blocked ${describeBlocked(stats.blocked)}`,
    )
    if (closed !== null) io.note(`${label}: ${closed}`)
  })
}
