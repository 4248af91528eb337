/** Whom one asks over HTTP, whatever is spoken: a session of SPDY, or a server of HTTP/1.1. */
import type { HttpTarget } from './target.js'

export type Fields = readonly (readonly [name: string, value: string])[]

export interface Asking {
  readonly target: HttpTarget
  readonly method: string
  /** In order; `host` overrides the target's authority. */
  readonly headers: Fields
  readonly body: AskingBody | undefined
  /** Gives it up. */
  readonly signal: AbortSignal
}

export interface AskingBody {
  /** Opens it anew for each request. */
  readonly open: () => AsyncIterable<Uint8Array>
  /** Bytes; undefined if nobody knows. */
  readonly length: number | undefined
  /** It cannot be opened a second time. */
  readonly isOnce?: true
}

export interface Answer {
  /** `spdy/3.1`, `HTTP/1.1` … */
  readonly protocol: string
  readonly status: number
  readonly statusText: string
  readonly headers: Fields
  /** Iterate over it once; it throws if it does not come whole. */
  readonly body: AsyncIterable<Uint8Array>
  /** Settles behind the body. */
  trailers(): Promise<Fields>
  /** The rest is not wanted. */
  cancel(): void
}

export interface HttpPeer {
  ask(asking: Asking): Promise<Answer>
  /** In good order; at once when the signal aborts. */
  close(now: AbortSignal): Promise<void>
}

/** What all ways of dialling have in common. */
export interface DialOptions {
  /** Takes any certificate. */
  readonly insecure: boolean
  /** PEM of whom to trust besides. */
  readonly ca: string | undefined
  /** Gives up dialling. */
  readonly signal: AbortSignal
  /** Gets what goes over the wire, a line at a time; undefined if nobody looks. */
  readonly dump: ((line: string) => void) | undefined
  /** Since the command began, for whoever looks. */
  readonly seconds: () => number
}
