import type { BlockedOn, HeaderFields, Priority } from '@plexus/contract'
import type { ActorRefFrom } from 'xstate'
import type { ReceiveWindow } from '../flow/receive-window.js'
import type { SendWindow } from '../flow/send-window.js'
import type { Queued } from '../out-framer/stream-queue.js'
import { Timer, type TimerOwner } from '../time/timer-wheel.js'
import { Inbox } from './inbox.js'
import { Outbox } from './outbox.js'
import type { StreamInit } from './owner.js'
import type { streamMachine } from './stream.machine.js'

/** What a stream is made of, and where its session finds it; what it does with that stands in `mux-stream.ts`. */
export abstract class StreamBody implements Queued, TimerOwner {
  readonly id: number
  readonly initiator: 'us' | 'peer'
  readonly headers: HeaderFields
  priority: Priority
  /** It takes turns with its equals; otherwise it keeps its place until it is done. */
  incremental: boolean
  /** Frames in a row that it has sent as one who does not take turns. */
  turnsKept = 0
  readonly parent: number
  readonly peerStartsEnded: boolean
  readonly startsEnded: boolean

  readonly inbox = new Inbox()
  readonly outbox = new Outbox()
  readonly sendWindow: SendWindow
  readonly receiveWindow: ReceiveWindow
  readonly timer: Timer = new Timer(this)
  actor!: ActorRefFrom<typeof streamMachine>
  /** Our place in the line of writers. */
  queue: object | undefined
  ahead: Queued | undefined
  behind: Queued | undefined
  /** Set by the chart while its sending is blocked. */
  blockedOn: BlockedOn | undefined
  blockedSince = 0
  /** Set by the chart: the peer waits for our reader. */
  isPaused = false
  /** When something last moved on it. */
  touchedAt: number
  /** The handler, if there is one, is still at it: the stream keeps its place (L01). */
  hasHandler = false

  constructor(init: StreamInit, now: number) {
    this.id = init.id
    this.initiator = init.initiator
    this.headers = init.headers
    this.priority = init.priority
    this.incremental = init.incremental
    this.parent = init.parent
    this.sendWindow = init.sendWindow
    this.receiveWindow = init.receiveWindow
    const ours = init.initiator === 'us'
    this.peerStartsEnded = ours ? init.unidirectional : init.end
    this.startsEnded = ours ? false : init.unidirectional
    this.outbox.isEnding = ours ? init.end : init.unidirectional
    this.touchedAt = now
  }

  abstract onTimer(now: number): void
}
