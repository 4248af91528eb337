/** Which origins have dialled us, and which of them gets a request? The acceptor's side of a reverse connection (AM-13). */
import { type MuxSession, PlexusError } from '@plexus/contract'
import type { RequestHead } from '../message/heads.js'
import type { Route } from './forward.js'

/** The name of origins that were given none; they get what no other is there for. */
export const ANY = '*'

export interface ReverseHubOptions {
  /** Name of the origin that a request is for. Default: its authority's host, in lower case. */
  readonly nameOf?: (request: RequestHead) => string
  /** Connections that may be there at once; one more is turned away. Default 1024. */
  readonly maxOrigins?: number
}

/** The origins that are connected, by name. Of those that share one, the newest is asked; if it goes, the one before. */
export class ReverseHub {
  readonly #origins = new Map<string, MuxSession[]>()
  readonly #nameOf: (request: RequestHead) => string
  readonly #maxOrigins: number
  #count = 0

  constructor(options: ReverseHubOptions = {}) {
    this.#nameOf = options.nameOf ?? hostOf
    this.#maxOrigins = options.maxOrigins ?? 1024
  }

  /** Connections that are there. */
  get size(): number {
    return this.#count
  }

  /** Names of those that are there. */
  get names(): string[] {
    return [...this.#origins.keys()]
  }

  /**
   * An origin has dialled; it leaves by itself when its session is over. Who may bear which name is for the caller to
   * know: by the certificate it showed, the port it came to.
   *
   * @throws PlexusError, and ends the session, when there are too many, or if it is one on which we would serve
   */
  add(session: MuxSession, name: string = ANY): void {
    if (session.role !== 'client') {
      const expected = `a session on which we are the client, got the ${session.role}`
      throw refused(session, 'INTERNAL_ERROR', expected)
    }
    if (this.#count >= this.#maxOrigins) {
      const expected = `at most ${this.#maxOrigins} origins, one more came`
      throw refused(session, 'ENHANCE_YOUR_CALM', expected)
    }
    const key = name.toLowerCase()
    const sessions = this.#origins.get(key) ?? []
    this.#origins.set(key, sessions)
    sessions.unshift(session)
    this.#count += 1
    void session.closed.then(() => {
      this.#count -= 1
      sessions.splice(sessions.indexOf(session), 1)
      if (sessions.length === 0 && this.#origins.get(key) === sessions) this.#origins.delete(key)
    })
  }

  /** For `streamProxy` and its kin: the origin of this name, else one without a name, else none (404). */
  readonly route: Route<MuxSession> = (request) => {
    const [named] = this.#origins.get(this.#nameOf(request).toLowerCase()) ?? []
    return named ?? this.#origins.get(ANY)?.[0]
  }

  /** Ends every session: each lets its streams end in its own time. */
  async close(): Promise<void> {
    const sessions = [...this.#origins.values()].flat()
    await Promise.all(sessions.map((session) => session.close()))
  }
}

const hostOf = ({ authority }: RequestHead): string => authority.replace(/:[0-9]+$/, '')

function refused(
  session: MuxSession,
  code: 'INTERNAL_ERROR' | 'ENHANCE_YOUR_CALM',
  expected: string,
): PlexusError {
  session.destroy(code)
  return new PlexusError(`expected ${expected}`, {
    scope: 'session',
    code,
    blame: 'application',
    processed: 'no',
  })
}
