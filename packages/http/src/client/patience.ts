/** How long does a caller wait? A time-out and the caller's own signal, as one signal. */
import type { Clock, MuxStream } from '@plexus/contract'

type Timers = Pick<Clock, 'setTimer' | 'clearTimer'>

/** Longer delays run at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The platform's timers; they keep no process alive. */
export const platformClock: Timers = {
  setTimer(run, ms) {
    const timer: unknown = setTimeout(run, Math.min(ms, LONGEST_MS))
    ;(timer as { unref?: () => void }).unref?.()
    return timer
  },
  clearTimer(timer) {
    clearTimeout(timer as ReturnType<typeof setTimeout>)
  },
}

export class Patience {
  /** The time is over. */
  isOver = false

  readonly #clock: Timers
  readonly #ms: number
  readonly #theirs: AbortSignal | undefined
  readonly #ours = new AbortController()
  #timer: unknown
  #isStopped = false

  constructor(clock: Timers, ms: number, theirs: AbortSignal | undefined) {
    this.#clock = clock
    this.#ms = ms
    this.#theirs = theirs
    if (theirs?.aborted) this.#ours.abort(theirs.reason)
    else theirs?.addEventListener('abort', this.#onAbort)
    this.#set()
  }

  /** Aborts when the time is over, or with the caller's. */
  get signal(): AbortSignal {
    return this.#ours.signal
  }

  /** Something moved: the time begins anew. */
  renew(): void {
    if (this.#isStopped || this.isOver) return
    this.#clock.clearTimer(this.#timer)
    this.#set()
  }

  /** What was waited for is there; the caller's signal goes on to count. */
  stop(): void {
    this.#isStopped = true
    this.#clock.clearTimer(this.#timer)
  }

  /** Nothing is left that could be given up. */
  end(): void {
    this.stop()
    this.#theirs?.removeEventListener('abort', this.#onAbort)
  }

  /** See {@link end}: when the stream is over. */
  endWith(stream: MuxStream): void {
    if (this.#theirs !== undefined) void stream.closed.then(() => this.end())
  }

  #set(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.isOver = true
      this.#ours.abort(new Error(`${this.#ms} ms passed`))
    }, this.#ms)
  }

  readonly #onAbort = () => this.#ours.abort(this.#theirs!.reason)
}
