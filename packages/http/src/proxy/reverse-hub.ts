/** Which origins have dialled us, and which of them gets a request? The acceptor's side of a reverse connection (AM-13). */
import { type CloseOptions, type MuxSession, PlexusError } from '@plexus/contract'
import type { PlexusSession } from 'plexus'
import { shown } from '../message/fields.js'
import type { RequestHead } from '../message/heads.js'
import type { Route } from './forward.js'

/** The name of origins that were given none; they get what no other is there for. */
export const ANY = '*'

export interface ReverseHubOptions {
  /** Name of the origin that a request is for. Default: its authority's host, in lower case. */
  readonly nameOf?: (request: RequestHead) => string
  /**
   * Says whether this session may be the origin of that name, e.g. by the certificate that was shown. Default: who calls
   * `add` knows. What it throws is a no.
   */
  readonly mayServe?: (name: string, session: MuxSession) => boolean
  /** Connections that may be there at once; one more is turned away. Default 1024. */
  readonly maxOrigins?: number
  /** Of these, connections under one name; one more is turned away. Default: as many. */
  readonly maxPerName?: number
}

/** A session of the engine tells when it is to take no more; of others that is not known. */
type Dialler = MuxSession & Partial<Pick<PlexusSession, 'events$'>>

/**
 * The origins that are connected, by name. Of those that share one, the newest is asked; if it goes away, the one before: at
 * once when it says so, for then what it serves is still to end.
 */
export class ReverseHub {
  readonly #origins = new Map<string, MuxSession[]>()
  readonly #nameOf: (request: RequestHead) => string
  readonly #mayServe: NonNullable<ReverseHubOptions['mayServe']>
  readonly #maxOrigins: number
  readonly #maxPerName: number
  readonly #sessions = new Map<MuxSession, string>()

  constructor(options: ReverseHubOptions = {}) {
    this.#nameOf = options.nameOf ?? hostOf
    this.#mayServe = options.mayServe ?? (() => true)
    this.#maxOrigins = options.maxOrigins ?? 1024
    this.#maxPerName = options.maxPerName ?? this.#maxOrigins
  }

  /** Connections that are there, those that go away included. */
  get size(): number {
    return this.#sessions.size
  }

  /** Names of those that are asked. */
  get names(): string[] {
    return [...this.#origins.keys()]
  }

  /**
   * An origin has dialled; it leaves by itself when its session is over.
   *
   * @throws PlexusError, and ends the session, if it may not serve or there are too many, or if it is one on which we would
   * serve
   */
  add(session: Dialler, name: string = ANY): void {
    const key = name.toLowerCase()
    this.#check(session, key)
    const sessions = this.#origins.get(key) ?? []
    this.#origins.set(key, sessions)
    sessions.unshift(session)
    this.#sessions.set(session, key)
    session.events$?.subscribe(({ type }) => type === 'draining' && this.#retire(session, key))
    void session.closed.then(() => {
      this.#sessions.delete(session)
      this.#retire(session, key)
    })
  }

  /** For `streamProxy` and its kin: the origin of this name, else one without a name, else none (404). */
  readonly route: Route<MuxSession> = (request) => {
    const [named] = this.#origins.get(this.#nameOf(request).toLowerCase()) ?? []
    return named ?? this.#origins.get(ANY)?.[0]
  }

  /** Ends every session: each lets its streams end in its own time. */
  async close(options?: CloseOptions): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((session) => session.close(options)))
  }

  /** It is asked no more. */
  #retire(session: MuxSession, key: string): void {
    const sessions = this.#origins.get(key)
    const at = sessions?.indexOf(session) ?? -1
    if (sessions === undefined || at < 0) return
    sessions.splice(at, 1)
    if (sessions.length === 0) this.#origins.delete(key)
  }

  #check(session: MuxSession, key: string): void {
    if (session.role !== 'client') {
      const expected = `a session on which we are the client, got the ${session.role}`
      throw refused(session, 'INTERNAL_ERROR', expected)
    }
    if (this.#sessions.size >= this.#maxOrigins) {
      const expected = `at most ${this.#maxOrigins} origins, one more came`
      throw refused(session, 'ENHANCE_YOUR_CALM', expected)
    }
    let namesakes = 0
    for (const other of this.#sessions.values()) if (other === key) namesakes += 1
    if (namesakes >= this.#maxPerName) {
      const expected = `at most ${this.#maxPerName} origins of the name '${shown(key)}', one more came`
      throw refused(session, 'ENHANCE_YOUR_CALM', expected)
    }
    if (!this.#isAllowed(session, key)) {
      throw refused(session, 'INADEQUATE_SECURITY', `an origin that may serve '${shown(key)}', another came`)
    }
  }

  #isAllowed(session: MuxSession, key: string): boolean {
    try {
      return this.#mayServe(key, session)
    } catch {
      return false
    }
  }
}

const hostOf = ({ authority }: RequestHead): string => authority.replace(/:[0-9]+$/, '')

function refused(
  session: MuxSession,
  code: 'INTERNAL_ERROR' | 'ENHANCE_YOUR_CALM' | 'INADEQUATE_SECURITY',
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
