/** One connection of the pool: the hands of its chart. */
import { compile } from '@plexus/chart'
import { type CloseOptions, type MuxSession, PlexusError } from '@plexus/contract'
import { type ActorRefFrom, createActor } from 'xstate'
import { HttpClient } from '../http-client.js'
import type { ClientRequest } from '../request.js'
import type { ClientResponse } from '../response.js'
import { type ConnectionMessage, type ConnectionParts, connectionMachine } from './connection.machine.js'
import { Heartbeat } from './heartbeat.js'
import type { ConnectionState, DialledSession, PoolSettings } from './options.js'
import type { PoolTarget } from './target.js'
import { unsent } from './waiting-line.js'

/** Whose connection it is. */
export interface ConnectionOwner {
  readonly target: PoolTarget
  readonly settings: PoolSettings
  /** There are places: somebody who waits may have one. */
  wake(): void
  /** It takes no more requests. */
  retired(connection: Connection): void
  /** There will be no session. */
  dialFailed(connection: Connection, error: unknown): void
  /** It is over. */
  left(connection: Connection): void
}

/** Ids that are left unused, at most, when a connection retires for want of them; of few, a tenth. */
const ID_RESERVE = 1000

const chart = compile(connectionMachine)

export class Connection implements ConnectionParts {
  readonly number: number
  /** Requests that it was given. */
  requests = 0
  /** What its session ended with; undefined before, and after an orderly end. */
  error: PlexusError | undefined
  session: MuxSession | undefined

  readonly #owner: ConnectionOwner
  readonly #actor: ActorRefFrom<typeof connectionMachine>
  readonly #giveUp = new AbortController()
  #client: HttpClient | undefined
  #made: DialledSession | undefined
  #heartbeat: Heartbeat | undefined
  #unwatch: (() => void) | undefined
  #ageTimer: unknown
  #idleTimer: unknown
  /** Since when no stream is open, ms; undefined while one is. */
  #idleSince: number | undefined
  #idReserve = 0
  #closeOptions: CloseOptions = {}
  /** Why we ended it ourselves. */
  #death: PlexusError | undefined

  constructor(owner: ConnectionOwner, number: number) {
    this.#owner = owner
    this.number = number
    this.#actor = createActor(chart, { input: this })
    this.#actor.subscribe({ error: () => this.leavePool() })
    this.#actor.start()
    this.#tellState()
  }

  get state(): ConnectionState {
    return this.#actor.getSnapshot().value as ConnectionState
  }

  /** Whether a request may be given to it now; one whose peer may not be asked any more retires (S11). */
  canTake(): boolean {
    if (this.state !== 'ready' || this.session!.places === 0) return false
    if (isFor(this.#made!, this.#owner.target)) return true
    this.#tell('retire')
    return false
  }

  /** Makes a request. The stream is opened within this call if {@link canTake} has said so in the same turn. */
  async request(request: ClientRequest): Promise<ClientResponse> {
    this.requests += 1
    this.#idleSince = undefined
    const answer = this.#client!.request(request)
    this.#review()
    try {
      return await answer
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** What runs may end within the options' time. */
  shut(options: CloseOptions): void {
    this.#closeOptions = options
    this.#tell('shut')
  }

  /** Ends it now. */
  kill(): void {
    this.#tell('kill')
  }

  // --- what the chart asks

  dial(): void {
    const { target, settings } = this.#owner
    const { clock } = settings.host
    const { signal } = this.#giveUp
    settings.counts.dials += 1
    let isOver = false
    const fail = (error: unknown): void => {
      if (isOver) return
      isOver = true
      clock.clearTimer(timer)
      this.#owner.dialFailed(this, error)
      this.#tell('failed')
    }
    const timer = clock.setTimer(() => {
      const error = unsent(
        'TIMEOUT',
        'carrier',
        `a connection within ${settings.dialTimeoutMs} ms, none came`,
      )
      this.#giveUp.abort(error)
      fail(error)
    }, settings.dialTimeoutMs)
    // A dialler that does not listen to its signal keeps nobody waiting.
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
    // Not within this call: the actor is not there yet.
    const dialled = Promise.resolve().then(() => settings.dial(target, signal))
    dialled
      .then((found) => {
        const made = 'session' in found ? found : { session: found }
        const why = isOver ? 'too late' : whyUnfit(made, target)
        if (why !== undefined) {
          made.session.destroy()
          return fail(unsent('INADEQUATE_SECURITY', 'peer', why))
        }
        isOver = true
        clock.clearTimer(timer)
        this.#made = made
        this.session = made.session
        this.#tell('dialled')
      })
      // What a dialler gives that is no session ends here too.
      .catch(fail)
  }

  giveUpDial(): void {
    const error = unsent('CANCEL', 'application', 'a pool that is open, it was closed')
    // Not within the chart's step: what follows is told to the chart.
    queueMicrotask(() => this.#giveUp.abort(error))
  }

  watch(): void {
    const { settings, target } = this.#owner
    const { host, pingIntervalMs, maxMissedPings, maxAgeMs, idleTimeoutMs } = settings
    const session = this.session!
    const { clock } = host
    this.#client = new HttpClient(session, { ...settings.client, origin: target.origin })
    this.#idReserve = Math.min(ID_RESERVE, Math.floor(session.idsLeft / 10))
    this.#unwatch = session.onPlaces(() => this.#review())
    if (pingIntervalMs > 0)
      this.#heartbeat = new Heartbeat({
        session,
        clock,
        intervalMs: pingIntervalMs,
        maxMissed: maxMissedPings,
        onRoundTrip: (ms) => this.#emit({ type: 'pinged', ms }),
        onDead: () => this.#die(maxMissedPings),
      })
    const ageMs = maxAgeMs * (0.9 + host.chance() / 5)
    if (maxAgeMs > 0) this.#ageTimer = clock.setTimer(() => this.#tell('retire'), ageMs)
    this.#idleSince = clock.now()
    // It may have no place from the first; not within the chart's step.
    queueMicrotask(() => this.#review())
    if (idleTimeoutMs > 0) this.#awaitIdle(idleTimeoutMs)
    void session.closed.then((error) => {
      this.error = error
      if (error !== undefined) this.#emit({ type: 'lost', error })
      this.#tell('lost')
    })
  }

  stopWatching(): void {
    const { clock } = this.#owner.settings.host
    this.#unwatch?.()
    this.#heartbeat?.stop()
    clock.clearTimer(this.#ageTimer)
    clock.clearTimer(this.#idleTimer)
  }

  offerPlaces(): void {
    this.#owner.wake()
  }

  awaitEmpty(): void {
    this.#owner.retired(this)
    if (this.session!.streamCount === 0) queueMicrotask(() => this.#tell('emptied'))
  }

  closeSession(): void {
    void this.session?.close(this.#closeOptions)
  }

  destroySession(): void {
    this.session?.destroy(this.#death?.code)
  }

  leavePool(): void {
    this.#owner.left(this)
  }

  refuseMessage(): void {
    // Only what this file tells comes here. A bug of ours costs the connection, nothing else.
    queueMicrotask(() => this.kill())
  }

  /** Stands for it in snapshots of its chart. */
  toJSON(): object {
    return { number: this.number, origin: this.#owner.target.origin, requests: this.requests }
  }

  // --- inside

  /** What the session says of its places, as an edge for the chart. */
  #review(): void {
    const session = this.session!
    const { state } = this
    if (state === 'closed') return
    if (session.streamCount > 0) this.#idleSince = undefined
    else this.#idleSince ??= this.#owner.settings.host.clock.now()
    if (state === 'draining') {
      if (session.streamCount === 0) this.#tell('emptied')
      return
    }
    if (session.idsLeft <= this.#idReserve) return this.#tell('retire')
    const hasPlaces = session.places > 0
    if (state === 'ready' && !hasPlaces) this.#tell('filled')
    else if (state === 'busy' && hasPlaces) this.#tell('freed')
  }

  #awaitIdle(ms: number): void {
    const { idleTimeoutMs, host } = this.#owner.settings
    this.#idleTimer = host.clock.setTimer(() => {
      const left = this.#idleSince === undefined ? ms : this.#idleSince + idleTimeoutMs - host.clock.now()
      if (left > 0) this.#awaitIdle(left)
      else this.#tell('retire')
    }, ms)
  }

  #die(missed: number): void {
    const message = `expected a peer that answers, it left ${missed} pings without an answer`
    this.#death = new PlexusError(message, { scope: 'session', code: 'TIMEOUT', blame: 'peer' })
    this.#tell('kill')
  }

  /** A session that we ended says so; why we did says more. */
  #explained(error: unknown): unknown {
    const isOurEnd = this.#death !== undefined && error instanceof PlexusError && error.scope === 'session'
    if (!isOurEnd) return error
    const { message, scope, code, blame } = this.#death!
    const { processed, streamId } = error
    return new PlexusError(message, { scope, code, blame, processed, streamId, cause: error })
  }

  #tell(type: ConnectionMessage['type']): void {
    const before = this.#actor.getSnapshot()
    if (before.status !== 'active') return
    this.#actor.send({ type })
    if (this.#actor.getSnapshot().value !== before.value) this.#tellState()
  }

  #tellState(): void {
    this.#emit({ type: 'connection', state: this.state })
  }

  #emit(
    event:
      | { type: 'connection'; state: ConnectionState }
      | { type: 'lost'; error: PlexusError }
      | { type: 'pinged'; ms: number },
  ): void {
    const { settings, target } = this.#owner
    settings.emit({
      at: settings.host.clock.now(),
      origin: target.origin,
      connection: this.number,
      ...event,
    })
  }
}

function isFor(made: DialledSession, target: PoolTarget): boolean {
  try {
    return made.isFor?.(target) ?? true
  } catch {
    return false
  }
}

/** What is wrong with a connection from the first; undefined: nothing. */
function whyUnfit(made: DialledSession, target: PoolTarget): string | undefined {
  if (made.session.role !== 'client')
    return `a session on which we are the client, got the ${made.session.role}`
  return isFor(made, target) ? undefined : `a peer that may be asked for ${target.origin}`
}
