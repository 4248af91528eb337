/** The server behind a proxy: reached when it is wanted, and again when it is gone. What it speaks is for it to say. */
import { type PlexusSession, parseAddress } from 'plexus'
import { type ConnectOptions, connect } from 'plexus/node'
import { connectHttp } from '../client/connect-http.js'
import type { RequestHead } from '../message/heads.js'
import { Http1Origin, type Http1OriginOptions } from './http1-origin.js'
import { type CallOptions, isOrigin, type Origin, type OriginCall, type ProxyTarget } from './origin.js'
import { askSession } from './session-origin.js'

export interface UpstreamOptions
  extends Omit<ConnectOptions, 'role' | 'handler' | 'signal' | 'profile'>,
    Omit<Http1OriginOptions, 'host' | 'onLost'> {
  /** A session with the server began. */
  readonly onSession?: ((session: PlexusSession) => void) | undefined
}

/**
 * An origin by its URL: `http://` is HTTP/1.1, with `https://` TLS chooses (ALPN), and all else is a session as `connect` of
 * `plexus/node` makes it. There is one session at a time; one that goes away gets no new requests, and the next request
 * dials. What the server pushes is refused.
 */
export class Upstream implements Origin, AsyncDisposable {
  readonly #url: URL
  readonly #options: UpstreamOptions
  readonly #giveUp = new AbortController()
  readonly #sessions = new Set<PlexusSession>()
  #http1: Http1Origin | undefined
  #current: Promise<ProxyTarget> | undefined

  /** @throws PlexusError or TypeError for a URL that cannot be */
  constructor(url: string | URL, options: UpstreamOptions = {}) {
    if (!/^https?:/i.test(`${url}`)) parseAddress(url)
    this.#url = new URL(url)
    this.#options = options
    if (this.#url.protocol === 'http:') this.#current = Promise.resolve(this.#overHttp1())
  }

  /** Rejects with what became of dialling; the next call tries anew. */
  async ask(request: RequestHead, options: CallOptions): Promise<OriginCall> {
    const target = await this.#target()
    return isOrigin(target) ? target.ask(request, options) : askSession(target, request, options)
  }

  /** Dials no more and lets what is open end; cuts that short when the signal aborts. */
  async close({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#giveUp.abort()
    const ending = { ...(signal && { signal }) }
    await Promise.all([...this.#sessions].map((session) => session.close(ending)))
    this.#http1?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #target(): Promise<ProxyTarget> {
    if (this.#current === undefined) {
      const dialling = this.#dial()
      this.#current = dialling
      dialling.catch(() => this.#drop(dialling))
    }
    return this.#current
  }

  async #dial(): Promise<ProxyTarget> {
    const session = await this.#reach()
    if (session === undefined) return this.#overHttp1()
    const dialled = this.#current
    const drop = () => this.#drop(dialled)
    this.#sessions.add(session)
    session.events$.subscribe((event) => event.type === 'draining' && drop())
    void session.closed.then(() => {
      this.#sessions.delete(session)
      drop()
    })
    void refusePushes(session)
    this.#options.onSession?.(session)
    return session
  }

  /** A session with the server; undefined if it speaks HTTP/1.1. */
  async #reach(): Promise<PlexusSession | undefined> {
    const { signal } = this.#giveUp
    if (this.#url.protocol !== 'https:') return connect(this.#url, { ...this.#options, signal })
    const { session, socket } = await connectHttp(this.#url, { ...this.#options, signal })
    socket?.destroy()
    return session
  }

  #overHttp1(): Http1Origin {
    // It may choose otherwise when it is there again, so a choice holds while it is.
    const onLost = this.#url.protocol === 'https:' ? () => this.#drop(this.#current) : undefined
    this.#http1 ??= new Http1Origin(this.#url, { ...this.#options, onLost })
    return this.#http1
  }

  #drop(dialling: Promise<ProxyTarget> | undefined): void {
    if (this.#current === dialling) this.#current = undefined
  }
}

async function refusePushes(session: PlexusSession): Promise<void> {
  try {
    for await (const pushed of session) pushed.refuse()
  } catch {
    // The session is over: whoever asks over it hears why.
  }
}
