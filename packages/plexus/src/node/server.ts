import type { TlsContextOptions } from '@plexus/carrier-node'
import type { CloseOptions } from '@plexus/contract'
import type { Observable } from 'rxjs'
import { misuse } from '../misuse.js'
import type { PlexusSession } from '../session.js'
import type { Lobby } from './lobby.js'

/** Where connections come from. */
export interface Door {
  /** As others reach it. */
  readonly url: string
  /** The TCP port; undefined for a Unix socket. */
  readonly port: number | undefined
  /** Where it is TLS: new certificates for who comes later. */
  readonly setSecureContext?: (options: TlsContextOptions) => void
  /** Lets no more in. */
  close(): Promise<void>
}

/** What listens: a door, and the sessions that came through it. Made by `listen`. */
export class PlexusServer implements AsyncIterable<PlexusSession>, AsyncDisposable {
  /** Where it is reached; the port is the real one, also if 0 was asked for. */
  readonly url: string
  /** The TCP port; undefined for a Unix socket. */
  readonly port: number | undefined
  /** The sessions that are not over. */
  readonly sessions: ReadonlySet<PlexusSession>
  /** Each new session, in the turn in which it comes about; completes when the server is closed. */
  readonly sessions$: Observable<PlexusSession>

  readonly #door: Door
  readonly #lobby: Lobby
  #closing: Promise<void> | undefined

  constructor(door: Door, lobby: Lobby) {
    this.url = door.url
    this.port = door.port
    this.sessions = lobby.sessions
    this.sessions$ = lobby.sessions$.asObservable()
    this.#door = door
    this.#lobby = lobby
  }

  /**
   * Changes the certificates of a server on TLS, for connections that come later. @throws PlexusError (scope `request`,
   * blame `application`) for certificates that cannot be used, and where there is no TLS; then the old ones stay
   */
  setSecureContext(options: TlsContextOptions): void {
    const { setSecureContext } = this.#door
    if (setSecureContext === undefined) throw misuse(`expected a server on TLS, got one at ${this.url}`)
    setSecureContext(options)
  }

  /**
   * Lets no more connections in and says GOAWAY on every session; their streams have `timeoutMs` to end (default: each
   * session's `drainTimeoutMs`), then the rest is cut off. Settles when no session is left. Called again, it only
   * listens to the new signal.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    const { signal } = options
    if (signal === undefined) return this.#closing
    const cut = () => this.destroy()
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut, { once: true })
    return this.#closing.finally(() => signal.removeEventListener('abort', cut))
  }

  /** Ends every session now. */
  destroy(): void {
    this.#closing ??= this.#close({})
    for (const session of this.sessions) session.destroy()
  }

  /** The sessions that are there, and those that come, until the server is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<PlexusSession, undefined> {
    const waiting = [...this.sessions]
    let isOver = false
    let wake: (() => void) | undefined
    const subscription = this.sessions$.subscribe({
      next: (session) => {
        waiting.push(session)
        wake?.()
      },
      complete: () => {
        isOver = true
        wake?.()
      },
    })
    try {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!
        if (isOver) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      subscription.unsubscribe()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ timeoutMs }: CloseOptions): Promise<void> {
    await this.#door.close()
    await this.#lobby.close(timeoutMs === undefined ? {} : { timeoutMs })
  }
}
