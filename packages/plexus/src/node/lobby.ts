import type { Carrier, CloseOptions, Protocol } from '@plexus/contract'
import { Subject } from 'rxjs'
import type { PlexusSession } from '../session.js'

/** The sessions that came through one door and are not over. */
export class Lobby {
  readonly sessions = new Set<PlexusSession>()
  readonly sessions$ = new Subject<PlexusSession>()

  readonly #accept: (carrier: Carrier, protocol: Protocol) => PlexusSession
  #isClosing = false

  constructor(accept: (carrier: Carrier, protocol: Protocol) => PlexusSession) {
    this.#accept = accept
  }

  /** A connection came. After the close began it is turned away. */
  enter(carrier: Carrier, protocol: Protocol): void {
    if (this.#isClosing) return carrier.destroy()
    const session = this.#accept(carrier, protocol)
    this.sessions.add(session)
    void session.closed.then(() => this.sessions.delete(session))
    this.sessions$.next(session)
  }

  /** Ends every session: each lets its streams end within the time-out, and is cut off when the signal aborts. */
  async close(options: CloseOptions): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.sessions].map((session) => session.close(options)))
    this.sessions$.complete()
  }
}
