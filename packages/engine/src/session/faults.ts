import type { FaultFrame, FaultName } from '@plexus/contract'
import type { Core } from '../core.js'
import type { Stream } from '../stream/mux-stream.js'
import type { Known } from './stream-table.js'

/** What each fault is, for the one who reads the error. */
const MESSAGES: Readonly<Record<FaultName, string>> = {
  dataOnIdle: 'data for an open stream, it is for one that nobody opened',
  dataOnClosed: 'data for an open stream, it is for one that ended',
  dataOnReset: 'nothing more after a reset, data came',
  dataOnForgotten: 'data for an open stream, it is for one that ended long ago',
  dataAfterEnd: 'nothing more after the end, data came',
  dataBeforeReply: 'a reply before data, data came first',
  dataOnSession: 'data for a stream, it is for stream 0',
  openLower: 'a new stream id higher than all before, a lower one came',
  openSkips: 'the next stream id, one that skips came',
  openParity: 'a new stream id of the peer’s own parity, another came',
  openTwice: 'a new stream, its id is open already',
  openOverLimit: 'no more streams than the announced limit, one more came',
  openAfterGoAway: 'no new streams after the go-away, one came',
  pushWithoutParent: 'a push that belongs to an open stream of ours, it belongs to none',
  pushOnClosed: 'a push that belongs to an open stream of ours, that stream is no more',
  replyTwice: 'one reply, a second came',
  replyAfterEnd: 'nothing more after the end, a reply came',
  replyOnUnknown: 'a reply on an open stream of ours, it is for another',
  informAfterReply: 'interim replies before the reply, one came behind it',
  informTooMany: 'no more interim replies than a stream may have, one more came',
  headersOnIdle: 'headers for an open stream, they are for another',
  headersOnClosed: 'headers for an open stream, they are for one that ended',
  headersOnReset: 'nothing more after a reset, headers came',
  headersOnForgotten: 'headers for an open stream, they are for one that ended long ago',
  headersAfterEnd: 'nothing more after the end, headers came',
  headersBeforeReply: 'a reply before more headers, headers came first',
  creditZeroOnStream: 'credit of at least 1, 0 came',
  creditZeroOnSession: 'credit of at least 1 for the session, 0 came',
  creditOverflowOnStream: 'credit that leaves the window a legal size, it went over',
  creditOverflowOnSession: 'credit that leaves the session window a legal size, it went over',
  creditOnIdle: 'credit for an open stream, it is for one that nobody opened',
  resetOnIdle: 'a reset of an open stream, it is for one that nobody opened',
  overStreamWindow: 'no more data than the stream window, more came',
  overSessionWindow: 'no more data than the session window, more came',
  beforeGreeting: 'the settings that a peer begins with, something else came',
  settingsWindow: 'an initial window that leaves every window a legal size, a larger one came',
  settingsFrameSize: 'a frame size in which something can be sent, none such came',
  goAwayRises: 'a last stream id that is no higher than before, a higher one came',
  goAwayParity: 'the id of a stream of ours in a go-away, another came',
}

/** Does what the protocol's fault table says of `name`. Stream errors cost the peer a token each. */
export function applyFault(core: Core, name: FaultName, id: number, stream?: Stream): void {
  const verdict = core.traits.faults[name]
  core.events.emit({ type: 'oddity', what: name })
  if (verdict.scope === 'ignore') {
    if (!core.flood.spend('oddity')) failCalm(core)
    return
  }
  const message = `expected ${MESSAGES[name]} (stream ${id})`
  if (verdict.scope === 'session') {
    return core.fail({ code: verdict.code, blame: 'peer', message, event: name })
  }
  resetByFault(core, id, stream, verdict.code, message, name)
}

/** A fault that the codec found in a frame that names a stream. */
export function applyStreamFault(core: Core, frame: FaultFrame): void {
  const { id, code, message, frame: event } = frame
  const stream = core.table.get(id)
  const earlier = frame.follows === true ? faultBefore(core, id, stream) : undefined
  if (earlier === 'none') return
  if (earlier !== undefined) return applyFault(core, earlier, id, stream)
  core.events.emit({ type: 'oddity', what: message })
  if (frame.opens === true && !core.table.isOurs(id) && id > core.table.lastPeerId) core.table.lastPeerId = id
  resetByFault(core, id, stream, code, message, event)
}

/**
 * Headers that are wrong in themselves may be wrong already where they stand, which goes first (H42); `none`: they were on their
 * way when we reset the stream.
 */
function faultBefore(core: Core, id: number, stream: Stream | undefined): FaultName | 'none' | undefined {
  if (stream !== undefined) return stream.inbox.gate === 'ended' ? 'headersAfterEnd' : undefined
  return HEADERS_ON_NONE[core.table.know(id)]
}

const HEADERS_ON_NONE = {
  idle: 'headersOnIdle',
  closed: 'headersOnClosed',
  resetByPeer: 'headersOnReset',
  forgotten: 'headersOnForgotten',
  resetByUs: 'none',
} as const satisfies Record<Known, FaultName | 'none'>

export function applySessionFault(core: Core, frame: FaultFrame): void {
  core.fail({ code: frame.code, blame: 'peer', message: frame.message, event: frame.frame })
}

/** The peer spent more than it may of what its bucket is named after. */
export function failCalm(core: Core): void {
  const bucket = core.flood.exceeded
  const message = `expected a peer that keeps within its limits, the bucket '${bucket}' is empty`
  core.fail({
    code: 'ENHANCE_YOUR_CALM',
    blame: 'peer',
    message,
    ...(bucket === undefined ? {} : { event: bucket }),
  })
}

function resetByFault(
  core: Core,
  id: number,
  stream: Stream | undefined,
  code: FaultFrame['code'],
  message: string,
  event: string,
): void {
  if (!core.flood.spend('resetsCaused')) return failCalm(core)
  if (stream !== undefined && !stream.isOver) return stream.fail(code, 'peer', message, event)
  // One reset for one frame: what of it is still on its way is swallowed. An id that nobody used may still be opened.
  core.table.remember(id, 'resetByUs')
  core.stats.streamsReset += 1
  core.pump.answer({ type: 'reset', id, code })
}
