/** How is a request made? On one session of any protocol that carries headers; recorder, fetch and agents stand on it. */
import type { Clock, CloseOptions, MuxSession, MuxStream, Priority } from '@plexus/contract'
import { PlexusError } from '@plexus/contract'
import type { ResponseHead } from '../message/heads.js'
import { type HttpWire, wireOf } from '../message/wire.js'
import { isCallers, saysMore, tooLate } from './faults.js'
import { type FetchInit, fetchOn } from './fetch.js'
import { type ClientObserver, watched } from './observe.js'
import { type OneShotRequest, type WholeResponse, wholeOf } from './one-shot.js'
import { notSpokenFor, type SpeaksFor, speaksFor } from './origin.js'
import { Patience, platformClock } from './patience.js'
import { Pushes, type PushHandler } from './pushes.js'
import { type ClientRequest, type Outgoing, outgoing, type RequestDefaults } from './request.js'
import type { Requester } from './requester.js'
import { ClientResponse, readHead } from './response.js'
import { sendBody } from './send-body.js'

/** What a request is given up by, and who is told how it goes on. */
interface Attention {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs?: number
  readonly onProgress?: () => void
  readonly onOpen?: (stream: MuxStream) => void
}

/** How long a request that expects 100-continue waits with its body, ms (RFC 9110 §10.1.1 wants it to be finite). */
const CONTINUE_MS = 1000

export interface HttpClientOptions {
  /** For requests that name a path only, e.g. `https://example.test`. */
  readonly origin?: string | URL | undefined
  /**
   * How long the answer's head may take, ms: from the request, and anew with each piece of its body that is taken. 0 is
   * for ever. Default: what the session's own `openTimeoutMs` says, once the stream is open.
   */
  readonly timeoutMs?: number | undefined
  /** Of requests that do not say; gets the absolute URL. Default {@link priorityFor}. */
  readonly priorityFor?: ((url: string) => Priority) | undefined
  /** Gets what the server pushes; without it every push is reset with CANCEL. */
  readonly onPush?: PushHandler | undefined
  /** Pushes that may be under way at once; one more is reset with CANCEL. Default 100. */
  readonly maxPushes?: number | undefined
  /**
   * The client takes the streams that the server opens, by iterating over the session. Default true; false where somebody
   * else does, who gives pushes to {@link HttpClient.takePush}.
   */
  readonly acceptsStreams?: boolean | undefined
  /** Whom else the session speaks for, when an agent or a dispatcher is asked (S11). Default: the origin alone. */
  readonly speaksFor?: SpeaksFor | undefined
  /** Is told of each request; `clientDiagnostics` of `@plexus/http/node` is one, and what `connectClient` makes has it. */
  readonly observer?: ClientObserver | undefined
  /** What the time-outs are measured by. Default: the platform's timers. */
  readonly clock?: Pick<Clock, 'setTimer' | 'clearTimer'> | undefined
}

/**
 * Makes requests on a session, which stays the caller's.
 *
 * What a call rejects with is a {@link PlexusError}; after `isRetryable(error)` it may be made again elsewhere: the
 * session goes away (GOAWAY), the server refused the stream, the request could not be sent.
 */
export class HttpClient implements Requester, AsyncDisposable {
  readonly session: MuxSession
  readonly options: HttpClientOptions
  readonly clock: Pick<Clock, 'setTimer' | 'clearTimer'>
  readonly isRouting = false

  readonly #wire: HttpWire
  readonly #defaults: RequestDefaults
  readonly #pushes: Pushes
  /** Settles when the server has said what it takes. */
  #greeted: Promise<unknown> | undefined

  constructor(session: MuxSession, options: HttpClientOptions = {}) {
    this.session = session
    this.options = options
    this.#wire = wireOf(session)
    this.#defaults = { origin: readOnce(options.origin), priorityFor: options.priorityFor }
    this.clock = options.clock ?? platformClock
    this.#pushes = new Pushes(this.#wire, options.onPush, options.maxPushes)
    if (options.acceptsStreams !== false) void this.#acceptStreams()
  }

  /**
   * Makes a request; settles with the answer's head. Both bodies go on from there.
   *
   * Rejects, and nothing was sent, for what may not be sent (scope `request`, AM-23); with TIMEOUT when no answer begins in
   * time; with CANCEL when `signal` aborts; with the code of the server's reset; with PROTOCOL_ERROR for an answer that
   * breaks HTTP's rules; and with the failure of the request's own body.
   */
  async request(request: ClientRequest): Promise<ClientResponse> {
    const wanted = outgoing(request, this.#defaults, this.#wire)
    const { observer } = this.options
    if (observer === undefined || observer.isListening === false) return this.#ask(request, wanted)
    const { method, scheme, authority, path, fields: headers } = wanted
    const call = { session: this.session, method, scheme, authority, path, headers }
    return watched(observer, call, () => this.#ask(request, wanted))
  }

  /**
   * Makes a request and waits for the whole answer. Rejects as {@link request} does, with ENHANCE_YOUR_CALM for more than
   * `limit` bytes of body, and with TIMEOUT also for a body that stands still for `timeoutMs`.
   *
   * An answer may be whole before the request is (RFC 9113 §8.1). Then 200 to 299 settles when the rest has been sent, or
   * the server wants no more of it; any other status settles at once, and the rest is given up with CANCEL.
   */
  async do(request: OneShotRequest): Promise<WholeResponse> {
    const response = await this.request(request)
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs ?? 0
    return wholeOf(response, request.limit, timeoutMs, this.clock)
  }

  /** Makes a request in the shape of the platform's `fetch`; may be passed on alone. See {@link fetchOn}. */
  readonly fetch = (input: string | URL | Request, init?: FetchInit): Promise<Response> =>
    fetchOn(this, input, init)

  /**
   * Throws unless the session is for `origin`, as the URL standard writes it: what looks like a connection to some host
   * must not be one to another (S11). Agents and dispatchers ask before each request; {@link request} itself does not, for
   * there the session is named.
   */
  expectOrigin(origin: string): void {
    const { speaksFor: allowed, origin: own } = this.options
    if (!speaksFor(allowed, own, origin)) throw notSpokenFor(origin)
  }

  get hasInterim(): boolean {
    return this.#wire.hasInterim
  }

  /** Whether the server answers within `ms` (AM-24). Any number at once. Rejects when the session is over. */
  async ping(ms: number): Promise<boolean> {
    try {
      await this.session.ping({ timeoutMs: ms })
      return true
    } catch (error) {
      if (error instanceof PlexusError && error.scope === 'request' && error.code === 'TIMEOUT') return false
      throw error
    }
  }

  /** Says GOAWAY, lets what is open end, and closes the session (AM-30). */
  close(options?: CloseOptions): Promise<void> {
    return this.session.close(options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Takes a stream of the server's for a push; settles when the push is over. For sessions with a handler of their own. */
  takePush(stream: MuxStream): Promise<void> {
    return this.#pushes.take(stream)
  }

  /** Pushes that are under way, and requests that may be followed by one. */
  get held(): { readonly pushes: number; readonly origins: number } {
    return this.#pushes.held
  }

  async #ask({ signal, timeoutMs = this.options.timeoutMs ?? 0 }: ClientRequest, wanted: Outgoing) {
    if (timeoutMs === 0) return this.#exchange(wanted, { signal })
    let stream: MuxStream | undefined
    // The session itself looks after the wait for a place.
    const patience = new Patience(this.clock, timeoutMs, () => stream?.reset('CANCEL'))
    try {
      return await this.#exchange(wanted, {
        signal,
        timeoutMs,
        onProgress: () => patience.renew(),
        onOpen(opened) {
          stream = opened
          if (patience.isOver) stream.reset('CANCEL')
        },
      })
    } catch (error) {
      throw patience.isOver ? tooLate('a response', timeoutMs, stream) : error
    } finally {
      patience.stop()
    }
  }

  async #acceptStreams(): Promise<void> {
    for await (const stream of this.session) void this.takePush(stream)
  }

  async #exchange(
    wanted: Outgoing,
    { signal, timeoutMs, onProgress, onOpen }: Attention,
  ): Promise<ClientResponse> {
    const { fields: headers, priority, incremental, isWhole: end } = wanted
    // What the server takes stands in its first frame, and that came before the answer to any ping (RFC 8441 §3).
    if (wanted.protocol !== undefined) await (this.#greeted ??= this.session.ping())
    const stream = await this.session.open({
      headers,
      priority,
      ...(incremental !== undefined && { incremental }),
      end,
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    onOpen?.(stream)
    this.#pushes.noteRequest(stream, wanted)
    if (end || wanted.method === 'CONNECT')
      return new ClientResponse(
        stream,
        await readHead(stream, this.#wire, hearing(stream, wanted)),
        wanted.method,
        SENT,
      )
    let goOn: (() => void) | undefined
    const mayGoOn = wanted.expectsContinue
      ? new Promise<void>((resolve) => {
          goOn = resolve
        })
      : undefined
    const head = readHead(stream, this.#wire, hearing(stream, wanted, goOn))
    const sent = this.#send(stream, wanted, onProgress ?? (() => {}), mayGoOn, head)
    sent.catch(() => {})
    try {
      return new ClientResponse(stream, await head, wanted.method, sent)
    } catch (error) {
      throw await saysMore(error, sent)
    }
  }

  async #send(
    stream: MuxStream,
    wanted: Outgoing,
    onProgress: () => void,
    mayGoOn: Promise<void> | undefined,
    head: Promise<{ readonly status: number }>,
  ): Promise<void> {
    try {
      if (mayGoOn !== undefined && !(await this.#isWanted(mayGoOn, head))) return await stream.close()
      await sendBody(stream, wanted, onProgress)
    } catch (error) {
      if (isCallers(error)) throw error
      // The server may end the stream before it has read all, and its answer holds (RFC 9110 §9.3).
      await head.catch(() => {
        throw error
      })
    }
  }

  /** Whether the server wants a body that it was asked about; it has a second to say no. */
  async #isWanted(mayGoOn: Promise<void>, head: Promise<{ readonly status: number }>): Promise<boolean> {
    let timer: unknown
    const time = new Promise<true>((resolve) => {
      timer = this.clock.setTimer(() => resolve(true), CONTINUE_MS)
    })
    const final = head.then(
      ({ status }) => status < 300,
      () => false,
    )
    const isWanted = await Promise.race([mayGoOn.then(() => true), final, time])
    this.clock.clearTimer(timer)
    return isWanted
  }
}

/** Who hears what comes before the answer; undefined if nobody does. */
function hearing(
  stream: MuxStream,
  { onInformational: tell }: Outgoing,
  goOn?: () => void,
): ((head: ResponseHead) => void) | undefined {
  if (tell === undefined && goOn === undefined) return undefined
  return (head) => {
    if (head.status === 100) goOn?.()
    try {
      tell?.(head)
    } catch (error) {
      stream.reset('CANCEL')
      throw error
    }
  }
}

const SENT = Promise.resolve()

/** To read an URL costs a request more than all else that is said of its place; what is none is told to each request. */
const readOnce = (origin: string | URL | undefined): string | URL | undefined =>
  typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : origin
