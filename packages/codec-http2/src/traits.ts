import type { ErrorCode, FaultName, Traits, Verdict } from '@plexus/contract'
import { INITIAL_WINDOW, MAX_31, MIN_MAX_FRAME } from './wire.js'

const ignore: Verdict = { scope: 'ignore' }
const stream = (code: ErrorCode): Verdict => ({ scope: 'stream', code })
const session = (code: ErrorCode): Verdict => ({ scope: 'session', code })

/** Sections are RFC 9113's. */
const FAULTS: Readonly<Record<FaultName, Verdict>> = {
  // §5.1, idle: anything but HEADERS and PRIORITY.
  dataOnIdle: session('PROTOCOL_ERROR'),
  // §5.1, closed: after END_STREAM from both sides nothing can be on its way any more.
  dataOnClosed: session('STREAM_CLOSED'),
  // §6.1: neither open nor half-closed (local), whatever it was.
  dataOnReset: stream('STREAM_CLOSED'),
  dataOnForgotten: stream('STREAM_CLOSED'),
  // §5.1, half-closed (remote).
  dataAfterEnd: stream('STREAM_CLOSED'),
  // §8.1: a response begins with HEADERS; another order is malformed.
  dataBeforeReply: stream('PROTOCOL_ERROR'),
  // §6.1.
  dataOnSession: session('PROTOCOL_ERROR'),
  // §5.1.1.
  openLower: session('PROTOCOL_ERROR'),
  // §5.1.1: ids that are skipped are closed; that is all.
  openSkips: ignore,
  // §5.1.1.
  openParity: session('PROTOCOL_ERROR'),
  openTwice: session('PROTOCOL_ERROR'),
  // §5.1.2: PROTOCOL_ERROR or REFUSED_STREAM; the second may be tried again.
  openOverLimit: stream('REFUSED_STREAM'),
  // §6.8.
  openAfterGoAway: ignore,
  // §6.6.
  pushWithoutParent: session('PROTOCOL_ERROR'),
  // §6.6: what was promised before our reset was heard is turned down.
  pushOnClosed: stream('CANCEL'),
  // §8.1: one request, one response (S09).
  replyTwice: session('PROTOCOL_ERROR'),
  // §5.1, half-closed (remote).
  replyAfterEnd: stream('STREAM_CLOSED'),
  // §5.1, idle.
  replyOnUnknown: session('PROTOCOL_ERROR'),
  // §8.1: interim responses come before the final one.
  informAfterReply: session('PROTOCOL_ERROR'),
  // §10.5.
  informTooMany: session('ENHANCE_YOUR_CALM'),
  // §5.1, idle.
  headersOnIdle: session('PROTOCOL_ERROR'),
  // §5.1, closed: after END_STREAM from both sides.
  headersOnClosed: session('STREAM_CLOSED'),
  headersOnReset: stream('STREAM_CLOSED'),
  // §5.1.1: a lower id than one that was used, if it is not one of a stream that was.
  headersOnForgotten: session('PROTOCOL_ERROR'),
  // §5.1, half-closed (remote).
  headersAfterEnd: stream('STREAM_CLOSED'),
  // §8.1.
  headersBeforeReply: stream('PROTOCOL_ERROR'),
  // §6.9.
  creditZeroOnStream: stream('PROTOCOL_ERROR'),
  creditZeroOnSession: session('PROTOCOL_ERROR'),
  // §6.9.1.
  creditOverflowOnStream: stream('FLOW_CONTROL_ERROR'),
  creditOverflowOnSession: session('FLOW_CONTROL_ERROR'),
  // §5.1, idle; §6.4.
  creditOnIdle: session('PROTOCOL_ERROR'),
  resetOnIdle: session('PROTOCOL_ERROR'),
  // §6.9.1.
  overStreamWindow: stream('FLOW_CONTROL_ERROR'),
  overSessionWindow: session('FLOW_CONTROL_ERROR'),
  // §3.4.
  beforeGreeting: session('PROTOCOL_ERROR'),
  // §6.5.2, §6.9.2.
  settingsWindow: session('FLOW_CONTROL_ERROR'),
  // §6.5.2.
  settingsFrameSize: session('PROTOCOL_ERROR'),
  // §6.8: it may not rise; whose stream it names is nowhere forbidden.
  goAwayRises: session('PROTOCOL_ERROR'),
  goAwayParity: ignore,
}

/** What HTTP/2 is like. */
export const TRAITS: Traits = {
  name: 'h2',
  headers: true,
  reply: true,
  streamWindow: true,
  sessionWindow: true,
  initialStreamWindow: INITIAL_WINDOW,
  initialSessionWindow: INITIAL_WINDOW,
  maxWindow: MAX_31,
  initialMaxFrame: MIN_MAX_FRAME,
  maxStreamId: MAX_31,
  strictIds: false,
  // §6.5.2: no limit at first, at least 100 recommended: what nobody minds before the peer has said a word.
  initialMaxConcurrentStreams: 100,
  greeting: true,
  // §3.4: a client may speak before it has heard the server.
  earlyOpens: true,
  settingsAck: true,
  ping: true,
  goAway: true,
  settings: true,
  // §6.6, §8.4: off, and said so on the wire.
  push: false,
  inform: true,
  priorityUpdate: true,
  goAwayTwice: true,
  faults: FAULTS,
}
