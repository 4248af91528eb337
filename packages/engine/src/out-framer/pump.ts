import {
  type BlockedOn,
  ByteWriter,
  type Carrier,
  type Clock,
  type Codec,
  type Limits,
  NO_BYTES,
  type OutFrame,
  type Priority,
  type SessionStats,
} from '@plexus/contract'
import type { ActorRefFrom } from 'xstate'
import type { FloodGuard } from '../flow/flood-guard.js'
import type { SendWindow, WindowBase } from '../flow/send-window.js'
import type { Stream } from '../stream/mux-stream.js'
import { Timer, type TimerOwner, type TimerWheel } from '../time/timer-wheel.js'
import type { OutFramerParts, outFramerMachine } from './out-framer.machine.js'
import { Scheduler } from './scheduler.js'
import { StreamQueue } from './stream-queue.js'

/** A stream that is to be served to its end keeps its turn for so many frames; then its equals have theirs. */
export const TURNS_KEPT = 32

/** How many streams are looked at again in one turn after settings opened their windows. */
const RECHECKS_PER_TURN = 64

export interface PumpOptions {
  readonly codec: Codec
  readonly carrier: Carrier
  readonly clock: Clock
  readonly limits: Limits
  readonly wheel: TimerWheel
  readonly stats: SessionStats
  readonly flood: FloodGuard
  readonly sessionWindow: SendWindow
  /** What all stream windows share. */
  readonly windowBase: WindowBase
}

/** What the pump tells its session. */
export interface PumpOwner {
  onWindowEmpty(): void
  /** The peer does not read its answers, or nothing at all. */
  onUnread(what: string): void
  /** The peer opens its windows by so little at a time that we do nothing but write frames (H08). */
  calm(): void
  /** A turn of writing begins. */
  tick(): void
  /** What was encoded is handed over: there is room for more. */
  onFlushed(): void
  /** The codec threw while it encoded. @returns what the caller is to be told */
  judgeThrown(error: unknown): unknown
  refuseMessage(type: string): void
}

/**
 * Writes. Control frames are encoded where they arise, into {@link out}; data is pulled from the streams here, one frame
 * at a time from whoever is first, as long as the carrier takes it; then all goes out as one write.
 */
export class Pump implements OutFramerParts, TimerOwner {
  readonly out = new ByteWriter()
  actor!: ActorRefFrom<typeof outFramerMachine>
  isStalled = false
  stalledSince = 0
  /** Largest payload of a data frame that the peer takes, bytes. */
  peerMaxFrame: number
  dataFramesSent = 0
  /** When something other than a ping was last written, ms. */
  usedAt: number

  readonly #options: PumpOptions
  readonly #owner: PumpOwner
  /** Have something to write, and may. */
  readonly #ready = new Scheduler<Stream>()
  /** Wait for the session's window. */
  readonly #onSession = new Scheduler<Stream>()
  /** Wait for their own window. */
  readonly #onStream = new StreamQueue<Stream>()
  /** So many of the latter may be open again, because settings changed. */
  #rechecks = 0
  /** Was served last, and its turn goes on. */
  #kept: Stream | undefined
  #awaitsRequest = false
  #isShut = false
  #owedFrames = 0
  /** What is encoded is more than pings. */
  #isNews = false
  readonly #stallTimer = new Timer(this)
  #queuedAtStall = 0
  /** Small windows have cost us as much as they may. */
  #isCutShort = false

  constructor(options: PumpOptions, owner: PumpOwner) {
    this.#options = options
    this.#owner = owner
    this.peerMaxFrame = options.codec.traits.initialMaxFrame
    this.usedAt = options.clock.now()
  }

  // --- requests ---------------------------------------------------------------------------------------------------

  /** Writes a control frame ahead of all data that is not written yet. */
  control(frame: OutFrame): void {
    if (this.#isShut) return
    try {
      this.#options.codec.encode(frame, this.out)
    } catch (error) {
      throw this.#owner.judgeThrown(error)
    }
    this.#options.stats.framesSent += 1
    if (frame.type !== 'ping') this.#isNews = true
    this.#request()
  }

  /** The same for an answer to the peer: a peer that does not read them gets no more (L03). */
  answer(frame: OutFrame): void {
    this.control(frame)
    if (!this.isStalled) return
    const { maxOwedFrames, maxOwedBytes } = this.#options.limits
    this.#owedFrames += 1
    if (this.#owedFrames > maxOwedFrames || this.out.length > maxOwedBytes) this.#owner.onUnread('answers')
  }

  /** `stream` has something to pull. */
  request(stream: Stream): void {
    if (this.#isShut || !stream.outbox.isOpen) return
    if (stream.queue !== undefined && !this.#ready.has(stream)) {
      // It waits for a window; only what needs none lets it go on.
      if (!stream.outbox.isFree) return
      this.leave(stream)
    }
    this.#ready.push(stream)
    if (this.isStalled && stream.blockedOn === undefined)
      stream.actor.send({ type: 'windowEmpty', on: 'carrier' })
    this.#request()
  }

  /** Takes `stream` out of whatever line it stands in. */
  leave(stream: Stream): void {
    if (stream.queue === undefined) return
    if (stream.queue === this.#onStream) this.#onStream.remove(stream)
    this.#ready.remove(stream)
    this.#onSession.remove(stream)
  }

  /** From now on `stream` stands where its new urgency puts it. */
  reorder(stream: Stream, priority: Priority, incremental: boolean): void {
    const line = [this.#ready, this.#onSession].find((each) => each.has(stream))
    line?.remove(stream)
    stream.priority = priority
    stream.incremental = incremental
    line?.push(stream)
  }

  /** Enough is encoded for now: who opens streams waits until it is handed over. */
  get isLaden(): boolean {
    return this.out.length > this.#options.limits.maxOwedBytes
  }

  whyInLine(stream: Stream): { on: BlockedOn; since: number } | undefined {
    return this.isStalled && this.#ready.has(stream) ? { on: 'carrier', since: this.stalledSince } : undefined
  }

  // --- credit -----------------------------------------------------------------------------------------------------

  /** The stream's own window is open again. */
  streamOpened(stream: Stream): void {
    if (stream.queue !== this.#onStream) return
    this.#onStream.remove(stream)
    this.#ready.push(stream)
    this.#request()
  }

  /** The session's window is open again. */
  sessionOpened(): void {
    if (this.#onSession.size > 0) this.#request()
  }

  /** Settings moved all stream windows. */
  baseMoved(): void {
    this.#rechecks = this.#onStream.size
    if (this.#rechecks > 0) this.#request()
  }

  // --- what the chart governs -------------------------------------------------------------------------------------

  awaitRequest(): void {
    this.#awaitsRequest = true
    if (this.out.length > 0 || this.#hasReady) this.#request()
  }

  schedulePump(): void {
    this.#options.clock.defer(this.#run)
  }

  noteStall(): void {
    const { carrier, clock, wheel, limits } = this.#options
    this.isStalled = true
    this.stalledSince = clock.now()
    this.#queuedAtStall = carrier.queued
    if (limits.writeStallTimeoutMs > 0) wheel.set(this.#stallTimer, limits.writeStallTimeoutMs)
  }

  noteDrain(): void {
    this.isStalled = false
    this.#options.wheel.clear(this.#stallTimer)
  }

  dropAll(): void {
    this.#isShut = true
    this.#awaitsRequest = false
    this.#options.wheel.clear(this.#stallTimer)
  }

  refuseMessage(type: string): void {
    this.#owner.refuseMessage(type)
  }

  /** L13: a full carrier has to take {@link Limits.writeStallBytes} in each interval, or nobody reads there. */
  onTimer(): void {
    const { carrier, wheel, limits } = this.#options
    if (this.#queuedAtStall - carrier.queued < limits.writeStallBytes) return this.#owner.onUnread('bytes')
    this.#queuedAtStall = carrier.queued
    wheel.set(this.#stallTimer, limits.writeStallTimeoutMs)
  }

  /** Writes what was encoded, however full the carrier is: for the last frame. */
  flush(): void {
    if (this.out.length === 0) return
    this.#options.stats.bytesSent += this.out.length
    this.#options.carrier.write(this.out.take())
    this.#owedFrames = 0
    if (this.#isNews) this.usedAt = this.#options.clock.now()
    this.#isNews = false
  }

  /** The carrier has room again. */
  resume(): void {
    if (!this.#isShut) this.actor.send(DRAIN)
  }

  /** Writes nothing from now on. */
  shut(): void {
    if (!this.#isShut) this.actor.send({ type: 'shut' })
  }

  /** Stands for the outFramer in snapshots of its chart. */
  toJSON(): object {
    const lines = {
      ready: this.#ready.size,
      onSessionWindow: this.#onSession.size,
      onStreamWindow: this.#onStream.size,
    }
    return { ...lines, encoded: this.out.length }
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #request(): void {
    if (!this.#awaitsRequest) return
    this.#awaitsRequest = false
    this.actor.send(REQUEST)
  }

  #run = (): void => {
    if (this.#isShut) return
    const { carrier, clock, limits } = this.#options
    this.#owner.tick()
    this.#recheck()
    if (carrier.room > 0) {
      const room = Math.min(carrier.room, limits.bytesPerTurn)
      while (this.out.length < room && !this.#isCutShort) {
        const stream = this.#next()
        if (stream === undefined) break
        this.#serve(stream)
      }
      if (this.#isCutShort) return this.#owner.calm()
      this.flush()
      this.#owner.onFlushed()
    }
    if (this.#isShut) return
    if (carrier.room <= 0) this.actor.send(STALL)
    else if (this.#hasReady || this.#rechecks > 0) clock.yield(this.#run)
    else this.actor.send(REST)
  }

  /** Somebody has bytes and may send them: also those who still stand in the line of a session window that is open. */
  get #hasReady(): boolean {
    if (this.#ready.size > 0) return true
    return this.#onSession.size > 0 && this.#options.sessionWindow.available > 0
  }

  #next(): Stream | undefined {
    const session = this.#onSession
    if (session.size > 0 && this.#options.sessionWindow.available > 0) {
      // Equals that waited for the window come first, but not before one whose turn goes on.
      const urgency = this.#ready.urgency
      if (session.urgency < urgency || (session.urgency === urgency && !this.#isKept(urgency)))
        return session.pop()
    }
    return this.#ready.pop()
  }

  #isKept(urgency: number): boolean {
    const kept = this.#kept
    return kept !== undefined && kept.priority === urgency && this.#ready.has(kept)
  }

  #serve(stream: Stream): void {
    const { outbox } = stream
    this.#isNews = true
    if (outbox.isFree) this.#sendFree(stream)
    else if (!this.#sendBytes(stream)) return
    this.#kept = undefined
    if (!outbox.hasMore || !outbox.isOpen) return
    if (stream.incremental || ++stream.turnsKept >= TURNS_KEPT) {
      stream.turnsKept = 0
      return this.#ready.push(stream)
    }
    this.#kept = stream
    this.#ready.unshift(stream)
  }

  /** Headers, or an end without bytes: neither needs a window. */
  #sendFree(stream: Stream): void {
    const { outbox, id } = stream
    const { codec, stats } = this.#options
    const item = outbox.shiftHeaders()
    const end = item === undefined ? outbox.takeEnd() : item.end
    if (item !== undefined) codec.encode({ type: 'headers', id, headers: item.headers, end }, this.out)
    else if (end) codec.encodeData(id, NO_BYTES, true, this.out)
    stats.framesSent += 1
    if (stream.blockedOn !== undefined) stream.actor.send(WINDOW_UPDATE)
    if (end) stream.actor.send(SEND_END)
  }

  /** One data frame. @returns false if a window forbids it; then the stream stands in that window's line. */
  #sendBytes(stream: Stream): boolean {
    const { codec, stats, sessionWindow, limits, flood } = this.#options
    const { streamWindow, sessionWindow: hasSessionWindow } = codec.traits
    // All of a turn goes out as one write: nobody waits longer for a long frame than for four short ones, if nobody waits.
    const isAlone = this.#ready.size === 0 && this.#onSession.size === 0
    const most = Math.min(isAlone ? limits.sendFrameAlone : limits.sendFrame, this.peerMaxFrame)
    const own = streamWindow ? stream.sendWindow.available : most
    if (own <= 0) return this.#block(stream, 'streamWindow')
    const shared = hasSessionWindow ? sessionWindow.available : most
    if (shared <= 0) return this.#block(stream, 'sessionWindow')

    const open = Math.min(own, shared)
    const payload = stream.outbox.slice(Math.min(open, most))
    const end = stream.outbox.takeEnd()
    // With more to send, a window that is used up to the byte is what cut the frame short.
    if (open < most && payload.length === open && stream.outbox.size > 0) {
      this.#isCutShort = !flood.cutShort(payload.length, stats.streamsOpened + stats.streamsAccepted)
    } else flood.sent(payload.length)
    stream.sendWindow.take(payload.length)
    sessionWindow.take(payload.length)
    codec.encodeData(stream.id, payload, end, this.out)
    stats.framesSent += 1
    this.dataFramesSent += 1
    if (stream.blockedOn !== undefined) stream.actor.send(WINDOW_UPDATE)
    stream.noteSent(payload.length)
    if (end) stream.actor.send(SEND_END)
    return true
  }

  #block(stream: Stream, on: 'streamWindow' | 'sessionWindow'): false {
    if (on === 'streamWindow') this.#onStream.push(stream)
    else {
      // Whose turn goes on is still first when there is credit again.
      if (stream === this.#kept) this.#onSession.unshift(stream)
      else this.#onSession.push(stream)
      this.#owner.onWindowEmpty()
    }
    if (stream.blockedOn === on) return false
    if (stream.blockedOn !== undefined) stream.actor.send(WINDOW_UPDATE)
    stream.actor.send({ type: 'windowEmpty', on })
    return false
  }

  /** Looks again at some of those whose windows settings may have opened. */
  #recheck(): void {
    const line = this.#onStream
    let count = Math.min(this.#rechecks, line.size, RECHECKS_PER_TURN)
    this.#rechecks -= count
    for (; count > 0; count -= 1) {
      const stream = line.shift()!
      if (stream.sendWindow.available > 0) this.#ready.push(stream)
      else line.push(stream)
    }
    if (line.size === 0) this.#rechecks = 0
  }
}

const REQUEST = { type: 'request' } as const
const STALL = { type: 'stall' } as const
const DRAIN = { type: 'drain' } as const
const REST = { type: 'rest' } as const
const WINDOW_UPDATE = { type: 'windowUpdate' } as const
const SEND_END = { type: 'sendEnd' } as const
