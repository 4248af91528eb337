/** How long does a caller wait? */
import type { Clock } from '@plexus/contract'

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

/** Calls `onOver` once, unless something moves or it is stopped. */
export class Patience {
  /** The time is over. */
  isOver = false

  readonly #clock: Timers
  readonly #ms: number
  readonly #onOver: () => void
  #timer: unknown
  #isStopped = false

  constructor(clock: Timers, ms: number, onOver: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onOver = onOver
    this.#set()
  }

  /** Something moved: the time begins anew. */
  renew(): void {
    if (this.#isStopped || this.isOver) return
    this.#clock.clearTimer(this.#timer)
    this.#set()
  }

  /** What was waited for is there, or nobody waits. */
  stop(): void {
    this.#isStopped = true
    this.#clock.clearTimer(this.#timer)
  }

  #set(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.isOver = true
      this.#onOver()
    }, this.#ms)
  }
}
