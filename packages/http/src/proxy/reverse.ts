/** How does an origin serve that nobody can dial? It dials, and the one who accepted sends the requests (AM-13). */
import { compile } from '@plexus/chart'
import {
  type CloseOptions,
  type Host,
  type MuxSession,
  PlexusError,
  type StreamHandler,
} from '@plexus/contract'
import { nodeHost } from 'plexus/node'
import { type ActorRefFrom, createActor } from 'xstate'
import { type HttpLogger, type Log, logOf } from '../log.js'
import { codeOf } from '../observe.js'
import type { HttpStreams } from '../server/serve.js'
import { type ReverseParts, reverseMachine } from './reverse.machine.js'

/** What a dial is given: whom the streams are for, and when to give up. */
export interface DialCall {
  readonly handler: StreamHandler
  readonly signal: AbortSignal
}

export interface ReverseOptions {
  /** Makes a connection on which we are the server: `(call) => connect(url, { ...call, role: 'server' })`. */
  readonly dial: (call: DialCall) => Promise<MuxSession>
  /** Gets the streams that the acceptor opens: `httpStreams(…)`. */
  readonly handler: HttpStreams
  /** Wait before the first new dial, ms; each further one doubles it. Default 100. */
  readonly minBackoffMs?: number
  /** The longest wait, ms. A connection that lasted as long makes the next wait a first one. Default 5000. */
  readonly maxBackoffMs?: number
  /** Clock, for the waits, and chance, which cuts each wait by up to a half. Default: Node's. */
  readonly host?: Host
  /** Ends it, as `close()` does. */
  readonly signal?: AbortSignal
  /** Gets each connection that is there or lost (debug), and each dial that failed (warn). Default: silent. */
  readonly logger?: HttpLogger
}

/** Where a {@link ReverseConnection} stands. */
export type ReverseState = 'idle' | 'dialling' | 'serving' | 'waiting' | 'closing' | 'closed'

/**
 * Dials, serves what the acceptor asks, and dials again whenever the connection is lost, for ever. While it is not closed
 * it keeps the process alive.
 */
export function reverseServe(options: ReverseOptions): ReverseConnection {
  return new ReverseConnection(options)
}

const chart = compile(reverseMachine)

/** See {@link reverseServe}. */
export class ReverseConnection implements AsyncDisposable {
  readonly #link: Link
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => void this.close()

  constructor(options: ReverseOptions) {
    this.#link = new Link(options)
    this.#signal = options.signal
    if (options.signal?.aborted) void this.close()
    else {
      options.signal?.addEventListener('abort', this.#onAbort, { once: true })
      this.#link.tell('start')
    }
  }

  get state(): ReverseState {
    return this.#link.actor.getSnapshot().value as ReverseState
  }

  /** The connection that is served; undefined while there is none. */
  get session(): MuxSession | undefined {
    return this.#link.session
  }

  /** Settles when all is over. Never rejects. */
  get closed(): Promise<void> {
    return this.#link.closed
  }

  /** Dials no more; streams that are open may end within `timeoutMs`. Settles when all is over. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#link.shut(options)
    return this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Hands and ears of the chart. */
class Link implements ReverseParts {
  readonly actor: ActorRefFrom<typeof reverseMachine>
  readonly closed: Promise<void>
  session: MuxSession | undefined

  readonly #options: ReverseOptions
  readonly #host: Host
  readonly #minMs: number
  readonly #maxMs: number
  readonly #log: Log | undefined
  readonly #giveUp = new AbortController()
  #settle: () => void = () => undefined
  #hold: ReturnType<typeof setInterval> | undefined
  #timer: unknown
  #tries = 0
  #servedAt = 0
  #closeOptions: CloseOptions = {}

  constructor(options: ReverseOptions) {
    const { host = nodeHost, minBackoffMs = 100, maxBackoffMs = 5000, logger } = options
    if (!(minBackoffMs > 0 && minBackoffMs <= maxBackoffMs && maxBackoffMs < Number.POSITIVE_INFINITY)) {
      const message = `expected 0 < minBackoffMs <= maxBackoffMs, got ${minBackoffMs} and ${maxBackoffMs}`
      throw new PlexusError(message, {
        scope: 'request',
        code: 'INTERNAL_ERROR',
        blame: 'application',
        processed: 'no',
      })
    }
    this.#options = options
    this.#host = host
    this.#minMs = minBackoffMs
    this.#maxMs = maxBackoffMs
    this.#log = logOf(logger)
    this.closed = new Promise((resolve) => {
      this.#settle = resolve
    })
    // A wait for the next dial must outlive everything else that the process does.
    if (options.host === undefined) this.#hold = setInterval(() => undefined, 2 ** 30)
    this.actor = createActor(chart, { input: this })
    this.actor.subscribe({ error: (error) => this.#log?.error({ error }, 'reverse connection failed') })
    this.actor.start()
  }

  tell(type: 'start' | 'dialled' | 'failed' | 'lost' | 'timeout' | 'shut'): void {
    if (this.actor.getSnapshot().status === 'active') this.actor.send({ type })
  }

  shut(options: CloseOptions): void {
    this.#closeOptions = options
    this.tell('shut')
  }

  // --- what the chart asks

  dial(): void {
    let found: (session: MuxSession) => void
    const session = new Promise<MuxSession>((resolve) => {
      found = resolve
    })
    const handler: StreamHandler = async (stream) => this.#options.handler(stream, await session)
    const dialled = Promise.resolve().then(() => this.#options.dial({ handler, signal: this.#giveUp.signal }))
    dialled.then(
      (session) => {
        found(session)
        this.session = session
        this.tell('dialled')
      },
      (error: unknown) => {
        if (!this.#giveUp.signal.aborted) this.#log?.warn({ code: codeOf(error) }, 'reverse dial failed')
        this.tell('failed')
      },
    )
  }

  serve(): void {
    const session = this.session!
    this.#servedAt = this.#host.clock.now()
    this.#log?.debug({ protocol: session.protocol }, 'reverse connection is there')
    void session.closed.then((error) => {
      this.session = undefined
      if (this.#host.clock.now() - this.#servedAt >= this.#maxMs) this.#tries = 0
      this.#log?.debug({ code: codeOf(error) }, 'reverse connection is over')
      this.tell('lost')
    })
  }

  awaitRetry(): void {
    const longest = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#tries, 52))
    this.#tries += 1
    // Half of it by chance: origins that lost the same proxy do not come back in one moment.
    const waitMs = longest * (0.5 + this.#host.chance() / 2)
    this.#timer = this.#host.clock.setTimer(() => this.tell('timeout'), waitMs)
  }

  forgetRetry(): void {
    this.#host.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  closeDown(): void {
    this.#giveUp.abort()
    void this.session?.close(this.#closeOptions).catch(() => undefined)
  }

  settleClosed(): void {
    clearInterval(this.#hold)
    this.#settle()
  }

  refuseMessage(type: string): void {
    this.#log?.error({ type }, 'expected a message that a reverse connection knows')
  }

  /** Stands for it in snapshots of its chart. */
  toJSON(): object {
    return { tries: this.#tries }
  }
}
