import type { Clock, SessionEvent } from '@plexus/contract'

type EventBody = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, 'at'>
    : never
  : never

/**
 * Tells an observer what happens, at the end of the turn: its code never runs inside ours (H48), so it may open, write
 * and reset as it likes. Nothing is made while nobody observes.
 */
export class Events {
  readonly #clock: Clock
  #observer: ((event: SessionEvent) => void) | undefined
  #queue: SessionEvent[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isObserved(): boolean {
    return this.#observer !== undefined
  }

  observe(observer: ((event: SessionEvent) => void) | undefined): void {
    this.#observer = observer
  }

  emit(event: EventBody): void {
    if (this.#observer === undefined) return
    if (this.#queue.push({ at: this.#clock.now(), ...event } as SessionEvent) === 1)
      this.#clock.defer(this.#flush)
  }

  #flush = (): void => {
    const events = this.#queue
    this.#queue = []
    for (const event of events) {
      try {
        this.#observer?.(event)
      } catch (error) {
        // The observer's fault is the observer's: it surfaces where uncaught errors do, and the session goes on.
        queueMicrotask(() => report(error))
      }
    }
  }
}

/** As the platform does it for listeners; Node has no such function and lets them throw past everybody. */
function report(error: unknown): void {
  if (typeof globalThis.reportError !== 'function') throw error
  globalThis.reportError(error)
}
