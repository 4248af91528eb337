import {
  type ErrorCode,
  type GoAwayFrame,
  type OpenFrame,
  type PingFrame,
  type PingToken,
  PlexusError,
  type SettingsFrame,
} from '@plexus/contract'
import type { Core } from '../core.js'
import type { Cause, CloseManner } from '../messages.js'
import { Deferred } from '../settle.js'
import type { Stream } from '../stream/mux-stream.js'
import { Timer } from '../time/timer-wheel.js'
import { wordsOf } from '../wording.js'
import { applyFault, failCalm } from './faults.js'
import type { Intake } from './intake.js'
import type { Keepalive } from './keepalive.js'
import { applySettings } from './peer-settings.js'
import type { Pings } from './pings.js'
import type { SessionParts } from './session.machine.js'
import type { Streams } from './streams.js'

/** The parts that phases start and stop. */
export interface PhaseParts {
  readonly streams: Streams
  readonly intake: Intake
  readonly pings: Pings
  readonly keepalive: Keepalive
}

/** The hands of the session's chart: what each phase does, and how a session ends. */
export class Phases implements SessionParts {
  /** When a frame other than a ping last came, ms. */
  usedAt: number
  /** How long a graceful end may take, ms; 0 is not at all. */
  drainMs: number

  readonly #core: Core
  readonly #parts: PhaseParts
  readonly #over = new Deferred<PlexusError | undefined>()
  /** Ends a phase that takes too long: greeting, draining, closing. */
  readonly #phaseTimer = new Timer({ onTimer: () => this.#onPhaseTimer() })
  readonly #ackTimer = new Timer({ onTimer: () => this.#core.send({ type: 'ackTimeout' }) })
  readonly #idleTimer = new Timer({ onTimer: () => this.#onIdleTimer() })
  #idleMs: number
  /** When a graceful end becomes a hard one, ms. */
  #drainEndsAt = Number.POSITIVE_INFINITY
  /** Nothing but streams and frames keeps the session from being idle. */
  #mayIdle = false
  #saidGoAway = false
  /** What the peer's last go-away said. */
  #lastTaken = Number.POSITIVE_INFINITY
  #isDeaf = false
  /** The peer had its time to say a first word (H46), and is not waited for any longer. */
  #isMute = false
  /** Of the ping behind our announced go-away. */
  #announcement: PingToken | undefined
  /** Bytes that an orderly end still sees on their way; undefined where nothing is waited for. */
  #lingering: number | undefined
  #ending: Cause | undefined

  constructor(core: Core, parts: PhaseParts) {
    this.#core = core
    this.#parts = parts
    this.usedAt = core.now
    this.drainMs = core.limits.drainTimeoutMs || Number.POSITIVE_INFINITY
    this.#idleMs = core.limits.sessionIdleTimeoutMs
  }

  /** Settles when all is over, with the error unless the end was orderly. */
  get closed(): Promise<PlexusError | undefined> {
    return this.#over.promise
  }

  /** Why nothing can be asked of the session any more. */
  get error(): PlexusError {
    if (this.#ending !== undefined && this.#ending.code !== 'NO_ERROR') return sessionError(this.#ending)
    const message = 'expected an open session, got one that is closed'
    const [code, blame] = this.#isDeaf
      ? (['CONNECTION_LOST', 'peer'] as const)
      : (['CANCEL', 'application'] as const)
    return sessionError({ code, blame, message })
  }

  setIdleTimeout(ms: number): void {
    const { wheel, host } = this.#core
    this.#idleMs = ms
    this.usedAt = host.clock.now()
    wheel.clear(this.#idleTimer)
    if (ms > 0 && this.#mayIdle) wheel.set(this.#idleTimer, ms)
  }

  // --- greeting, open ---------------------------------------------------------------------------------------------

  get awaitsGreeting(): boolean {
    return this.#core.traits.greeting
  }

  get goesAwayTwice(): boolean {
    // Only a client's opens can be on their way: a server that speaks without being asked has told of it already.
    return this.#core.traits.goAwayTwice && this.#core.role === 'server'
  }

  get acknowledgesSettings(): boolean {
    return this.#core.traits.settingsAck
  }

  get isEmpty(): boolean {
    return this.#core.table.size === 0
  }

  sendGreeting(): void {
    const { traits, limits, pump, receiver } = this.#core
    const settings = { maxConcurrentStreams: limits.maxInboundStreams }
    if (traits.settings) pump.control({ type: 'settings', settings, ack: false })
    receiver.start()
  }

  awaitGreeting(): void {
    const { limits, traits, role } = this.#core
    this.#setPhaseTimer(limits.greetingTimeoutMs)
    if (traits.earlyOpens && role === 'client') this.#openGate()
  }

  blameGreeting(): void {
    const message = `expected the peer's first settings within ${this.#core.limits.greetingTimeoutMs} ms, none came`
    this.#ending = { code: 'TIMEOUT', blame: 'peer', message }
    this.#isMute = true
  }

  blameEnd(): void {
    const message = "expected the peer's first settings, it ended the connection"
    const processed = this.#core.table.size === 0 ? 'no' : 'unknown'
    this.#ending = { code: 'CONNECTION_LOST', blame: 'peer', message, processed }
  }

  faultGreeting(): void {
    applyFault(this.#core, 'beforeGreeting', 0)
  }

  awaitAck(): void {
    const { wheel, limits } = this.#core
    if (limits.settingsAckTimeoutMs > 0) wheel.set(this.#ackTimer, limits.settingsAckTimeoutMs)
  }

  stopAwaitingAck(): void {
    this.#core.wheel.clear(this.#ackTimer)
  }

  blameAck(): void {
    const message = `expected our settings to be acknowledged within ${this.#core.limits.settingsAckTimeoutMs} ms, they were not`
    this.#ending = { code: 'SETTINGS_TIMEOUT', blame: 'peer', message }
  }

  noteStrayAck(): void {
    this.#noteOddity('an acknowledgement of settings that nobody sent')
  }

  openGate(): void {
    const { wheel } = this.#core
    wheel.clear(this.#phaseTimer)
    this.#mayIdle = true
    if (this.#idleMs > 0) wheel.set(this.#idleTimer, this.#idleMs)
    this.#openGate()
  }

  shutGate(): void {
    this.#mayIdle = false
    this.#parts.streams.opener.isOpen = false
    this.#core.wheel.clear(this.#idleTimer)
  }

  acceptStream(frame: OpenFrame): void {
    this.#parts.streams.accept(frame)
  }

  ignoreStream(frame: OpenFrame): void {
    this.#parts.streams.ignore(frame)
  }

  forgetStream(stream: object): void {
    this.#parts.streams.forget(stream as Stream)
  }

  applySettings(frame: SettingsFrame): void {
    applySettings(this.#core, this.#parts.streams, frame)
  }

  answerPing(frame: PingFrame): void {
    this.#core.pump.answer({ type: 'ping', token: frame.token, ack: true })
  }

  settlePing(frame: PingFrame): void {
    if (!this.#parts.pings.receive(frame.token)) this.#noteOddity('an answer to no ping of ours')
  }

  noteWindowEmpty(): void {
    this.#core.stats.sessionWindowEmpty += 1
  }

  // --- draining ---------------------------------------------------------------------------------------------------

  startDrain(): void {
    this.#setPhaseTimer(0)
    const message = 'the session goes away and opens no more streams'
    this.#parts.streams.opener.refuse(
      sessionError({ code: 'REFUSED_STREAM', blame: 'us', message, processed: 'no' }),
    )
    this.#core.events.emit({ type: 'draining' })
  }

  limitDrain(): void {
    const { host, wheel } = this.#core
    const endsAt = host.clock.now() + this.drainMs
    // Another reason to drain, or another call, may hasten the end and never puts it off.
    if (endsAt >= this.#drainEndsAt) return
    this.#drainEndsAt = endsAt
    wheel.set(this.#phaseTimer, this.drainMs)
  }

  blameDrain(): void {
    const { size } = this.#core.table
    if (size === 0) return
    const message = `expected the streams to end within ${this.drainMs} ms of the close, ${size} did not`
    this.#ending ??= { code: 'TIMEOUT', blame: 'application', message }
  }

  announceGoAway(): void {
    this.#core.pump.control({ type: 'goAway', lastId: this.#core.traits.maxStreamId, code: 'NO_ERROR' })
    void this.#parts.pings.send({ timeoutMs: 0 })
    this.#announcement = this.#parts.pings.lastToken
  }

  hasHeardGoAway(frame: PingFrame): boolean {
    return frame.token === this.#announcement
  }

  sendGoAway(): void {
    this.#writeGoAway('NO_ERROR')
  }

  failAbove(frame: GoAwayFrame): void {
    const { lastId } = frame
    // RFC 9113 §6.8: it may only fall. What was given up as not taken may run elsewhere by now.
    if (lastId > this.#lastTaken) return applyFault(this.#core, 'goAwayRises', 0)
    this.#lastTaken = lastId
    if (lastId > 0 && !this.#core.table.isOurs(lastId)) applyFault(this.#core, 'goAwayParity', 0)
    this.#parts.streams.failAbove(lastId, frame.code)
  }

  failReceivers(): void {
    this.#isDeaf = true
    const message = 'the peer ended the connection before its streams'
    const cause: Cause = { code: 'CONNECTION_LOST', blame: 'peer', message }
    for (const stream of [...this.#core.table]) {
      if (stream.inbox.gate === 'ended') continue
      this.#ending ??= cause
      stream.actor.send({ type: 'reset', by: 'session', cause })
    }
    this.#parts.streams.failBlocked()
  }

  // --- closing, closed --------------------------------------------------------------------------------------------

  startClosing(cause: Cause | undefined, given: CloseManner): void {
    const { carrier, pump, limits } = this.#core
    const manner = this.#isMute ? 'abrupt' : given
    this.#ending ??= cause
    const isOrderly = this.#ending === undefined || this.#ending.code === 'NO_ERROR'
    const isFull = carrier.room === 0
    if (manner !== 'silent' && !this.#isDeaf) this.#writeGoAway(goAwayCode(this.#ending))
    this.#endStreams()
    this.#parts.intake.shut()
    // A carrier that does not say that it is gone is not waited for.
    this.#setPhaseTimer(limits.lingerTimeoutMs)
    if (manner === 'silent' || (manner === 'abrupt' && isFull)) return carrier.destroy()
    pump.flush()
    pump.shut()
    if (manner === 'abrupt') return carrier.destroy()
    carrier.end()
    this.#lingering = isOrderly ? carrier.queued : undefined
    this.#setPhaseTimer(isFull && !isOrderly ? limits.goAwayTimeoutMs : limits.lingerTimeoutMs)
  }

  noteLost(error: Error | undefined): void {
    const message = `expected the carrier to last, it is gone: ${error?.message ?? 'closed'}`
    this.#ending ??= { code: 'CONNECTION_LOST', blame: 'carrier', message, cause: error }
    this.#endStreams()
  }

  noteBroken(error: Error | undefined): void {
    if (error === undefined) return
    const message = `expected the carrier to last to its end, it broke: ${error.message}`
    this.#ending ??= { code: 'CONNECTION_LOST', blame: 'carrier', message, cause: error }
  }

  abandonCarrier(): void {
    const { carrier, limits } = this.#core
    if (carrier.queued > 0) {
      const message = `expected a peer that reads our last bytes within ${limits.lingerTimeoutMs} ms, it does not`
      this.#ending ??= { code: 'TIMEOUT', blame: 'peer', message }
    }
    carrier.destroy()
  }

  settleClosed(): void {
    const { pump, wheel, codec, events, receiver } = this.#core
    const ending = this.#ending
    const error = ending === undefined || ending.code === 'NO_ERROR' ? undefined : sessionError(ending)
    // First of all: whatever of the rest should throw, nobody waits for ever.
    this.#over.resolve(error)
    // Told after the ends of the streams, which are told when their waits have settled.
    void this.#over.promise.then(() => events.emit({ type: 'closed', error }))
    this.#parts.pings.failAll(this.error)
    wheel.stop()
    this.#parts.intake.shut()
    pump.shut()
    // A chart that is final hears no `fin`: what a lost carrier took with it is forgotten here.
    for (const stream of [...this.#core.table]) this.#parts.streams.forget(stream)
    // What is left unread is its streams' holders' from here on: nobody may ever read it, and the process goes on.
    receiver.unread.leave()
    this.#parts.keepalive.stop()
    codec.close()
  }

  /** Something threw that should not: a bug of ours ends this session, and nothing else (B14). */
  blameUs(error: unknown): void {
    this.#core.fail(bugOf(error))
  }

  /** An action of the session's own chart threw, so nothing governs the end: each part of it is tried by itself. */
  endByBug(error: unknown): void {
    this.#ending ??= bugOf(error)
    const { pump, carrier } = this.#core
    attempt(() => pump.dropAll())
    attempt(() => this.#endStreams())
    attempt(() => carrier.destroy())
    attempt(() => this.settleClosed())
  }

  refuseMessage(type: string): void {
    const { value } = this.#core.actor.getSnapshot() as { value?: unknown }
    const message = `expected a message that the session knows in state ${JSON.stringify(value)}, got '${type}'`
    this.#core.fail({ code: 'INTERNAL_ERROR', blame: 'us', message, event: type })
  }

  /** Stands for the session in snapshots of its chart. */
  toJSON(): object {
    const { traits, role, carrier, table } = this.#core
    return { protocol: traits.name, role, carrier: carrier.label, streams: table.size }
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #openGate(): void {
    const { opener } = this.#parts.streams
    opener.isOpen = true
    opener.proceed()
  }

  #noteOddity(what: string): void {
    const { events, flood } = this.#core
    events.emit({ type: 'oddity', what })
    if (!flood.spend('oddity')) failCalm(this.#core)
  }

  #onPhaseTimer(): void {
    const { queued } = this.#core.carrier
    if (this.#lingering !== undefined && queued > 0 && queued < this.#lingering) {
      // An orderly end whose last bytes are still on their way to a slow peer (SS-17).
      this.#lingering = queued
      return this.#setPhaseTimer(this.#core.limits.lingerTimeoutMs)
    }
    this.#core.send({ type: 'timeout' })
  }

  #onIdleTimer(): void {
    const { pump, host, wheel } = this.#core
    const left = Math.max(this.usedAt, pump.usedAt) + this.#idleMs - host.clock.now()
    if (left > 0) wheel.set(this.#idleTimer, left)
    else this.#core.send({ type: 'timeout' })
  }

  #setPhaseTimer(ms: number): void {
    const { wheel } = this.#core
    if (ms > 0) wheel.set(this.#phaseTimer, ms)
    else wheel.clear(this.#phaseTimer)
  }

  #writeGoAway(code: ErrorCode): void {
    const { traits, pump, table } = this.#core
    if (!traits.goAway || (this.#saidGoAway && code === 'NO_ERROR')) return
    this.#saidGoAway = true
    pump.control({ type: 'goAway', lastId: table.lastAcceptedId, code })
  }

  #endStreams(): void {
    const ending = this.#ending
    const message = 'the session was closed before the stream ended'
    const cause: Cause =
      ending === undefined || ending.code === 'NO_ERROR' ? { code: 'CANCEL', blame: 'us', message } : ending
    const { opener, acceptor } = this.#parts.streams
    opener.refuse(sessionError({ ...cause, processed: 'no' }))
    acceptor.end()
    for (const stream of [...this.#core.table]) {
      stream.actor?.send({ type: 'reset', by: 'session', cause })
      // A chart in which an action threw hears nothing any more; its stream's waits settle all the same (B14).
      if (!stream.isOver) attempt(() => stream.settleReset('session', cause))
    }
  }
}

function bugOf(error: unknown): Cause {
  const message = `expected code that does not throw, it did: ${wordsOf(error)}`
  return { code: 'INTERNAL_ERROR', blame: 'us', message, cause: error }
}

/** For the end after a bug, which has been noted: what else throws then does not stop it. */
function attempt(run: () => void): void {
  try {
    run()
  } catch {
    // The first error is the one that is told.
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
