import type { Socket } from 'node:net'
import type { Carrier, CloseOptions, Protocol } from '@plexus/contract'
import { Subject } from 'rxjs'
import type { PlexusSession } from '../session.js'

/** Is told of a session before anything happens on it, with the connection below it. */
export type SessionListener = (session: PlexusSession, connection: Socket) => void

/** The sessions that came through one door and are not over. */
export class Lobby {
  readonly sessions = new Set<PlexusSession>()
  readonly sessions$ = new Subject<PlexusSession>()

  readonly #accept: (carrier: Carrier, protocol: Protocol) => PlexusSession
  readonly #onSession: SessionListener | undefined
  #isClosing = false

  constructor(
    accept: (carrier: Carrier, protocol: Protocol) => PlexusSession,
    onSession: SessionListener | undefined,
  ) {
    this.#accept = accept
    this.#onSession = onSession
  }

  /** A connection came. After the close began it is turned away. */
  enter(carrier: Carrier, protocol: Protocol, connection: Socket): void {
    if (this.#isClosing) return carrier.destroy()
    const session = this.#sessionOn(carrier, protocol)
    if (session === undefined) return carrier.destroy()
    this.sessions.add(session)
    void session.closed.then(() => this.sessions.delete(session))
    if (this.#introduce(session, connection)) this.sessions$.next(session)
  }

  /** Ends every session: each lets its streams end within the time-out, and is cut off when the signal aborts. */
  async close(options: CloseOptions): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.sessions].map((session) => session.close(options)))
    this.sessions$.complete()
  }

  /** S14: what stands around the protocol is the caller's, and may throw. */
  #sessionOn(carrier: Carrier, protocol: Protocol): PlexusSession | undefined {
    try {
      return this.#accept(carrier, protocol)
    } catch {
      return undefined
    }
  }

  /** S14: what the listener throws ends this session, and nothing else. */
  #introduce(session: PlexusSession, connection: Socket): boolean {
    try {
      this.#onSession?.(session, connection)
      return true
    } catch {
      session.destroy('INTERNAL_ERROR')
      return false
    }
  }
}
