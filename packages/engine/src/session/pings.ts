import { type Clock, type PingOptions, type PingToken, PlexusError, type Role } from '@plexus/contract'
import { onAbort } from '../abort.js'
import { Deferred, rejected } from '../settle.js'
import { Timer, type TimerOwner, type TimerWheel } from '../time/timer-wheel.js'

/** Pings of ours that may be out at once. */
const MAX_OUTSTANDING = 256

/** Largest token that every protocol can carry. */
const MAX_TOKEN = 0x7fffffff

class Outstanding implements TimerOwner {
  readonly answer = new Deferred<number>()
  readonly timer = new Timer(this)
  readonly sentAt: number
  readonly onTimer: () => void

  constructor(sentAt: number, expire: () => void) {
    this.sentAt = sentAt
    this.onTimer = expire
  }
}

export interface PingsOptions {
  readonly role: Role
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Default time-out, ms. */
  readonly timeoutMs: number
  send(token: number): void
  noteRoundTrip(ms: number): void
}

/** Pings of ours that are not answered yet, each with an id of its own (SS-14). */
export class Pings {
  readonly #options: PingsOptions
  readonly #outstanding = new Map<PingToken, Outstanding>()
  /** Of the ping that was sent last. */
  lastToken: PingToken | undefined
  #nextToken: number

  constructor(options: PingsOptions) {
    this.#options = options
    this.#nextToken = options.role === 'client' ? 1 : 2
  }

  /** Settles with the round-trip time, ms; rejects on time-out, abort, and the end of the session. */
  send(options: PingOptions = {}): Promise<number> {
    const { clock, wheel, timeoutMs } = this.#options
    const { signal } = options
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      return rejected(
        failure('ENHANCE_YOUR_CALM', `at most ${MAX_OUTSTANDING} pings at once, this is one more`),
      )
    }
    if (signal?.aborted)
      return rejected(failure('CANCEL', 'a ping to be answered, it was given up', signal.reason))
    const token = this.#nextToken
    this.#nextToken = tokenAfter(token)
    this.lastToken = token
    const wait = options.timeoutMs ?? timeoutMs
    const ping = new Outstanding(clock.now(), () => {
      this.#settle(token)?.reject(
        failure('TIMEOUT', `an answer to ping ${token} within ${wait} ms, none came`),
      )
    })
    this.#outstanding.set(token, ping)
    if (wait > 0) wheel.set(ping.timer, wait)
    if (signal !== undefined) {
      const done = onAbort(signal, () =>
        this.#settle(token)?.reject(
          failure('CANCEL', 'a ping to be answered, it was given up', signal.reason),
        ),
      )
      void ping.answer.promise.then(done, done)
    }
    try {
      this.#options.send(token)
    } catch (error) {
      this.#settle(token)?.reject(error)
    }
    return ping.answer.promise
  }

  /** An answer came. @returns false if nobody asked. */
  receive(token: PingToken): boolean {
    const ping = this.#outstanding.get(token)
    if (ping === undefined) return false
    const ms = this.#options.clock.now() - ping.sentAt
    this.#options.noteRoundTrip(ms)
    this.#settle(token)?.resolve(ms)
    return true
  }

  /** The session is over. */
  failAll(error: PlexusError): void {
    for (const token of [...this.#outstanding.keys()]) this.#settle(token)?.reject(error)
  }

  #settle(token: PingToken): Deferred<number> | undefined {
    const ping = this.#outstanding.get(token)
    if (ping === undefined) return undefined
    this.#outstanding.delete(token)
    this.#options.wheel.clear(ping.timer)
    return ping.answer
  }
}

/** The next token of the same side; from the largest on they begin anew. */
export function tokenAfter(token: number): number {
  if (token + 2 <= MAX_TOKEN) return token + 2
  return token % 2 === 1 ? 1 : 2
}

function failure(
  code: 'TIMEOUT' | 'CANCEL' | 'ENHANCE_YOUR_CALM',
  message: string,
  cause?: unknown,
): PlexusError {
  const blame = code === 'TIMEOUT' ? 'peer' : 'application'
  return new PlexusError(message, { scope: 'request', code, blame, processed: 'unknown', cause })
}
