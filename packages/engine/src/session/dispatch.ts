import type {
  DataFrame,
  FaultFrame,
  FaultName,
  HeadersFrame,
  InFrame,
  InformFrame,
  Limits,
  PriorityFrame,
  ReplyFrame,
  ResetFrame,
  Traits,
  WindowFrame,
} from '@plexus/contract'
import type { FloodGuard } from '../flow/flood-guard.js'
import type { Receiver } from '../flow/receiver.js'
import type { SendWindow } from '../flow/send-window.js'
import type { SessionMessage } from '../messages.js'
import type { Pump } from '../out-framer/pump.js'
import type { Stream } from '../stream/mux-stream.js'
import type { StreamTable } from './stream-table.js'

/** What dispatch needs of its session. */
export interface DispatchOwner {
  readonly traits: Traits
  readonly limits: Limits
  readonly table: StreamTable
  readonly receiver: Receiver
  readonly pump: Pump
  readonly flood: FloodGuard
  readonly sessionWindow: SendWindow
  /** Time of this turn, ms. */
  readonly now: number
  /** Number of this turn of reading. */
  readonly turn: number
  send(message: SessionMessage): void
  /** The peer wants a stream of its own to be more urgent, or less. */
  reorder(frame: PriorityFrame): void
  /** What `name` costs its sender, by the protocol's fault table. */
  fault(name: FaultName, id: number, stream?: Stream): void
  /** A stream fault that the codec found. */
  streamFault(frame: FaultFrame): void
  sessionFault(frame: FaultFrame): void
  /** The peer spends too much. */
  calm(): void
  note(what: string): void
}

/** Where each frame goes: one switch. Payload to the inbox, credit to the window, facts to the chart they belong to. */
export function dispatch(frame: InFrame, owner: DispatchOwner): void {
  switch (frame.type) {
    case 'data':
      return recvData(frame, owner)
    case 'window':
      return recvWindow(frame, owner)
    case 'open':
      return owner.send({ type: 'recvOpen', frame })
    case 'reply':
    case 'inform':
      return recvReply(frame, owner)
    case 'headers':
      return recvHeaders(frame, owner)
    case 'reset':
      return recvReset(frame, owner)
    case 'settings':
      if (!frame.ack && !owner.flood.spend('settings')) return owner.calm()
      return owner.send({ type: 'recvSettings', frame })
    case 'ping':
      if (!frame.ack && !owner.flood.spend('ping')) return owner.calm()
      return owner.send({ type: 'recvPing', frame })
    case 'goAway':
      // Each makes us look at every stream; one or two are enough for anybody.
      if (!owner.flood.spend('oddity')) return owner.calm()
      return owner.send({ type: 'recvGoAway', frame })
    case 'ignored':
      owner.note(frame.name)
      if (!owner.flood.spend(frame.what)) owner.calm()
      return
    case 'priority':
      if (!owner.flood.spend('priority')) return owner.calm()
      return owner.reorder(frame)
    case 'fault':
      return frame.scope === 'session' ? owner.sessionFault(frame) : owner.streamFault(frame)
  }
}

function recvData(frame: DataFrame, owner: DispatchOwner): void {
  const { id, payload, charge, padding, end } = frame
  const { receiver } = owner
  // A later piece of a frame has been counted with the first. Padding is nothing, however much of it (H12).
  if ((charge > 0 || payload.length === 0) && !owner.flood.data(charge - padding, end)) return owner.calm()
  if (id === 0) return owner.fault('dataOnSession', 0)
  const stream = owner.table.get(id)
  const exceeded = charge > 0 ? receiver.charge(stream, charge) : undefined
  if (exceeded === 'overSessionWindow') return owner.fault('overSessionWindow', id)
  if (stream === undefined || stream.isOver) {
    receiver.creditSession(charge, owner.now)
    if (charge > 0 || payload.length === 0) recvDataOnNone(id, owner)
    return
  }
  if (exceeded === 'overStreamWindow') {
    receiver.creditSession(charge, owner.now)
    return owner.fault('overStreamWindow', id, stream)
  }
  if (padding > 0) {
    receiver.creditSession(padding, owner.now)
    receiver.creditStream(stream, padding, owner.now)
  }
  const { inbox } = stream
  if (charge > 0 && !end && inbox.isBehind(owner.turn)) {
    const shortfall = owner.flood.shortfall(charge)
    inbox.shortfall += shortfall
    if (!owner.flood.charge(shortfall)) return owner.calm()
  }
  const verdict = inbox.take(payload, owner.turn)
  if (verdict === 'dataAfterEnd' || verdict === 'dataBeforeReply') {
    receiver.creditSession(charge - padding, owner.now)
    return owner.fault(verdict, id, stream)
  }
  stream.touchedAt = owner.now
  if (payload.length > 0 && receiver.keep(stream, payload.length) && !stream.isPaused) {
    stream.actor.send(RECV_FULL)
  }
  // The end wakes the reader too.
  if (end) stream.actor.send(RECV_END)
  else if (verdict === 'wake') stream.actor.send(RECV_DATA)
}

/** Data for an id that is not open. */
function recvDataOnNone(id: number, owner: DispatchOwner): void {
  switch (owner.table.know(id)) {
    case 'idle':
      return owner.fault('dataOnIdle', id)
    case 'closed':
      return owner.fault('dataOnClosed', id)
    case 'resetByPeer':
      return owner.fault('dataOnReset', id)
    case 'forgotten':
      return owner.fault('dataOnForgotten', id)
    case 'resetByUs':
      // It was on its way when we reset; it has been counted, and that is all.
      return
  }
}

function recvWindow(frame: WindowFrame, owner: DispatchOwner): void {
  const { id, delta } = frame
  const { table, pump, sessionWindow, traits } = owner
  if (!owner.flood.credit(table.opened, pump.dataFramesSent)) return owner.calm()
  if (id === 0) {
    if (!traits.sessionWindow) return
    if (delta === 0) return owner.fault('creditZeroOnSession', 0)
    const wasShut = sessionWindow.available <= 0
    if (!sessionWindow.add(delta, traits.maxWindow)) return owner.fault('creditOverflowOnSession', 0)
    if (sessionWindow.available <= 0) return
    if (wasShut) owner.send(WINDOW_UPDATE)
    // Those in line need no edge: some may have stood there through a credit that did not last for them.
    pump.sessionOpened()
    return
  }
  if (!traits.streamWindow) return
  const stream = table.get(id)
  if (stream === undefined) {
    if (table.know(id) === 'idle') owner.fault('creditOnIdle', id)
    return
  }
  if (delta === 0) return owner.fault('creditZeroOnStream', id, stream)
  if (!stream.sendWindow.add(delta, traits.maxWindow))
    return owner.fault('creditOverflowOnStream', id, stream)
  if (stream.sendWindow.available > 0) pump.streamOpened(stream)
}

function recvReply(frame: ReplyFrame | InformFrame, owner: DispatchOwner): void {
  const stream = owner.table.get(frame.id)
  if (stream === undefined) return recvHeadersOnNone('replyOnUnknown', frame.id, owner)
  if (stream.initiator === 'peer') return owner.fault('replyOnUnknown', frame.id, stream)
  stream.touchedAt = owner.now
  stream.actor.send(frame.type === 'reply' ? { type: 'recvReply', frame } : { type: 'recvInform', frame })
}

function recvHeaders(frame: HeadersFrame, owner: DispatchOwner): void {
  const stream = owner.table.get(frame.id)
  if (stream === undefined) return recvHeadersOnNone('headersOnIdle', frame.id, owner)
  stream.touchedAt = owner.now
  stream.actor.send({ type: 'recvHeaders', frame })
}

/** Headers of any kind for an id that is not open. */
function recvHeadersOnNone(
  onIdle: 'headersOnIdle' | 'replyOnUnknown',
  id: number,
  owner: DispatchOwner,
): void {
  switch (owner.table.know(id)) {
    case 'idle':
      return owner.fault(onIdle, id)
    case 'closed':
      return owner.fault('headersOnClosed', id)
    case 'resetByPeer':
      return owner.fault('headersOnReset', id)
    case 'forgotten':
      return owner.fault('headersOnForgotten', id)
    case 'resetByUs':
      return
  }
}

function recvReset(frame: ResetFrame, owner: DispatchOwner): void {
  if (!owner.flood.spend('resetsReceived')) return owner.calm()
  const stream = owner.table.get(frame.id)
  if (stream === undefined) {
    // Never answered with a reset; a stream that nobody opened has its own row.
    if (owner.table.know(frame.id) === 'idle') owner.fault('resetOnIdle', frame.id)
    return
  }
  const message = `the peer reset stream ${frame.id} with ${frame.code}`
  const processed = frame.code === 'REFUSED_STREAM' ? 'no' : 'unknown'
  const cause = { code: frame.code, blame: 'peer', message, processed } as const
  stream.actor.send({
    type: 'reset',
    by: 'peer',
    cause: frame.wireCode === undefined ? cause : { ...cause, wireCode: frame.wireCode },
  })
}

const RECV_FULL = { type: 'recvFull' } as const
const RECV_DATA = { type: 'recvData' } as const
const RECV_END = { type: 'recvEnd' } as const
const WINDOW_UPDATE = { type: 'windowUpdate' } as const
