import { type Limits, type OpenOptions, PlexusError } from '@plexus/contract'
import { onAbort } from '../abort.js'
import { Deferred, rejected } from '../settle.js'
import type { Stream } from '../stream/mux-stream.js'
import { Timer, type TimerOwner, type TimerWheel } from '../time/timer-wheel.js'
import { wordsOf } from '../wording.js'

/** One that waits in line. */
class Pending implements TimerOwner {
  readonly options: OpenOptions
  readonly answer = new Deferred<Stream>()
  readonly timer = new Timer(this)
  readonly #line: Set<Pending>

  constructor(options: OpenOptions, line: Set<Pending>) {
    this.options = options
    this.#line = line
    line.add(this)
  }

  onTimer(): void {
    this.giveUp(notInTime(this.options.timeoutMs!))
  }

  giveUp(error: PlexusError): void {
    if (this.#line.delete(this)) this.answer.reject(error)
  }
}

export interface OpenerOptions {
  readonly limits: Limits
  readonly wheel: TimerWheel
  /** The streams we may have open at the peer. */
  hasPlace(): boolean
  create(options: OpenOptions): Stream
  /** No stream is opened any more. */
  onRefuse(): void
}

/** Our own streams on their way to being opened: at the peer's limit they wait in line, they do not fail. */
export class Opener {
  /** Set by the session's chart. */
  isOpen = false

  readonly #options: OpenerOptions
  readonly #pending = new Set<Pending>()
  #refusal: PlexusError | undefined

  constructor(options: OpenerOptions) {
    this.#options = options
  }

  get pending(): number {
    return this.#pending.size
  }

  /** No stream is opened any more. */
  get isRefusing(): boolean {
    return this.#refusal !== undefined
  }

  open(options: OpenOptions): Promise<Stream> {
    if (this.#refusal !== undefined) return rejected(this.#refusal)
    if (options.signal?.aborted) return rejected(givenUp(options.signal))
    if (this.isOpen && this.#pending.size === 0 && this.#options.hasPlace()) return this.#create(options)
    return this.#wait(options)
  }

  #wait(options: OpenOptions): Promise<Stream> {
    const { signal = options.waitSignal?.(), timeoutMs = 0 } = options
    if (signal?.aborted) return rejected(givenUp(signal))
    const { maxPendingOpens } = this.#options.limits
    if (this.#pending.size >= maxPendingOpens) {
      const message = `at most ${maxPendingOpens} streams that wait to be opened, this is one more`
      return rejected(
        new PlexusError(message, {
          scope: 'request',
          code: 'REFUSED_STREAM',
          blame: 'application',
          processed: 'no',
        }),
      )
    }
    const pending = new Pending(options, this.#pending)
    if (timeoutMs > 0) {
      const { wheel } = this.#options
      wheel.set(pending.timer, timeoutMs)
      const done = () => wheel.clear(pending.timer)
      void pending.answer.promise.then(done, done)
    }
    if (signal !== undefined) {
      const done = onAbort(signal, () => pending.giveUp(givenUp(signal)))
      void pending.answer.promise.then(done, done)
    }
    return pending.answer.promise
  }

  /** Opens as many of those that wait as there are places. */
  proceed(): void {
    while (this.isOpen && this.#pending.size > 0 && this.#options.hasPlace()) {
      const pending = this.#pending.values().next().value!
      this.#pending.delete(pending)
      this.#create(pending.options).then(pending.answer.resolve, (error) => pending.answer.reject(error))
    }
  }

  /** No stream is opened any more; those that wait fail, and were surely never processed. */
  refuse(error: PlexusError): void {
    this.#refusal ??= error
    for (const pending of this.#pending) pending.answer.reject(error)
    this.#pending.clear()
    this.#options.onRefuse()
  }

  #create(options: OpenOptions): Promise<Stream> {
    try {
      const stream = this.#options.create(options)
      const { signal } = options
      if (signal !== undefined) resetOnAbort(stream, signal)
      return Promise.resolve(stream)
    } catch (error) {
      return rejected(error)
    }
  }
}

function resetOnAbort(stream: Stream, signal: AbortSignal): void {
  const done = onAbort(signal, () =>
    stream.fail('CANCEL', 'application', `stream ${stream.id} was given up: ${wordsOf(signal.reason)}`),
  )
  void stream.closed.then(done)
}

function notInTime(ms: number): PlexusError {
  return new PlexusError(`expected a place for a stream within ${ms} ms, none was left`, {
    scope: 'request',
    code: 'TIMEOUT',
    blame: 'peer',
    processed: 'no',
  })
}

function givenUp(signal: AbortSignal): PlexusError {
  return new PlexusError('a stream to be opened, it was given up', {
    scope: 'request',
    code: 'CANCEL',
    blame: 'application',
    processed: 'no',
    cause: signal.reason,
  })
}
