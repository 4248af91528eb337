import { createChild } from '@plexus/chart'
import {
  type BlockedOn,
  type ErrorCode,
  type FaultName,
  HeaderFields,
  type MuxStream,
  type OpenFrame,
  type OpenOptions,
  PlexusError,
  type Priority,
  type PriorityFrame,
  type StreamHandler,
} from '@plexus/contract'
import type { Core } from '../core.js'
import { Budget } from '../flow/budget.js'
import { SendWindow } from '../flow/send-window.js'
import { Stream } from '../stream/mux-stream.js'
import type { StreamInit, StreamOwner } from '../stream/owner.js'
import { wordsOf } from '../wording.js'
import { Acceptor } from './acceptor.js'
import { applyFault, failCalm } from './faults.js'
import { Opener } from './opener.js'
import type { StreamTable } from './stream-table.js'

/** A stream that was opened without saying how urgent it is. */
const DEFAULT_PRIORITY = 3
const PRIORITIES: ReadonlySet<unknown> = new Set([0, 1, 2, 3, 4, 5, 6, 7])

/** The streams of a session: how they come to be, what they ask of the session, and how they go. */
export class Streams implements StreamOwner {
  readonly opener: Opener
  readonly acceptor: Acceptor
  readonly heldHeaders: Budget
  /** Streams that the peer lets us have open. */
  peerLimit: number
  readonly #core: Core
  readonly #sendBudget: Budget
  /** Writers that wait for the session's send queue. */
  readonly #writers = new Set<Stream>()
  /** Places taken by streams of the peer: from their opening until stream and handler are both done (L01). */
  #places = 0
  #isDeaf = false
  /** Urgencies of streams that have not come yet. */
  #early: Map<number, Pick<PriorityFrame, 'urgency' | 'incremental'>> | undefined

  constructor(core: Core, handler: StreamHandler | undefined, budget: Budget | undefined) {
    this.#core = core
    this.peerLimit = core.traits.initialMaxConcurrentStreams
    this.heldHeaders = new Budget(core.limits.sessionHeldHeaders)
    this.#sendBudget = new Budget(core.limits.sessionSend, budget)
    this.opener = new Opener({
      limits: core.limits,
      wheel: core.wheel,
      hasPlace: () => core.table.ours < this.peerLimit && !core.pump.isLaden,
      create: (options) => this.#open(options),
      onRefuse: () => core.notePlaces(),
    })
    this.acceptor = new Acceptor({
      limits: core.limits,
      clock: core.host.clock,
      handler,
      onHandled: (stream) => {
        if (stream.isOver) this.#leavePlace()
      },
    })
  }

  get traits() {
    return this.#core.traits
  }
  get limits() {
    return this.#core.limits
  }
  get host() {
    return this.#core.host
  }
  get now(): number {
    return this.#core.now
  }

  /** The peer lets us have so many streams open. */
  limit(streams: number): void {
    this.peerLimit = streams
    this.opener.proceed()
    this.#core.notePlaces()
  }

  /** A new stream of the peer, checked before it exists: parity, order, place. */
  accept(frame: OpenFrame): void {
    const { table, stats, flood } = this.#core
    const { id } = frame
    const fault = this.#judge(frame)
    if (fault !== undefined) {
      if (fault === 'openOverLimit') {
        table.lastPeerId = id
        stats.streamsRefused += 1
        if (!flood.spend('refusal')) return failCalm(this.#core)
      }
      return applyFault(this.#core, fault, id, table.get(id))
    }
    table.lastPeerId = id
    table.lastAcceptedId = id
    const early = this.#takeEarly(id)
    const stream = this.#add({
      id,
      initiator: 'peer',
      headers: frame.headers,
      priority: early?.urgency ?? frame.priority,
      incremental: early?.incremental ?? frame.incremental ?? true,
      parent: frame.parent,
      end: frame.end,
      unidirectional: frame.unidirectional,
      sendWindow: this.#sendWindow(),
      receiveWindow: this.#core.receiver.window(),
    })
    this.#places += 1
    stats.streamsAccepted += 1
    this.acceptor.offer(stream)
  }

  /** A new stream of the peer after a go-away: its id is used up, and that is all. */
  ignore(frame: OpenFrame): void {
    const { table } = this.#core
    if (table.isOurs(frame.id) || frame.id <= table.lastPeerId)
      return applyFault(this.#core, 'openLower', frame.id)
    table.lastPeerId = frame.id
    table.remember(frame.id, 'resetByUs')
    applyFault(this.#core, 'openAfterGoAway', frame.id)
  }

  forget(stream: Stream): void {
    const { table, wheel, limits, events, stats } = this.#core
    if (!table.remove(stream, stream.fate)) return
    if (stream.wasReset) stats.streamsReset += 1
    this.#writers.delete(stream)
    wheel.clear(stream.timer)
    // What is complete and unread holds credit of the session; it is not held for ever.
    if (stream.inbox.size > 0 && limits.streamIdleTimeoutMs > 0)
      wheel.set(stream.timer, limits.streamIdleTimeoutMs)
    this.#core.notePlaces()
    if (stream.initiator === 'us') this.opener.proceed()
    else {
      this.acceptor.withdraw(stream)
      if (!stream.hasHandler) this.#leavePlace()
    }
    if (events.isObserved) this.#tellEnd(stream, stream.failure)
  }

  /** The peer has hung up, and no credit can come: who waits for it, now or later, waits for nothing. */
  failBlocked(): void {
    this.#isDeaf = true
    for (const stream of [...this.#core.table]) failUncredited(stream)
  }

  /** Streams of ours above `lastId` were never processed. */
  failAbove(lastId: number, code: ErrorCode): void {
    for (const stream of [...this.#core.table]) {
      if (stream.initiator !== 'us' || stream.id <= lastId) continue
      const message = `the peer went away (${code}) and took no stream above ${lastId}`
      stream.actor.send({
        type: 'reset',
        by: 'session',
        cause: { code: 'REFUSED_STREAM', blame: 'peer', message, processed: 'no' },
      })
    }
  }

  // --- what a stream asks -----------------------------------------------------------------------------------------

  checkHeaders(headers: HeaderFields, end: boolean): void {
    this.#core.codec.checkHeaders(headers, end)
  }

  writeReply(stream: Stream, headers: HeaderFields, end: boolean): void {
    stream.touchedAt = this.now
    this.#core.pump.control({ type: 'reply', id: stream.id, headers, end })
    this.noteReplied(stream)
  }

  writeInform(stream: Stream, headers: HeaderFields): void {
    stream.touchedAt = this.now
    this.#core.pump.control({ type: 'inform', id: stream.id, headers })
  }

  prioritise(stream: Stream, priority: Priority, incremental: boolean): void {
    checkPriority(priority)
    if (stream.isOver) return
    const { pump, traits } = this.#core
    pump.reorder(stream, priority, incremental)
    if (stream.initiator === 'peer' || !traits.priorityUpdate) return
    pump.control({ type: 'priority', id: stream.id, urgency: priority, incremental })
  }

  /** RFC 9218 §7.1: also for a stream that is still to come; of those a few are kept. */
  reorder({ id, urgency, incremental }: PriorityFrame): void {
    const { table, pump, limits } = this.#core
    if (table.isOurs(id)) return
    const stream = table.get(id)
    if (stream !== undefined) return pump.reorder(stream, urgency, incremental)
    if (id <= table.lastPeerId) return
    const early = (this.#early ??= new Map())
    early.delete(id)
    early.set(id, { urgency, incremental })
    if (early.size > limits.maxInboundStreams) early.delete(early.keys().next().value!)
  }

  writeReset(stream: Stream, code: ErrorCode): void {
    this.#core.pump.answer({ type: 'reset', id: stream.id, code })
  }

  /** F03: without windows on the wire, whoever holds more than its share holds up all the others. */
  resetHolders(): void {
    const { table, limits } = this.#core
    for (const stream of [...table]) {
      if (stream.inbox.size < limits.streamReceive) continue
      stream.fail(
        'TIMEOUT',
        'application',
        `expected a reader of stream ${stream.id}, its bytes held up the session`,
      )
    }
  }

  requestWrite(stream: Stream): void {
    this.#core.pump.request(stream)
  }

  leaveLine(stream: Stream): void {
    this.#core.pump.leave(stream)
  }

  whyInLine(stream: Stream): { on: BlockedOn; since: number } | undefined {
    return this.#core.pump.whyInLine(stream)
  }

  noteWritten(bytes: number): void {
    this.#sendBudget.charge(bytes)
  }

  noteUnwritten(bytes: number): void {
    this.#sendBudget.give(bytes)
    if (this.#writers.size === 0 || this.isSendFull) return
    for (const stream of this.#writers) {
      this.#writers.delete(stream)
      stream.settleRoom()
    }
  }

  get isSendFull(): boolean {
    // With nothing unsent of our own nothing of ours would end the wait, whatever others hold of the process's budget.
    return this.#sendBudget.isSpent && this.#sendBudget.used > 0
  }

  awaitSendRoom(stream: Stream): void {
    this.#writers.add(stream)
  }

  leaveSendRoom(stream: Stream): void {
    this.#writers.delete(stream)
  }

  noteRead(stream: Stream, bytes: number): void {
    const { receiver, flood, wheel } = this.#core
    const { inbox } = stream
    receiver.giveBack(stream, bytes, this.now)
    // Read to its end after it was over: nothing is held any more, and nothing holds it.
    if (stream.isOver && inbox.isEmpty) wheel.clear(stream.timer)
    if (inbox.shortfall > 0 && inbox.isEmpty) {
      flood.payBack(inbox.shortfall)
      inbox.shortfall = 0
    }
    if (stream.isPaused && !stream.isOver && !receiver.isFull(stream)) stream.actor.send({ type: 'recvRoom' })
  }

  fault(name: FaultName, stream: Stream): void {
    applyFault(this.#core, name, stream.id, stream)
  }

  refuseMessage(type: string, stream: Stream): void {
    const message = `expected a message that stream ${stream.id} knows in state ${JSON.stringify(stream.actor.getSnapshot().value)}, got '${type}'`
    this.#core.fail({ code: 'INTERNAL_ERROR', blame: 'us', message, event: type })
  }

  fin(stream: Stream): void {
    this.#core.send({ type: 'fin', stream })
  }

  wake(stream: Stream, ms: number): void {
    this.#core.wheel.set(stream.timer, ms)
  }

  noteReplied(stream: Stream): void {
    const { events } = this.#core
    if (events.isObserved) events.emit({ type: 'replied', stream })
  }

  noteBlocked(stream: Stream, on: BlockedOn): void {
    const { events, stats } = this.#core
    stats.blocked[on] += 1
    if (this.#isDeaf) failUncredited(stream)
    if (events.isObserved) events.emit({ type: 'blocked', stream, on })
  }

  noteUnblocked(stream: Stream, on: BlockedOn, since: number): void {
    const { events } = this.#core
    if (events.isObserved) events.emit({ type: 'unblocked', stream, on, since })
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #judge(frame: OpenFrame): FaultName | undefined {
    const { table, traits, limits } = this.#core
    const { id } = frame
    if (id === 0 || table.isOurs(id)) return 'openParity'
    if (table.get(id) !== undefined) return 'openTwice'
    if (id <= table.lastPeerId) return 'openLower'
    if (traits.strictIds && id > table.lastPeerId + 2) return 'openSkips'
    if (frame.unidirectional && traits.push && this.#core.role === 'client') {
      const { parent } = frame
      if (parent === 0 || !table.isOurs(parent)) return 'pushWithoutParent'
      if (table.get(parent) === undefined) return 'pushOnClosed'
    }
    if (this.#places >= limits.maxInboundStreams || this.acceptor.isFull) return 'openOverLimit'
    return undefined
  }

  #open(options: OpenOptions): Stream {
    const { table, pump, stats, receiver } = this.#core
    const headers = HeaderFields.from(options.headers)
    const { priority = DEFAULT_PRIORITY, incremental = true } = options
    checkPriority(priority)
    checkParent(options.parent, table)
    const id = table.nextId
    if (id === undefined) {
      throw new PlexusError('a stream id that is free, they are used up on this session', {
        scope: 'session',
        code: 'REFUSED_STREAM',
        blame: 'us',
        processed: 'no',
      })
    }
    const end = options.end ?? false
    const init: StreamInit = {
      id,
      initiator: 'us',
      headers,
      priority,
      incremental,
      parent: options.parent?.id ?? 0,
      end,
      unidirectional: options.unidirectional ?? false,
      sendWindow: this.#sendWindow(),
      receiveWindow: receiver.window(),
    }
    // Encoded before the stream exists: a header that cannot be sent is the caller's error, and nobody else's.
    pump.control({
      type: 'open',
      id,
      parent: init.parent,
      priority,
      incremental,
      headers,
      end,
      unidirectional: init.unidirectional,
    })
    table.takeId()
    const stream = this.#add(init)
    stats.streamsOpened += 1
    stream.actor.send({ type: 'sendOpen', end })
    return stream
  }

  #add(init: StreamInit): Stream {
    const { table, charts, actor, stats, events } = this.#core
    const stream = new Stream(init, this)
    table.add(stream)
    if (table.size > stats.peakStreams) stats.peakStreams = table.size
    // No option more than these: XState copies each into an object of a shape of its own, at a microsecond apiece.
    stream.actor = createChild(charts.stream, { parent: actor, id: String(init.id), input: stream })
    if (events.isObserved) events.emit({ type: 'opened', stream })
    return stream
  }

  #takeEarly(id: number): Pick<PriorityFrame, 'urgency' | 'incremental'> | undefined {
    const early = this.#early?.get(id)
    if (early !== undefined) this.#early!.delete(id)
    return early
  }

  #sendWindow(): SendWindow {
    return new SendWindow(this.#core.windowBase)
  }

  #leavePlace(): void {
    this.#places -= 1
  }

  #tellEnd(stream: Stream, error: PlexusError | undefined): void {
    const { events } = this.#core
    events.emit(error === undefined ? { type: 'ended', stream } : { type: 'reset', stream, error })
  }
}

/** Another session's stream, or one that is no more, would be a fault of ours in the peer's eyes. */
function checkParent(parent: MuxStream | undefined, table: StreamTable): void {
  if (parent === undefined) return
  const known = table.get(parent.id)
  if (known !== undefined && (known === parent || !(parent instanceof Stream))) return
  const message = `expected a parent that is an open stream of this session, got stream ${parent.id} that is none`
  throw new PlexusError(message, {
    scope: 'request',
    code: 'STREAM_CLOSED',
    blame: 'application',
    processed: 'no',
  })
}

function checkPriority(priority: Priority): void {
  if (PRIORITIES.has(priority)) return
  const message = `expected a priority from 0 to 7, got ${wordsOf(priority)}`
  throw new PlexusError(message, {
    scope: 'request',
    code: 'CANCEL',
    blame: 'application',
    processed: 'no',
  })
}

function failUncredited(stream: Stream): void {
  const { blockedOn } = stream
  if (blockedOn !== 'streamWindow' && blockedOn !== 'sessionWindow') return
  const message = `stream ${stream.id} waits for credit, and the peer has ended the connection`
  stream.actor.send({
    type: 'reset',
    by: 'session',
    cause: { code: 'CONNECTION_LOST', blame: 'peer', message },
  })
}
