/** How is a pool set up? Its options, with their defaults, and what it tells of itself. */
import type { Chance, Clock, MuxSession, PlexusError } from '@plexus/contract'
import { unsendable } from '../faults.js'
import type { HttpClientOptions } from '../http-client.js'
import { platformClock } from '../patience.js'
import type { PoolTarget, RouteOptions } from './target.js'

/** What a dial may give back instead of a bare session. */
export interface DialledSession {
  readonly session: MuxSession
  /**
   * Whether the peer is still one that may be asked for this target, e.g. its certificate has not run out: asked before each
   * request (S11). False retires the connection, and another one is dialled.
   */
  isFor?(target: PoolTarget): boolean
}

/** Makes a session for a target, on which we are the client. Rejects when there is none, or when the signal aborts. */
export type Dial = (target: PoolTarget, signal: AbortSignal) => Promise<MuxSession | DialledSession>

/** Time and chance of a pool. */
export interface PoolHost {
  readonly clock: Pick<Clock, 'now' | 'setTimer' | 'clearTimer'>
  readonly chance: Chance
}

export interface HttpPoolOptions
  extends RouteOptions,
    Pick<HttpClientOptions, 'origin' | 'priorityFor' | 'onPush' | 'maxPushes'> {
  readonly dial: Dial
  /**
   * Connections to one origin that take requests, at most; as many again may be there that only let theirs end. Default 8.
   */
  readonly maxConnections?: number | undefined
  /** Requests that wait for a connection to one origin; one more fails with REFUSED_STREAM. Default 1024. */
  readonly maxWaiting?: number | undefined
  /** How long a request may wait for a connection, ms, dials included; then TIMEOUT. 0 is for ever. Default 10,000. */
  readonly waitTimeoutMs?: number | undefined
  /**
   * How long an answer's head may take once the request is under way, ms, and each piece of body that is taken; then TIMEOUT
   * here, and CANCEL on the wire. 0 or less is for ever. Default 60,000.
   */
  readonly timeoutMs?: number | undefined
  /** How long one dial may take, ms. Default 10,000. */
  readonly dialTimeoutMs?: number | undefined
  /** Dials in a row that fail before those who wait are told so. Default 3. */
  readonly maxDials?: number | undefined
  /** Wait after the first failed dial, ms; each further one doubles it, chance cuts it by up to a half. Default 100. */
  readonly minBackoffMs?: number | undefined
  /** The longest wait, ms. Default 5000. */
  readonly maxBackoffMs?: number | undefined
  /** A connection without streams is closed after so long, ms; 0 is never. Default 60,000. */
  readonly idleTimeoutMs?: number | undefined
  /** A connection takes requests for so long, ms, give or take a tenth by chance; 0 is for ever. Default 3,600,000. */
  readonly maxAgeMs?: number | undefined
  /** From one ping to the next, ms; 0 is never. Default 3000. */
  readonly pingIntervalMs?: number | undefined
  /** Pings in a row without answer after which a connection counts as dead. Default 3. */
  readonly maxMissedPings?: number | undefined
  /** How often a request may be sent again that was surely not processed. Default 2. */
  readonly maxResends?: number | undefined
  /** Such resends that each request earns the pool; up to a hundred are saved up, and there at first. Default 0.1. */
  readonly resendRatio?: number | undefined
  /** Clock, for all waits, and chance. Default: the platform's; its timers keep no process alive. */
  readonly host?: PoolHost | undefined
  /** Gets what happens in the pool. What it throws is dropped. */
  readonly observe?: ((event: PoolEvent) => void) | undefined
}

/** Where a pooled connection stands. */
export type ConnectionState = 'connecting' | 'ready' | 'busy' | 'draining' | 'closed'

/** What happens in a pool; `at` is its clock, ms. Connections are numbered in the order of their dials, from 1. */
export type PoolEvent = { readonly at: number; readonly origin: string } & (
  | { readonly type: 'connection'; readonly connection: number; readonly state: ConnectionState }
  | { readonly type: 'lost'; readonly connection: number; readonly error: PlexusError }
  /** A ping was answered, after `ms`. */
  | { readonly type: 'pinged'; readonly connection: number; readonly ms: number }
  /** `waitMs`: before another dial. */
  | {
      readonly type: 'dialFailed'
      readonly connection: number
      readonly error: unknown
      readonly waitMs: number
    }
  | { readonly type: 'retried'; readonly error: unknown }
  /** It could have been tried again, and the budget is used up. */
  | { readonly type: 'retryDenied'; readonly error: unknown }
)

/** What a pool has counted, and how many there are now. */
export interface PoolStats {
  readonly origins: number
  readonly connections: Readonly<Record<Exclude<ConnectionState, 'closed'>, number>>
  /** Streams that are open, on all connections. */
  readonly streams: number
  /** Requests that wait for a connection. */
  readonly waiting: number
  readonly requests: number
  readonly retries: number
  /** Retries that the budget did not allow. */
  readonly retriesDenied: number
  readonly dials: number
  readonly dialsFailed: number
}

/** Counted as it goes on. */
export interface PoolCounts {
  requests: number
  retries: number
  retriesDenied: number
  dials: number
  dialsFailed: number
}

const DEFAULTS = {
  maxConnections: 8,
  maxWaiting: 1024,
  waitTimeoutMs: 10_000,
  timeoutMs: 60_000,
  dialTimeoutMs: 10_000,
  maxDials: 3,
  minBackoffMs: 100,
  maxBackoffMs: 5000,
  idleTimeoutMs: 60_000,
  maxAgeMs: 3_600_000,
  pingIntervalMs: 3000,
  maxMissedPings: 3,
  maxResends: 2,
  resendRatio: 0.1,
}
type NumberName = keyof typeof DEFAULTS

/** Without one of these nothing would ever be done. */
const AT_LEAST_ONE: ReadonlySet<string> = new Set<NumberName>([
  'maxConnections',
  'maxDials',
  'dialTimeoutMs',
  'maxMissedPings',
])

/** Options with their defaults, as the parts of a pool know them. */
export interface PoolSettings extends Readonly<Record<NumberName, number>> {
  readonly dial: Dial
  readonly host: PoolHost
  /** Of each connection's client. */
  readonly client: HttpClientOptions
  readonly counts: PoolCounts
  emit(event: PoolEvent): void
}

const platformHost: PoolHost = {
  clock: { ...platformClock, now: () => performance.now() },
  chance: Math.random,
}

/** @throws PlexusError (scope `request`) for a number that is none, or too small */
export function settingsOf(options: HttpPoolOptions): PoolSettings {
  const { dial, host = platformHost, observe, priorityFor, onPush, maxPushes } = options
  const numbers = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as NumberName[]) {
    const value = name === 'timeoutMs' ? Math.max(0, options[name] ?? DEFAULTS[name]) : options[name]
    if (value === undefined) continue
    const least = AT_LEAST_ONE.has(name) ? 1 : 0
    if (!(value >= least)) throw unsendable(`'${name}' of a pool to be ${least} or more, got ${value}`)
    numbers[name] = value
  }
  return {
    ...numbers,
    dial,
    host,
    client: { timeoutMs: numbers.timeoutMs, clock: host.clock, priorityFor, onPush, maxPushes },
    counts: { requests: 0, retries: 0, retriesDenied: 0, dials: 0, dialsFailed: 0 },
    emit(event) {
      try {
        observe?.(event)
      } catch {
        // An observer has no say.
      }
    },
  }
}
