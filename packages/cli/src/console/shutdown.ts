import type { Io } from './io.js'

/** The first signal asks for an end in good order, the second for one at once (B15). */
export class Shutdown implements Disposable {
  /** Exit code of a command that was ended at once. */
  static readonly CUT_OFF = 130

  readonly #drain = new AbortController()
  readonly #now = new AbortController()
  readonly #stop: () => void

  constructor(io: Io) {
    this.#stop = io.onSignal((signal) => {
      if (this.#drain.signal.aborted) {
        io.note(`${signal} again: ending now`)
        this.#now.abort()
        return
      }
      io.note(`${signal}: finishing what runs; once more to end now`)
      this.#drain.abort()
    })
  }

  /** Aborts on the first signal. */
  get drain(): AbortSignal {
    return this.#drain.signal
  }

  /** Aborts on the second. */
  get now(): AbortSignal {
    return this.#now.signal
  }

  /** Settles on the first signal. */
  asked(): Promise<void> {
    const { drain } = this
    if (drain.aborted) return Promise.resolve()
    return new Promise((resolve) => drain.addEventListener('abort', () => resolve(), { once: true }))
  }

  [Symbol.dispose](): void {
    this.#stop()
  }
}
