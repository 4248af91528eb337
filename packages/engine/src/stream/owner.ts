import type {
  BlockedOn,
  ErrorCode,
  FaultName,
  HeaderFields,
  Host,
  Limits,
  Priority,
  Traits,
} from '@plexus/contract'
import type { Budget } from '../flow/budget.js'
import type { ReceiveWindow } from '../flow/receive-window.js'
import type { SendWindow } from '../flow/send-window.js'
import type { Stream } from './mux-stream.js'

/** What a stream needs of its session. */
export interface StreamOwner {
  readonly traits: Traits
  readonly limits: Limits
  readonly host: Host
  /** What the unread header blocks of all streams may hold. */
  readonly heldHeaders: Budget
  /** Time of the turn that runs, ms. */
  readonly now: number
  /** @throws PlexusError, scope `request`, if the wire cannot carry `headers` */
  checkHeaders(headers: HeaderFields, end: boolean): void
  /** Sends the reply, in this turn. */
  writeReply(stream: Stream, headers: HeaderFields, end: boolean): void
  /** Sends an interim reply, in this turn. */
  writeInform(stream: Stream, headers: HeaderFields): void
  /** @throws PlexusError, scope `request`, for a priority there is not */
  prioritise(stream: Stream, priority: Priority, incremental: boolean): void
  writeReset(stream: Stream, code: ErrorCode): void
  /** The stream has something to pull. */
  requestWrite(stream: Stream): void
  /** The stream stands in no line any more. */
  leaveLine(stream: Stream): void
  /** What keeps a stream in line from being served, if anything does. */
  whyInLine(stream: Stream): { on: BlockedOn; since: number } | undefined
  noteWritten(bytes: number): void
  /** Unsent bytes are sent or dropped. */
  noteUnwritten(bytes: number): void
  /** All writers together hold more than the session may. */
  readonly isSendFull: boolean
  /** Settles the stream's writer when {@link isSendFull} ends. */
  awaitSendRoom(stream: Stream): void
  /** The stream's writer waits for the session no more. */
  leaveSendRoom(stream: Stream): void
  /** Bytes of the stream were read, or dropped unread. */
  noteRead(stream: Stream, bytes: number): void
  fault(name: FaultName, stream: Stream): void
  /** A message that the chart does not know: a fault of ours. */
  refuseMessage(type: string, stream: Stream): void
  fin(stream: Stream): void
  /** Sets the stream's timer. */
  wake(stream: Stream, ms: number): void
  noteReplied(stream: Stream): void
  noteBlocked(stream: Stream, on: BlockedOn): void
  noteUnblocked(stream: Stream, on: BlockedOn, since: number): void
}

export interface StreamInit {
  readonly id: number
  readonly initiator: 'us' | 'peer'
  readonly headers: HeaderFields
  readonly priority: Priority
  readonly incremental: boolean
  readonly parent: number
  /** The opener's end is on the opening frame. */
  readonly end: boolean
  readonly unidirectional: boolean
  readonly sendWindow: SendWindow
  readonly receiveWindow: ReceiveWindow
}
