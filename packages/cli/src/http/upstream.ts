/** The server behind a proxy: a session with it, made when it is wanted and again when it is gone. */
import { PlexusError, type PlexusSession } from 'plexus'
import { dialSession } from './dial.js'
import type { DialOptions } from './peer.js'
import type { HttpTarget } from './target.js'

export class Upstream {
  readonly #target: HttpTarget
  readonly #options: DialOptions
  readonly #onSession: (session: PlexusSession) => void
  #current: Promise<PlexusSession> | undefined

  constructor(target: HttpTarget, options: DialOptions, onSession: (session: PlexusSession) => void) {
    this.#target = target
    this.#options = options
    this.#onSession = onSession
  }

  /** One that takes streams. Rejects if there is none to be had; the next call tries anew. */
  session(): Promise<PlexusSession> {
    if (this.#current === undefined) {
      const dialling = this.#dial()
      this.#current = dialling
      dialling.catch(() => this.#drop(dialling))
    }
    return this.#current
  }

  /** Lets what is open end; cuts that short when the signal aborts. */
  async close(now: AbortSignal): Promise<void> {
    const session = await this.#current?.catch(() => undefined)
    await session?.close({ signal: now })
  }

  async #dial(): Promise<PlexusSession> {
    const session = await dialSession(this.#target, this.#options, (pushed) => pushed.refuse())
    if (session === undefined) {
      const message = `expected SPDY at ${this.#target.text}, it speaks HTTP/1.1`
      throw new PlexusError(message, {
        scope: 'request',
        code: 'PROTOCOL_ERROR',
        blame: 'peer',
        processed: 'no',
      })
    }
    this.#onSession(session)
    const drop = () => this.#drop(undefined)
    session.events$.subscribe((event) => event.type === 'draining' && drop())
    void session.closed.then(drop)
    return session
  }

  #drop(dialling: Promise<PlexusSession> | undefined): void {
    if (dialling === undefined || this.#current === dialling) this.#current = undefined
  }
}
