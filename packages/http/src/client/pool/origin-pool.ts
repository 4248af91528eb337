/** The connections to one target: when is another one dialled, and who gets its places? */
import { type CloseOptions, PlexusError } from '@plexus/contract'
import type { ClientRequest } from '../request.js'
import type { ClientResponse } from '../response.js'
import { Connection, type ConnectionOwner } from './connection.js'
import type { PoolSettings } from './options.js'
import type { PoolTarget } from './target.js'
import { unsent, WaitingLine } from './waiting-line.js'

/** What another dial would not mend. */
const FINAL: ReadonlySet<string> = new Set(['HTTP_1_1_REQUIRED', 'UNSUPPORTED_VERSION', 'INTERNAL_ERROR'])

export class OriginPool implements ConnectionOwner {
  readonly target: PoolTarget
  readonly settings: PoolSettings
  /** The newest first: what is not needed any more gets idle from the oldest on. */
  connections: readonly Connection[] = []

  readonly #line: WaitingLine<Connection>
  readonly #onEmpty: () => void
  /** Connections that were blamed for having been of no use. */
  readonly #useless = new WeakSet<Connection>()
  #isWaking = false
  #isClosed = false
  /** Dials that failed since the last one that did not. */
  #failures = 0
  #lastPlexusError: unknown
  /** Set while no dial may begin. */
  #backoff: unknown

  /** @param onEmpty nothing is left that would have to be remembered */
  constructor(target: PoolTarget, settings: PoolSettings, onEmpty: () => void) {
    this.target = target
    this.settings = settings
    this.#onEmpty = onEmpty
    this.#line = new WaitingLine({
      clock: settings.host.clock,
      max: settings.maxWaiting,
      timeoutMs: settings.waitTimeoutMs,
      why: () => this.#lastPlexusError,
    })
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#line.size
  }

  /** Makes a request on a connection that has a place, or waits for one. */
  request(request: ClientRequest): Promise<ClientResponse> {
    const connection = this.#line.size === 0 ? this.#pick() : undefined
    if (connection !== undefined) return connection.request(request)
    return new Promise((resolve, reject) => {
      const start = (granted: Connection) => resolve(granted.request(request))
      this.#line.join({ start, fail: reject }, request.signal)
      this.#dialIfNeeded()
      // Who does not even wait leaves nothing behind.
      this.#forgetIfEmpty()
    })
  }

  /** No request any more: those that wait fail with `error`; those under way may end within the options' time. */
  close(error: PlexusError, options: CloseOptions | 'now'): void {
    this.#isClosed = true
    this.settings.host.clock.clearTimer(this.#backoff)
    this.#backoff = undefined
    this.#line.failAll(error)
    for (const connection of this.connections) {
      if (options === 'now') connection.kill()
      else connection.shut(options)
    }
    this.#forgetIfEmpty()
  }

  // --- what a connection tells

  /** In a turn of its own: a connection tells it in the middle of a step of its chart. */
  wake(): void {
    if (this.#isWaking) return
    this.#isWaking = true
    queueMicrotask(() => {
      this.#isWaking = false
      this.#serve()
    })
  }

  retired(connection: Connection): void {
    this.#blameUseless(connection)
    this.wake()
  }

  dialFailed({ number }: Connection, error: unknown): void {
    if (this.#isClosed) return
    const { settings, target } = this
    const { minBackoffMs, maxBackoffMs, maxDials, host, counts } = settings
    this.#failures += 1
    this.#lastPlexusError = error
    counts.dialsFailed += 1
    const longest = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(this.#failures - 1, 52))
    // Half of it by chance: clients that lost the same server do not come back in one moment.
    const waitMs = longest * (0.5 + host.chance() / 2)
    settings.emit({
      at: host.clock.now(),
      origin: target.origin,
      connection: number,
      type: 'dialFailed',
      error,
      waitMs,
    })
    host.clock.clearTimer(this.#backoff)
    this.#backoff = host.clock.setTimer(() => {
      this.#backoff = undefined
      this.#dialIfNeeded()
      this.#forgetIfEmpty()
    }, waitMs)
    // With a connection that will have places some time, it is the line's patience that counts.
    const isHopeless = this.#failures >= maxDials || isFinal(error)
    if (isHopeless && !this.connections.some(({ state }) => state === 'ready' || state === 'busy'))
      this.#line.failAll(dialPlexusError(error, target))
  }

  left(connection: Connection): void {
    this.connections = this.connections.filter((one) => one !== connection)
    if (this.#isClosed) return this.#forgetIfEmpty()
    this.#blameUseless(connection)
    const wasLost = connection.error !== undefined && connection.requests > 0
    // One that was used is replaced at once; a replacement that nobody uses is not, so this comes to an end.
    if (wasLost && this.connections.every(({ state }) => state === 'draining')) this.#dial()
    this.wake()
  }

  // --- inside

  #pick(): Connection | undefined {
    for (const connection of this.connections) {
      if (!connection.canTake()) continue
      this.#failures = 0
      return connection
    }
    return undefined
  }

  #serve(): void {
    while (this.#line.size > 0) {
      const connection = this.#pick()
      if (connection === undefined) break
      this.#line.next()!.start(connection)
    }
    this.#dialIfNeeded()
    this.#forgetIfEmpty()
  }

  /** One that goes before it took a request of those who wait is no better than a dial that failed. */
  #blameUseless(connection: Connection): void {
    const { session, requests, error } = connection
    if (session === undefined || requests > 0 || this.#line.size === 0 || this.#useless.has(connection))
      return
    this.#useless.add(connection)
    this.dialFailed(
      connection,
      error ?? unsent('CONNECTION_LOST', 'peer', 'a connection that takes requests'),
    )
  }

  /** One dial at a time: all who wait share it, and it may bring places for all of them. */
  #dialIfNeeded(): void {
    if (this.#line.size === 0 || this.connections.some(({ state }) => state === 'connecting')) return
    this.#dial()
  }

  #dial(): void {
    const { maxConnections, counts } = this.settings
    if (this.#isClosed || this.#backoff !== undefined) return
    const draining = this.connections.filter(({ state }) => state === 'draining').length
    if (this.connections.length - draining >= maxConnections) return
    if (this.connections.length >= 2 * maxConnections) return
    this.connections = [new Connection(this, counts.dials + 1), ...this.connections]
  }

  #forgetIfEmpty(): void {
    if (this.connections.length === 0 && this.#line.size === 0 && this.#backoff === undefined) this.#onEmpty()
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof PlexusError && (error.blame === 'application' || FINAL.has(error.code))

/** What those are told who waited for a dial. */
function dialPlexusError(error: unknown, { origin }: PoolTarget): PlexusError {
  const words = error instanceof Error ? error.message : String(error)
  const { code, blame } =
    error instanceof PlexusError ? error : ({ code: 'CONNECTION_LOST', blame: 'carrier' } as const)
  const message = `expected a connection to ${origin}, dialling failed: ${words}`
  return new PlexusError(message, { scope: 'request', code, blame, processed: 'no', cause: error })
}
