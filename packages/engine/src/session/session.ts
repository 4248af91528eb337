import { createChild } from '@plexus/chart'
import {
  type Bytes,
  type Carrier,
  type CarrierSink,
  type CloseOptions,
  type ErrorCode,
  type GoAwayFrame,
  type Host,
  type InFrame,
  type Limits,
  type MuxSession,
  type MuxStream,
  type OpenFrame,
  type OpenOptions,
  type PingFrame,
  type PingOptions,
  PlexusError,
  type Protocol,
  type Role,
  resolveLimits,
  type SessionEvent,
  type SessionStats,
  type SettingsFrame,
  type StreamHandler,
} from '@plexus/contract'
import { type ActorOptions, type ActorRefFrom, createActor } from 'xstate'
import { type ChartMode, chartsFor } from '../charts.js'
import type { Core } from '../core.js'
import { Events } from '../events.js'
import type { Budget } from '../flow/budget.js'
import { FloodGuard } from '../flow/flood-guard.js'
import { Receiver } from '../flow/receiver.js'
import { SendWindow, type WindowBase } from '../flow/send-window.js'
import type { Cause, SessionMessage } from '../messages.js'
import { Pump, type PumpOwner } from '../out-framer/pump.js'
import { Deferred, rejected } from '../settle.js'
import type { Stream } from '../stream/mux-stream.js'
import { Timer, TimerWheel } from '../time/timer-wheel.js'
import { type DispatchOwner, dispatch } from './dispatch.js'
import { applyFault, applySessionFault, applyStreamFault, failCalm } from './faults.js'
import { Intake } from './intake.js'
import { Keepalive } from './keepalive.js'
import { Pings } from './pings.js'
import type { SessionParts, sessionMachine } from './session.machine.js'
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

/** One connection with many streams: the parts, put together, and the hands of the session's chart. */
export class Session implements MuxSession, Core, SessionParts, PumpOwner, DispatchOwner {
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
  /** Ends a phase that takes too long: greeting, draining, closing. */
  readonly #phaseTimer = new Timer({ onTimer: () => this.#onPhaseTimer() })
  readonly #idleTimer = new Timer({ onTimer: () => this.#onIdleTimer() })
  readonly #holdTimer = new Timer({ onTimer: () => this.#streams.resetHolders() })
  readonly #over = new Deferred<PlexusError | undefined>()
  /** When a frame other than a ping last came, ms. */
  #usedAt: number
  #idleMs: number
  #drainMs: number
  #saidGoAway = false
  #isDeaf = false
  /** Bytes that an orderly end still sees on their way; undefined where nothing is waited for. */
  #lingering: number | undefined
  #ending: Cause | undefined

  constructor(options: SessionOptions) {
    const { protocol, carrier, role, host } = options
    const { clock } = host
    const limits = resolveLimits(options.limits)
    const codec = protocol.create({ role, limits })
    const { traits } = codec
    this.role = role
    this.host = host
    this.limits = limits
    this.carrier = carrier
    this.codec = codec
    this.charts = chartsFor(options.charts ?? 'compiled')
    this.now = this.#usedAt = clock.now()
    this.#idleMs = limits.sessionIdleTimeoutMs
    this.#drainMs = limits.drainTimeoutMs
    this.table = new StreamTable(role, traits.maxStreamId, limits.closedMemory)
    this.wheel = new TimerWheel(clock)
    this.flood = new FloodGuard(limits, clock)
    this.events = new Events(clock)
    this.events.observe(options.observe)
    this.windowBase = { initial: traits.initialStreamWindow }
    this.sessionWindow = new SendWindow({ initial: traits.initialSessionWindow })
    const { wheel, stats, sessionWindow, windowBase } = this
    this.pump = new Pump({ codec, carrier, clock, limits, wheel, stats, sessionWindow, windowBase }, this)
    this.#intake = new Intake({ codec, carrier, clock, limits, onFrame: (frame) => this.#onFrame(frame) })
    this.receiver = new Receiver({
      traits,
      limits,
      budget: options.budget,
      grant: (id, delta) => this.pump.control({ type: 'window', id, delta }),
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
    const { inspect } = options
    this.actor = createActor(this.charts.session, {
      input: this,
      ...(inspect === undefined ? {} : { inspect }),
    })
    this.actor.subscribe({ error: (error) => this.#onBug(error) })
    this.pump.actor = createChild(this.charts.outFramer, {
      parent: this.actor,
      id: 'outFramer',
      input: this.pump,
    })
    this.#streams = new Streams(this, options.handler, options.budget)
    this.#keepalive = new Keepalive(this, this.#pings)
    this.actor.start()
    carrier.start(this.#sink)
  }

  // --- what the user sees -----------------------------------------------------------------------------------------

  get protocol(): string {
    return this.codec.traits.name
  }

  get traits(): Core['traits'] {
    return this.codec.traits
  }

  get streamCount(): number {
    return this.table.size
  }

  /** Streams of ours that wait for a place at the peer. */
  get pendingOpens(): number {
    return this.#streams.opener.pending
  }

  open(options: OpenOptions = {}): Promise<MuxStream> {
    return this.#streams.opener.open(options)
  }

  ping(options?: PingOptions): Promise<number> {
    if (!this.traits.ping) return rejected(this.#failure('a protocol with pings', this.protocol))
    if (this.actor.getSnapshot().status !== 'active') return rejected(this.#error())
    return this.#pings.send(options)
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#drainMs = options.timeoutMs ?? this.limits.drainTimeoutMs
    const { signal } = options
    const cut = () => this.destroy()
    if (signal?.aborted) cut()
    else signal?.addEventListener('abort', cut, { once: true })
    this.send({ type: 'drainMsg' })
    return this.closed.then(() => signal?.removeEventListener('abort', cut))
  }

  destroy(code: ErrorCode = 'NO_ERROR'): void {
    this.fail({ code, blame: 'application', message: `the session was ended here with ${code}` })
  }

  get closed(): Promise<PlexusError | undefined> {
    return this.#over.promise
  }

  /** Changes how long nothing but pings may move, ms; 0 is for ever. Harmless on a session that is over. */
  setIdleTimeout(ms: number): void {
    this.#idleMs = ms
    this.wheel.clear(this.#idleTimer)
    this.#usedAt = this.host.clock.now()
    if (ms > 0 && this.#streams.opener.isOpen) this.wheel.set(this.#idleTimer, ms)
  }

  /** Streams of the peer, where no handler takes them; ends with the session. */
  [Symbol.asyncIterator](): AsyncIterator<MuxStream> {
    return {
      next: async () => {
        const value = await this.#streams.acceptor.accept()
        return value === undefined ? { done: true, value } : { done: false, value }
      },
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Stands for the session in snapshots and logs. */
  toJSON(): object {
    return {
      protocol: this.protocol,
      role: this.role,
      carrier: this.carrier.label,
      streams: this.streamCount,
    }
  }

  // --- what the parts ask -----------------------------------------------------------------------------------------

  send(message: SessionMessage): void {
    this.actor.send(message)
  }

  fail(cause: Cause, silent = false): void {
    this.send({ type: 'closeMsg', cause, silent })
  }

  tick(): void {
    this.now = this.host.clock.now()
  }

  fault(name: Parameters<typeof applyFault>[1], id: number, stream?: Stream): void {
    applyFault(this, name, id, stream)
  }

  streamFault(frame: Parameters<typeof applyStreamFault>[1]): void {
    applyStreamFault(this, frame)
  }

  sessionFault(frame: Parameters<typeof applySessionFault>[1]): void {
    applySessionFault(this, frame)
  }

  calm(): void {
    failCalm(this)
  }

  note(what: string): void {
    this.events.emit({ type: 'oddity', what })
  }

  onWindowEmpty(): void {
    this.send({ type: 'windowEmpty' })
  }

  onUnread(what: string): void {
    this.fail(
      { code: 'TIMEOUT', blame: 'peer', message: `expected a peer that reads its ${what}, it does not` },
      true,
    )
  }

  // --- what the chart governs -------------------------------------------------------------------------------------

  get awaitsGreeting(): boolean {
    return this.traits.greeting
  }

  get goesAwayTwice(): boolean {
    return this.traits.goAwayTwice
  }

  get acknowledgesSettings(): boolean {
    return this.traits.settingsAck
  }

  get isEmpty(): boolean {
    return this.table.size === 0
  }

  sendGreeting(): void {
    const { traits, limits } = this
    if (traits.settings) {
      this.pump.control({
        type: 'settings',
        settings: { maxConcurrentStreams: limits.maxInboundStreams },
        ack: false,
      })
    }
    this.receiver.start()
  }

  awaitGreeting(): void {
    this.#setPhaseTimer(this.limits.greetingTimeoutMs)
  }

  blameGreeting(): void {
    const message = `expected the peer's first settings within ${this.limits.greetingTimeoutMs} ms, none came`
    this.#ending = { code: 'TIMEOUT', blame: 'peer', message }
  }

  openGate(): void {
    this.wheel.clear(this.#phaseTimer)
    this.#streams.opener.isOpen = true
    this.#streams.opener.proceed()
    if (this.#idleMs > 0) this.wheel.set(this.#idleTimer, this.#idleMs)
  }

  shutGate(): void {
    this.#streams.opener.isOpen = false
    this.wheel.clear(this.#idleTimer)
  }

  acceptStream(frame: OpenFrame): void {
    this.#streams.accept(frame)
  }

  ignoreStream(frame: OpenFrame): void {
    this.#streams.ignore(frame)
  }

  forgetStream(stream: object): void {
    this.#streams.forget(stream as Stream)
  }

  applySettings(frame: SettingsFrame): void {
    if (frame.ack) return
    const { maxConcurrentStreams, initialWindow, maxFrameSize } = frame.settings
    if (initialWindow !== undefined) {
      if (initialWindow > this.traits.maxWindow) return this.fault('settingsWindow', 0)
      const isMore = initialWindow > this.windowBase.initial
      this.windowBase.initial = initialWindow
      if (isMore) this.pump.baseMoved()
    }
    if (maxFrameSize !== undefined) this.pump.maxFrame = Math.min(this.limits.sendFrame, maxFrameSize)
    if (maxConcurrentStreams !== undefined) {
      this.#streams.peerLimit = maxConcurrentStreams
      this.#streams.opener.proceed()
    }
    if (this.traits.settingsAck) this.pump.answer({ type: 'settings', settings: {}, ack: true })
  }

  answerPing(frame: PingFrame): void {
    this.pump.answer({ type: 'ping', token: frame.token, ack: true })
  }

  settlePing(frame: PingFrame): void {
    if (!this.#pings.receive(frame.token) && !this.flood.spend('oddity')) this.calm()
  }

  announceGoAway(): void {
    this.pump.control({ type: 'goAway', lastId: this.traits.maxStreamId, code: 'NO_ERROR' })
    void this.#pings.send({ timeoutMs: 0 })
  }

  sendGoAway(): void {
    this.#writeGoAway('NO_ERROR')
  }

  startDrain(): void {
    this.#setPhaseTimer(this.#drainMs)
    const message = 'the session goes away and opens no more streams'
    this.#streams.opener.refuse(
      sessionError({ code: 'REFUSED_STREAM', blame: 'us', message, processed: 'no' }),
    )
    this.events.emit({ type: 'draining' })
  }

  failAbove(frame: GoAwayFrame): void {
    this.#streams.failAbove(frame.lastId, frame.code)
  }

  failReceivers(): void {
    this.#isDeaf = true
    const message = 'the peer ended the connection before its streams'
    const cause: Cause = { code: 'CONNECTION_LOST', blame: 'peer', message }
    for (const stream of [...this.table]) {
      if (stream.inbox.gate === 'ended') continue
      this.#ending ??= cause
      stream.actor.send({ type: 'reset', by: 'session', cause })
    }
  }

  noteWindowEmpty(): void {
    this.stats.sessionWindowEmpty += 1
  }

  noteWindowOpen(): void {
    this.pump.sessionOpened()
  }

  startClosing(cause: Cause | undefined, silent: boolean): void {
    this.#ending ??= cause
    const isOrderly = this.#ending === undefined || this.#ending.code === 'NO_ERROR'
    const queued = this.carrier.queued
    if (!silent && !this.#isDeaf) this.#writeGoAway(goAwayCode(this.#ending))
    this.#endStreams()
    this.#intake.shut()
    if (silent) return this.carrier.destroy()
    this.pump.flush()
    this.pump.shut()
    this.carrier.end()
    this.#lingering = isOrderly ? this.carrier.queued : undefined
    this.#setPhaseTimer(isOrderly || queued === 0 ? this.limits.lingerTimeoutMs : this.limits.goAwayTimeoutMs)
  }

  noteLost(error: Error | undefined): void {
    const message = `expected the carrier to last, it is gone: ${error?.message ?? 'closed'}`
    this.#ending ??= { code: 'CONNECTION_LOST', blame: 'carrier', message, cause: error }
    this.#endStreams()
  }

  abandonCarrier(): void {
    this.carrier.destroy()
  }

  settleClosed(): void {
    this.#intake.shut()
    this.pump.shut()
    this.#keepalive.stop()
    this.#pings.failAll(this.#error())
    this.wheel.stop()
    this.codec.close()
    const ending = this.#ending
    const error = ending === undefined || ending.code === 'NO_ERROR' ? undefined : sessionError(ending)
    this.events.emit({ type: 'closed', error })
    this.#over.resolve(error)
  }

  refuseMessage(type: string): void {
    const state = JSON.stringify(this.actor.getSnapshot().value)
    const message = `expected a message that the session knows in state ${state}, got '${type}'`
    this.fail({ code: 'INTERNAL_ERROR', blame: 'us', message, event: type })
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  readonly #sink: CarrierSink = {
    receive: (chunk: Bytes) => {
      this.now = this.host.clock.now()
      this.#keepalive.heardAt = this.now
      this.stats.bytesReceived += chunk.length
      this.#intake.receive(chunk)
    },
    drain: () => this.pump.resume(),
    end: () => this.#intake.whenDone(() => this.send({ type: 'recvEnd' })),
    closed: (error?: Error) => this.send({ type: 'carrierClosed', error }),
  }

  #onFrame(frame: InFrame): void {
    this.stats.framesReceived += 1
    if (frame.type !== 'ping') this.#usedAt = this.now
    dispatch(frame, this)
  }

  #onPhaseTimer(): void {
    const { queued } = this.carrier
    if (this.#lingering !== undefined && queued > 0 && queued < this.#lingering) {
      // An orderly end whose last bytes are still on their way to a slow peer (SS-17).
      this.#lingering = queued
      return this.#setPhaseTimer(this.limits.lingerTimeoutMs)
    }
    this.send({ type: 'timeout' })
  }

  #onIdleTimer(): void {
    const left = Math.max(this.#usedAt, this.pump.usedAt) + this.#idleMs - this.host.clock.now()
    if (left > 0) this.wheel.set(this.#idleTimer, left)
    else this.send({ type: 'timeout' })
  }

  #setPhaseTimer(ms: number): void {
    if (ms > 0) this.wheel.set(this.#phaseTimer, ms)
    else this.wheel.clear(this.#phaseTimer)
  }

  #noteRoundTrip(ms: number): void {
    this.receiver.roundTripMs = ms
    this.stats.pingMs = ms
    this.events.emit({ type: 'pinged', ms })
  }

  #hold(): void {
    this.#intake.hold()
    const { readHoldTimeoutMs } = this.limits
    if (readHoldTimeoutMs === 0) return
    this.wheel.set(this.#holdTimer, readHoldTimeoutMs)
  }

  #release(): void {
    this.#intake.release()
    this.wheel.clear(this.#holdTimer)
  }

  #writeGoAway(code: ErrorCode): void {
    if (!this.traits.goAway || (this.#saidGoAway && code === 'NO_ERROR')) return
    this.#saidGoAway = true
    this.pump.control({ type: 'goAway', lastId: this.table.lastAcceptedId, code })
  }

  #endStreams(): void {
    const ending = this.#ending
    const message = ending?.message ?? 'the session was closed before the stream ended'
    const cause: Cause =
      ending === undefined || ending.code === 'NO_ERROR' ? { code: 'CANCEL', blame: 'us', message } : ending
    this.#streams.opener.refuse(sessionError({ ...cause, processed: 'no' }))
    this.#streams.acceptor.end()
    for (const stream of [...this.table]) stream.actor.send({ type: 'reset', by: 'session', cause })
  }

  /** An action threw: a bug of ours ends this session, and nothing else. */
  #onBug(error: unknown): void {
    this.#ending ??= {
      code: 'INTERNAL_ERROR',
      blame: 'us',
      message: `expected actions that do not throw: ${error}`,
      cause: error,
    }
    this.#endStreams()
    this.carrier.destroy()
    this.settleClosed()
  }

  #error(): PlexusError {
    return this.#ending === undefined
      ? this.#failure('an open session', 'one that is closed')
      : sessionError(this.#ending)
  }

  #failure(expected: string, came: string): PlexusError {
    const message = `expected ${expected}, got ${came}`
    return new PlexusError(message, {
      scope: 'request',
      code: 'CANCEL',
      blame: 'application',
      processed: 'no',
    })
  }
}

function sessionError(cause: Cause): PlexusError {
  const { message, ...init } = cause
  return new PlexusError(message, { scope: 'session', ...init })
}

/** A peer that was too slow did nothing wrong on the wire (DM-21). */
function goAwayCode(cause: Cause | undefined): ErrorCode {
  return cause === undefined || cause.code === 'TIMEOUT' ? 'NO_ERROR' : cause.code
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
