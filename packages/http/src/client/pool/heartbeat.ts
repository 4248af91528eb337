/** Is the peer still there? Asked at an interval, whatever else goes on. */
import { type Clock, type MuxSession, PlexusError } from '@plexus/contract'

export interface HeartbeatOptions {
  readonly session: MuxSession
  readonly clock: Pick<Clock, 'setTimer' | 'clearTimer'>
  /** Ms from one ping to the next. */
  readonly intervalMs: number
  /** So many pings in a row without answer, each of which had an interval for it, and the peer is dead. */
  readonly maxMissed: number
  /** A ping was answered, after `ms`. */
  onRoundTrip(ms: number): void
  onDead(): void
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  #missed = 0
  #timer: unknown
  #isStopped = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#wait()
  }

  stop(): void {
    this.#isStopped = true
    this.#options.clock.clearTimer(this.#timer)
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimer(() => this.#beat(), this.#options.intervalMs)
  }

  #beat(): void {
    const { session, maxMissed, onDead } = this.#options
    if (this.#missed >= maxMissed) {
      this.stop()
      return onDead.call(this.#options)
    }
    this.#missed += 1
    // How long it takes is for the count to judge; the wait itself ends with the session.
    session.ping({ timeoutMs: 0 }).then(
      (ms) => this.#hear(ms),
      (error: unknown) => {
        if (hasNoPings(error)) this.stop()
      },
    )
    this.#wait()
  }

  #hear(ms: number): void {
    this.#missed = 0
    if (!this.#isStopped) this.#options.onRoundTrip(ms)
  }
}

/** What a session says whose protocol has none. */
const hasNoPings = (error: unknown): boolean =>
  error instanceof PlexusError && error.scope === 'request' && error.code === 'CANCEL'
