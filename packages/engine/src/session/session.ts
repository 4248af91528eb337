import { createChild } from '@plexus/chart'
import {
  type Bytes,
  type Carrier,
  type CarrierSink,
  type CloseOptions,
  type ErrorCode,
  type FaultFrame,
  type FaultName,
  type Host,
  type InFrame,
  type Limits,
  type MuxSession,
  type MuxStream,
  type OpenOptions,
  type PingOptions,
  PlexusError,
  type PriorityFrame,
  type Protocol,
  type Role,
  resolveLimits,
  type SessionEvent,
  type SessionStats,
  type StreamHandler,
} from '@plexus/contract'
import { type ActorOptions, type ActorRefFrom, createActor } from 'xstate'
import { onAbort } from '../abort.js'
import { type ChartMode, chartsFor } from '../charts.js'
import type { Core } from '../core.js'
import { Events } from '../events.js'
import type { Budget } from '../flow/budget.js'
import { FloodGuard } from '../flow/flood-guard.js'
import { Receiver } from '../flow/receiver.js'
import { SendWindow, type WindowBase } from '../flow/send-window.js'
import { guardedClock } from '../guarded-clock.js'
import { iterate } from '../iterate.js'
import type { Cause, CloseManner, SessionMessage } from '../messages.js'
import { Pump, type PumpOwner } from '../out-framer/pump.js'
import { rejected } from '../settle.js'
import type { Stream } from '../stream/mux-stream.js'
import { Timer, TimerWheel } from '../time/timer-wheel.js'
import { type DispatchOwner, dispatch } from './dispatch.js'
import { applyFault, applySessionFault, applyStreamFault, failCalm } from './faults.js'
import { Intake } from './intake.js'
import { Keepalive } from './keepalive.js'
import { Phases } from './phases.js'
import { Pings } from './pings.js'
import type { sessionMachine } from './session.machine.js'
import { StreamTable } from './stream-table.js'
import { Streams } from './streams.js'

export interface SessionOptions {
  readonly protocol: Protocol
  readonly carrier: Carrier
  readonly role: Role
  readonly host: Host
  readonly limits?: Partial<Limits> | undefined
  /** Gets the streams the peer opens; without one they wait to be accepted by iterating over the session. */
  readonly handler?: StreamHandler | undefined
  /** Default `compiled`. */
  readonly charts?: ChartMode | undefined
  /** Sees the messages and snapshots of all actors of the session, as XState's `createActor` has it. */
  readonly inspect?: ActorOptions<typeof sessionMachine>['inspect'] | undefined
  /** Told at the end of each turn what happened in it. */
  readonly observe?: ((event: SessionEvent) => void) | undefined
  /** Bytes that all sessions of the process share, on top of their own limits. */
  readonly budget?: Budget | undefined
}

/** One connection with many streams: the parts, put together, and what a user may ask of them. */
export class Session implements MuxSession, Core, PumpOwner, DispatchOwner {
  readonly role: Role
  readonly host: Host
  readonly limits: Limits
  readonly carrier: Carrier
  readonly codec: Core['codec']
  readonly charts: Core['charts']
  readonly table: StreamTable
  readonly wheel: TimerWheel
  readonly flood: FloodGuard
  readonly windowBase: WindowBase
  readonly sessionWindow: SendWindow
  readonly events: Events
  readonly stats: SessionStats = newStats()
  readonly pump: Pump
  readonly receiver: Receiver
  readonly actor: ActorRefFrom<typeof sessionMachine>
  now: number

  readonly #streams: Streams
  readonly #intake: Intake
  readonly #pings: Pings
  readonly #keepalive: Keepalive
  readonly #phases: Phases
  readonly #placeListeners = new Set<() => void>()
  #hasPlacesToTell = false
  readonly #restTimer = new Timer({ onTimer: () => this.#blameRest() })
  /** How many frames had come when the one that is not whole began. */
  #restAt = 0
  readonly #holdTimer = new Timer({ onTimer: () => this.#streams.resetHolders() })

  constructor(options: SessionOptions) {
    const { protocol, carrier, role, inspect } = options
    const clock = guardedClock(options.host.clock, (error) => this.#phases.blameUs(error))
    const host = { ...options.host, clock }
    const limits = resolveLimits(options.limits)
    const codec = protocol.create({ role, limits })
    const { traits } = codec
    this.role = role
    this.host = host
    this.limits = limits
    this.carrier = carrier
    this.codec = codec
    this.charts = chartsFor(options.charts ?? 'compiled')
    this.now = clock.now()
    this.table = new StreamTable(role, traits.maxStreamId, limits.closedMemory, limits.resetMemory)
    this.wheel = new TimerWheel(clock)
    this.flood = new FloodGuard(limits, clock)
    this.events = new Events(clock)
    this.events.observe(options.observe)
    this.windowBase = { initial: traits.initialStreamWindow, highest: 0 }
    this.sessionWindow = new SendWindow({ initial: traits.initialSessionWindow, highest: 0 })
    const { wheel, stats, sessionWindow, windowBase } = this
    const { flood } = this
    this.pump = new Pump(
      { codec, carrier, clock, limits, wheel, stats, flood, sessionWindow, windowBase },
      this,
    )
    this.#intake = new Intake({
      ...{ codec, carrier, clock, limits },
      onFrame: (frame) => this.#onFrame(frame),
      onWorked: () => this.#watchRest(),
    })
    this.receiver = new Receiver({
      traits,
      limits,
      budget: options.budget,
      grant: (id, delta) => this.pump.control({ type: 'window', id, delta }),
      measure: () => this.#measure(),
      hold: () => this.#hold(),
      release: () => this.#release(),
    })
    this.#pings = new Pings({
      role,
      clock,
      wheel,
      timeoutMs: limits.keepaliveTimeoutMs,
      send: (token) => this.pump.control({ type: 'ping', token, ack: false }),
      noteRoundTrip: (ms) => this.#noteRoundTrip(ms),
    })
    this.#streams = new Streams(this, options.handler, options.budget)
    const parts = { streams: this.#streams, intake: this.#intake, pings: this.#pings }
    this.#keepalive = new Keepalive(this, this.#pings)
    this.#phases = new Phases(this, { ...parts, keepalive: this.#keepalive })
    this.actor = createActor(this.charts.session, {
      input: this.#phases,
      ...(inspect === undefined ? {} : { inspect }),
    })
    this.actor.subscribe({ error: (error) => this.#phases.endByBug(error) })
    this.pump.actor = createChild(this.charts.outFramer, {
      parent: this.actor,
      id: 'outFramer',
      input: this.pump,
    })
    this.#keepalive.start(this.actor)
    this.actor.start()
    carrier.start(this.#sink)
  }

  // --- what the user sees -----------------------------------------------------------------------------------------

  get protocol(): string {
    return this.traits.name
  }

  get streamCount(): number {
    return this.table.size
  }

  get places(): number {
    const { peerLimit, opener } = this.#streams
    return Math.max(0, Math.min(peerLimit - this.table.ours - opener.pending, this.idsLeft))
  }

  get idsLeft(): number {
    return this.#streams.opener.isRefusing ? 0 : this.table.idsLeft
  }

  onPlaces(listener: () => void): () => void {
    // An object of its own: the same function may listen twice.
    const heard = () => listener()
    this.#placeListeners.add(heard)
    return () => void this.#placeListeners.delete(heard)
  }

  /** Streams of ours that wait for a place at the peer. */
  get pendingOpens(): number {
    return this.#streams.opener.pending
  }

  open(options: OpenOptions = {}): Promise<MuxStream> {
    return this.#streams.opener.open(options)
  }

  ping(options?: PingOptions): Promise<number> {
    if (this.actor.getSnapshot().status !== 'active') return rejected(this.#phases.error)
    if (this.traits.ping) return this.#pings.send(options)
    const message = `expected a protocol with pings, ${this.protocol} has none`
    return rejected(new PlexusError(message, { scope: 'request', code: 'CANCEL', blame: 'application' }))
  }

  close(options: CloseOptions = {}): Promise<void> {
    const { signal, timeoutMs } = options
    if (timeoutMs !== undefined) this.#phases.drainMs = timeoutMs
    const stop = signal && onAbort(signal, () => this.destroy())
    if (signal?.aborted) this.destroy()
    this.send({ type: 'drainMsg' })
    return this.closed.then(() => stop?.())
  }

  destroy(code: ErrorCode = 'NO_ERROR'): void {
    this.fail({ code, blame: 'application', message: `the session was ended here with ${code}` })
  }

  get closed(): Promise<PlexusError | undefined> {
    return this.#phases.closed
  }

  /** Changes how long nothing but pings may move, ms; 0 is for ever. Harmless on a session that is over. */
  setIdleTimeout(ms: number): void {
    this.#phases.setIdleTimeout(ms)
  }

  /** Streams of the peer, where no handler takes them; ends with the session. */
  [Symbol.asyncIterator](): AsyncIterator<MuxStream> {
    return iterate(() => this.#streams.acceptor.accept())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Stands for the session in logs. */
  toJSON(): object {
    return this.#phases.toJSON()
  }

  // --- what the parts ask -----------------------------------------------------------------------------------------

  get traits(): Core['traits'] {
    return this.codec.traits
  }

  get turn(): number {
    return this.#intake.turn
  }

  send(message: SessionMessage): void {
    if (this.actor.getSnapshot().status === 'active') this.actor.send(message)
  }

  fail(cause: Cause, manner: CloseManner = 'told'): void {
    this.send({ type: 'closeMsg', cause, manner })
  }

  tick(): void {
    this.now = this.host.clock.now()
  }

  fault(name: FaultName, id: number, stream?: Stream): void {
    applyFault(this, name, id, stream)
  }

  reorder(frame: PriorityFrame): void {
    this.#streams.reorder(frame)
  }

  streamFault(frame: FaultFrame): void {
    applyStreamFault(this, frame)
  }

  sessionFault(frame: FaultFrame): void {
    applySessionFault(this, frame)
  }

  calm(): void {
    failCalm(this)
  }

  note(what: string): void {
    this.events.emit({ type: 'oddity', what })
  }

  notePlaces(): void {
    if (this.#hasPlacesToTell || this.#placeListeners.size === 0) return
    this.#hasPlacesToTell = true
    this.host.clock.defer(() => {
      this.#hasPlacesToTell = false
      for (const heard of this.#placeListeners) heard()
    })
  }

  onWindowEmpty(): void {
    this.send({ type: 'windowEmpty' })
  }

  onFlushed(): void {
    this.#streams.opener.proceed()
  }

  onUnread(what: string): void {
    this.fail(
      { code: 'TIMEOUT', blame: 'peer', message: `expected a peer that reads its ${what}, it does not` },
      'silent',
    )
  }

  judgeThrown(error: unknown): unknown {
    // What cannot be sent is its sender's error; anything else is a bug, and ends the session (B14).
    if (error instanceof PlexusError && error.scope === 'request') return error
    this.#phases.blameUs(error)
    return this.#phases.error
  }

  refuseMessage(type: string): void {
    this.#phases.refuseMessage(type)
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  readonly #sink: CarrierSink = {
    receive: (chunk: Bytes) => {
      this.now = this.host.clock.now()
      this.#keepalive.heardAt = this.now
      this.stats.bytesReceived += chunk.length
      try {
        this.#intake.receive(chunk)
      } catch (error) {
        this.#phases.blameUs(error)
      }
    },
    drain: () => this.pump.resume(),
    end: () => this.#intake.whenDone(() => this.send({ type: 'recvEnd' })),
    closed: (error?: Error) => this.#intake.whenDone(() => this.send({ type: 'carrierClosed', error })),
  }

  #onFrame(frame: InFrame): void {
    this.stats.framesReceived += 1
    if (this.stats.framesReceived === 1 && !this.#judgeFirst(frame)) return
    if (frame.type !== 'ping') this.#phases.usedAt = this.now
    dispatch(frame, this)
  }

  /** @returns false if nothing is to be made of it: something else came where a greeting is due. */
  #judgeFirst(frame: InFrame): boolean {
    const isGreeting = frame.type === 'settings' && !frame.ack
    // A peer whose first word is not a limit has none.
    if (!isGreeting) this.#streams.limit(Number.POSITIVE_INFINITY)
    // What the codec could not take says more than that it came too early, and whoever goes away greets nobody.
    const isDue = this.traits.greeting && frame.type !== 'fault' && frame.type !== 'goAway'
    if (isGreeting || !isDue) return true
    this.fault('beforeGreeting', 'id' in frame ? frame.id : 0)
    return false
  }

  /** H13: what is not whole holds up all that is behind it, so its rest has so long to come. */
  #watchRest(): void {
    const { wheel, stats, limits } = this
    if (this.codec.awaitsRest !== true) {
      if (this.#restTimer.isSet) wheel.clear(this.#restTimer)
      return
    }
    if (this.#restTimer.isSet && this.#restAt === stats.framesReceived) return
    this.#restAt = stats.framesReceived
    if (limits.frameTimeoutMs > 0) wheel.set(this.#restTimer, limits.frameTimeoutMs)
  }

  #blameRest(): void {
    // While we do not read, it is not the peer who keeps it from us (F03).
    if (this.#intake.isHeld) return this.wheel.set(this.#restTimer, this.limits.frameTimeoutMs)
    const message = `expected the rest of a frame within ${this.limits.frameTimeoutMs} ms, it did not come`
    this.fail({ code: 'TIMEOUT', blame: 'peer', message, event: 'frameTimeoutMs' })
  }

  #noteRoundTrip(ms: number): void {
    this.receiver.roundTripMs = ms
    this.stats.pingMs = ms
    this.events.emit({ type: 'pinged', ms })
  }

  /** For the windows. Whether an answer comes is the keepalive's business. */
  #measure(): void {
    if (this.traits.ping) this.#pings.send().catch(() => {})
  }

  #hold(): void {
    const { readHoldTimeoutMs } = this.limits
    this.#intake.hold()
    if (readHoldTimeoutMs > 0) this.wheel.set(this.#holdTimer, readHoldTimeoutMs)
  }

  #release(): void {
    this.#intake.release()
    this.wheel.clear(this.#holdTimer)
  }
}

function newStats(): SessionStats {
  return {
    streamsOpened: 0,
    streamsAccepted: 0,
    streamsRefused: 0,
    streamsReset: 0,
    peakStreams: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesSent: 0,
    framesReceived: 0,
    pingMs: undefined,
    blocked: { streamWindow: 0, sessionWindow: 0, carrier: 0 },
    sessionWindowEmpty: 0,
  }
}
