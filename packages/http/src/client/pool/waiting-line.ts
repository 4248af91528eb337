/** Who waits for a connection? First come, first served; only so many, and only so long. */
import { type Clock, type ErrorCode, PlexusError } from '@plexus/contract'

type Timers = Pick<Clock, 'setTimer' | 'clearTimer'>

/** Somebody who waits: one of the two is called, once. */
export interface Waiter<T> {
  start(granted: T): void
  fail(error: PlexusError): void
}

export interface WaitingLineOptions {
  readonly clock: Timers
  /** Who may wait at once; one more fails. */
  readonly max: number
  /** How long, ms; 0 is for ever. */
  readonly timeoutMs: number
  /** Asked when somebody has waited too long: why nothing came. */
  readonly why?: () => unknown
}

interface Place<T> {
  readonly waiter: Waiter<T>
  leave(): void
}

export class WaitingLine<T> {
  readonly #options: WaitingLineOptions
  readonly #places = new Set<Place<T>>()

  constructor(options: WaitingLineOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#places.size
  }

  /** Takes the last place in line; fails at once if there is none, or for a signal that was aborted. */
  join(waiter: Waiter<T>, signal: AbortSignal | undefined): void {
    const { clock, max, timeoutMs, why } = this.#options
    if (signal?.aborted) return waiter.fail(givenUp(signal))
    if (this.#places.size >= max)
      return waiter.fail(refusal(`at most ${max} requests that wait for a connection, this is one more`))
    const onAbort = () => fail(givenUp(signal!))
    const onTimeout = () =>
      fail(waitedTooLong(`a connection that has a place within ${timeoutMs} ms, there was none`, why?.()))
    const timer = timeoutMs > 0 ? clock.setTimer(onTimeout, timeoutMs) : undefined
    const place: Place<T> = {
      waiter,
      leave: () => {
        this.#places.delete(place)
        if (timer !== undefined) clock.clearTimer(timer)
        signal?.removeEventListener('abort', onAbort)
      },
    }
    const fail = (error: PlexusError): void => {
      place.leave()
      waiter.fail(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#places.add(place)
  }

  /** Who came first leaves the line; undefined: nobody waits. */
  next(): Waiter<T> | undefined {
    const [first] = this.#places
    first?.leave()
    return first?.waiter
  }

  failAll(error: PlexusError): void {
    for (let waiter = this.next(); waiter !== undefined; waiter = this.next()) waiter.fail(error)
  }
}

const givenUp = (signal: AbortSignal): PlexusError =>
  unsent('CANCEL', 'application', 'a connection, the request was given up', signal.reason)

const refusal = (expected: string): PlexusError => unsent('REFUSED_STREAM', 'application', expected)

const waitedTooLong = (expected: string, cause: unknown): PlexusError =>
  unsent('TIMEOUT', 'peer', expected, cause)

/** Nothing of the request was sent. */
export function unsent(
  code: ErrorCode,
  blame: PlexusError['blame'],
  expected: string,
  cause?: unknown,
): PlexusError {
  return new PlexusError(`expected ${expected}`, { scope: 'request', code, blame, processed: 'no', cause })
}
