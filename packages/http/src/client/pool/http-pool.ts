/** How are requests made to any origin? On connections that are dialled, shared, replaced and let go as they are needed. */
import type { CloseOptions, PlexusError } from '@plexus/contract'
import { unsendable } from '../faults.js'
import { type FetchInit, fetchOn } from '../fetch.js'
import { type OneShotRequest, type WholeResponse, wholeOf } from '../one-shot.js'
import type { ClientRequest } from '../request.js'
import type { Requester } from '../requester.js'
import type { ClientResponse } from '../response.js'
import { type HttpPoolOptions, type PoolSettings, type PoolStats, settingsOf } from './options.js'
import { OriginPool } from './origin-pool.js'
import { Attempts, RetryBudget } from './retry.js'
import { type PoolTarget, type RouteOptions, targetOf } from './target.js'
import { unsent } from './waiting-line.js'

/** Resends that are saved up, at most: as many as the streams that a peer may refuse before it has said its limit. */
const MAX_SAVED = 100

/** A request, and whose connections it goes on where its URL does not say that. */
export interface PoolRequest extends ClientRequest, RouteOptions {
  /** Default: that of the URL, else scheme and authority, else the pool's. For CONNECT, the proxy. */
  readonly origin?: string | URL | undefined
}

/** {@link HttpPool.do} waits for the whole answer. */
export interface PoolOneShotRequest extends PoolRequest, Pick<OneShotRequest, 'limit'> {}

/**
 * Makes requests as `HttpClient` does, to any origin, and looks after the connections: none until one is needed, another one when all
 * are busy, a new one for one that goes. What was surely not processed is made again elsewhere, within a budget. Knows
 * sessions, and no protocol: `dial` makes them.
 */
export class HttpPool implements Requester, AsyncDisposable {
  readonly options: HttpPoolOptions
  readonly isRouting = true
  readonly hasInterim = false
  readonly #settings: PoolSettings
  readonly #route: RouteOptions
  readonly #budget: RetryBudget
  readonly #origins = new Map<string, OriginPool>()
  /** Targets of the pool's own route by origin, so that a request need not spell its key anew. */
  readonly #targets = new Map<string, PoolTarget>()
  #isClosed = false
  #onAllGone: () => void = () => {}
  readonly #allGone: Promise<void>

  constructor(options: HttpPoolOptions) {
    const { proxy, tls, alpn } = options
    this.options = options
    this.#settings = settingsOf(options)
    this.#route = { proxy, tls: tls && { ...tls }, alpn: alpn && [...alpn] }
    this.#budget = new RetryBudget(this.#settings.resendRatio, MAX_SAVED)
    this.#allGone = new Promise((resolve) => {
      this.#onAllGone = resolve
    })
  }

  /**
   * Makes a request; settles with the answer's head. Both bodies go on from there.
   *
   * Rejects as `HttpClient.request` does, and besides, always with `processed: 'no'`: with TIMEOUT when no connection had a place in
   * time, with REFUSED_STREAM when too many wait for one, with what dialling failed of, and with CANCEL when the pool is closed.
   */
  async request(request: PoolRequest): Promise<ClientResponse> {
    const { settings, target, attempts } = this.#begin(request)
    const { counts, host, emit } = settings
    for (;;) {
      try {
        return await this.#originOf(target).request(attempts.request)
      } catch (error) {
        const verdict = this.#isClosed ? 'no' : attempts.mayGoOn(error)
        const said = { at: host.clock.now(), origin: target.origin, error }
        if (verdict === 'noBudget') {
          counts.retriesDenied += 1
          emit({ ...said, type: 'retryDenied' })
        }
        if (verdict !== 'yes') throw error
        counts.retries += 1
        emit({ ...said, type: 'retried' })
      }
    }
  }

  /** Makes a request and waits for the whole answer: see `HttpClient.do`. */
  async do(request: PoolOneShotRequest): Promise<WholeResponse> {
    const response = await this.request(request)
    const { timeoutMs, host } = this.#settings
    return wholeOf(response, request.limit, Math.max(0, request.timeoutMs ?? timeoutMs), host.clock)
  }

  /** As the platform's `fetch`, redirects to other origins included; may be passed on alone. */
  readonly fetch = (input: string | URL | Request, init?: FetchInit): Promise<Response> =>
    fetchOn(this, input, init)

  /** For `fetch` and others who ask before a request: a pool is for any origin. */
  expectOrigin(_origin: string): void {}

  get clock(): Requester['clock'] {
    return this.#settings.host.clock
  }

  /** How many there are, and what has been counted. */
  get stats(): PoolStats {
    const { counts } = this.#settings
    const connections = { connecting: 0, ready: 0, busy: 0, draining: 0 }
    let streams = 0
    let waiting = 0
    for (const origin of this.#origins.values()) {
      waiting += origin.waiting
      for (const { state, session } of origin.connections) {
        if (state !== 'closed') connections[state] += 1
        streams += session?.streamCount ?? 0
      }
    }
    return { origins: this.#origins.size, connections, streams, waiting, ...counts }
  }

  /**
   * Takes no more requests. Those that wait for a connection fail, surely not processed; those under way may end within
   * `timeoutMs` (default: the sessions' `drainTimeoutMs`), then they fail too. Settles when all connections are gone.
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.#end(options)
  }

  /** Ends everything now. Settles when all connections are gone. */
  destroy(): Promise<void> {
    return this.#end('now')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // --- inside

  #begin(request: PoolRequest) {
    if (this.#isClosed) throw closed()
    const { proxy, tls, alpn, origin, ...rest } = request
    const settings = this.#settings
    const place = placeOf(request, this.options.origin)
    // A copy: an URL is the caller's, who may change it while the request waits.
    const url = rest.url === undefined || origin !== undefined ? rest.url : new URL(place)
    const timeoutMs = rest.timeoutMs === undefined ? undefined : Math.max(0, rest.timeoutMs)
    const attempts = new Attempts({ ...rest, url, timeoutMs }, settings.maxResends, this.#budget)
    const target = this.#targetOf(place, request)
    settings.counts.requests += 1
    return { settings, target, attempts }
  }

  #targetOf(place: URL, { proxy, tls, alpn }: RouteOptions): PoolTarget {
    if (proxy !== undefined || tls !== undefined || alpn !== undefined)
      return targetOf(place, { ...this.#route, ...definedOf({ proxy, tls, alpn }) })
    const known = place.username === '' && place.password === '' ? this.#targets.get(place.origin) : undefined
    if (known !== undefined) return known
    const target = targetOf(place, this.#route)
    this.#targets.set(place.origin, target)
    return target
  }

  #originOf(target: PoolTarget): OriginPool {
    if (this.#isClosed) throw closed()
    const pool = this.#origins.get(target.key)
    if (pool === undefined) {
      const made = new OriginPool(target, this.#settings, () => this.#forget(made))
      this.#origins.set(target.key, made)
      return made
    }
    return pool
  }

  /** It may say so more than once, and the second time its place may be another's. */
  #forget(pool: OriginPool): void {
    const { key, origin } = pool.target
    if (this.#origins.get(key) !== pool) return
    this.#origins.delete(key)
    if (this.#targets.get(origin)?.key === key) this.#targets.delete(origin)
    if (this.#isClosed && this.#origins.size === 0) this.#onAllGone()
  }

  #end(options: CloseOptions | 'now'): Promise<void> {
    this.#isClosed = true
    const error = closed()
    for (const origin of [...this.#origins.values()]) origin.close(error, options)
    if (this.#origins.size === 0) this.#onAllGone()
    return this.#allGone
  }
}

/** Where a request goes to. */
function placeOf(request: PoolRequest, own: string | URL | undefined): URL {
  const { origin, url, scheme, authority, method } = request
  if (origin !== undefined) return parsed(origin)
  if (url !== undefined) return parsed(url, own)
  if (authority !== undefined && method !== 'CONNECT') {
    const ownScheme = own === undefined ? 'http' : parsed(own).protocol.slice(0, -1)
    return parsed(`${scheme ?? ownScheme}://${authority}`)
  }
  if (own !== undefined) return parsed(own)
  throw unsendable('an URL, an authority or an origin, got none')
}

function parsed(place: string | URL, base?: string | URL): URL {
  try {
    return typeof place === 'string' ? new URL(place, base) : place
  } catch (cause) {
    throw unsendable(`an absolute URL${base === undefined ? '' : ' or a path'}, got '${place}'`, cause)
  }
}

const definedOf = <T extends object>(given: T): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>

function closed(): PlexusError {
  return unsent('CANCEL', 'application', 'a pool that is open, it is closed')
}
