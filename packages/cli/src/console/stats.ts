import type { SessionStats } from 'plexus'

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
