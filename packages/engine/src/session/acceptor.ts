import type { Clock, Limits, MuxStream, StreamHandler } from '@plexus/contract'
import { Deferred } from '../settle.js'
import type { Stream } from '../stream/mux-stream.js'
import { wordsOf } from '../wording.js'

export interface AcceptorOptions {
  readonly limits: Limits
  readonly clock: Clock
  readonly handler: StreamHandler | undefined
  /** The stream's handler is done: its place is free if the stream is over too. */
  onHandled(stream: Stream): void
}

/**
 * What becomes of streams the peer opened: a handler gets them, or they wait to be accepted.
 *
 * A handler that returns a promise has the stream until the promise settles; then what it left open is closed, and
 * what it left unread is dropped. A throw or rejection resets the stream, never more (B11).
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  readonly #waiting = new Set<Stream>()
  /** Came in this turn; the handler is the user's code and gets them at its end. */
  #offered: Stream[] = []
  readonly #accepters: Deferred<MuxStream | undefined>[] = []
  #isOver = false

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** L02: there is no place for one more. */
  get isFull(): boolean {
    return this.#options.handler === undefined && this.#waiting.size >= this.#options.limits.maxPendingAccepts
  }

  offer(stream: Stream): void {
    const { handler } = this.#options
    if (handler !== undefined) {
      stream.hasHandler = true
      if (this.#offered.push(stream) === 1) this.#options.clock.defer(this.#handleOffered)
      return
    }
    const accepter = this.#accepters.shift()
    if (accepter !== undefined) accepter.resolve(stream)
    else this.#waiting.add(stream)
  }

  /** A stream that was reset before anyone took it does not wait any more (L02). */
  withdraw(stream: Stream): void {
    if (stream.wasReset) this.#waiting.delete(stream)
  }

  /** The next stream; undefined when no more will come. */
  accept(): Promise<MuxStream | undefined> {
    const stream = this.#waiting.values().next().value
    if (stream !== undefined) {
      this.#waiting.delete(stream)
      return Promise.resolve(stream)
    }
    if (this.#isOver) return Promise.resolve(undefined)
    const accepter = new Deferred<MuxStream | undefined>()
    this.#accepters.push(accepter)
    return accepter.promise
  }

  /** No more streams will come; those that wait can still be accepted. */
  end(): void {
    this.#isOver = true
    for (const accepter of this.#accepters.splice(0)) accepter.resolve(undefined)
  }

  #handleOffered = (): void => {
    const offered = this.#offered
    this.#offered = []
    for (const stream of offered) {
      // Reset in the turn it came: there is nothing to handle, and its place is free (H01).
      if (stream.wasReset) this.#done(stream)
      else this.#handle(this.#options.handler!, stream)
    }
  }

  // Not an async function: what that keeps while it waits is a tenth of all that an idle stream weighs.
  #handle(handler: StreamHandler, stream: Stream): void {
    try {
      const handled = handler(stream)
      // Of whatever make: one that is not waited for would drop what the handler has to say.
      if (typeof handled?.then === 'function') this.#await(Promise.resolve(handled), stream)
      else this.#done(stream)
    } catch (error) {
      this.#fail(stream, error)
    }
  }

  #await(handled: Promise<void>, stream: Stream): void {
    handled.then(
      () => {
        if (!stream.outbox.isEnding) void stream.close()
        stream.dropUnread()
        this.#done(stream)
      },
      (error) => this.#fail(stream, error),
    )
  }

  #fail(stream: Stream, error: unknown): void {
    const message = `a handler that ends well, it failed: ${wordsOf(error)}`
    stream.fail('INTERNAL_ERROR', 'application', message)
    this.#done(stream)
  }

  #done(stream: Stream): void {
    stream.hasHandler = false
    this.#options.onHandled(stream)
  }
}
