import type { ErrorCode, FaultName, Traits, Verdict } from '@plexus/contract'
import { GOAWAY, INITIAL_WINDOW, MAX_31 } from './wire.js'

/**
 * Which SPDY is spoken:
 * - `spdy31`: SPDY/3.1, by the draft.
 * - `spdy3`: SPDY/3, which has no session window and numbers GOAWAY's INTERNAL_ERROR 11.
 * - `spdystream`: SPDY/3.1 as moby/spdystream and Kubernetes speak it: no SETTINGS, no windows, and late frames for a
 *   stream that ended are a matter of course.
 */
export type SpdyProfile = 'spdy31' | 'spdy3' | 'spdystream'

/** The one number that differs between the drafts. */
export const INTERNAL_ERROR: Readonly<Record<SpdyProfile, number>> = {
  spdy31: GOAWAY.INTERNAL_ERROR,
  spdy3: GOAWAY.INTERNAL_ERROR_3,
  spdystream: GOAWAY.INTERNAL_ERROR,
}

const ignore: Verdict = { scope: 'ignore' }
const stream = (code: ErrorCode): Verdict => ({ scope: 'stream', code })
const session: Verdict = { scope: 'session', code: 'PROTOCOL_ERROR' }

const FAULTS: Readonly<Record<FaultName, Verdict>> = {
  dataOnIdle: stream('INVALID_STREAM'),
  // §2.3.7 says PROTOCOL_ERROR, §2.2.2 says INVALID_STREAM: the first while we know better, the second when we do not.
  dataOnClosed: stream('PROTOCOL_ERROR'),
  dataOnForgotten: stream('INVALID_STREAM'),
  dataOnReset: stream('PROTOCOL_ERROR'),
  dataAfterEnd: stream('STREAM_CLOSED'),
  dataBeforeReply: stream('PROTOCOL_ERROR'),
  dataOnSession: session,
  openLower: session,
  // Skipping is allowed (§2.3.2): the row is there because the table is complete.
  openSkips: ignore,
  openParity: session,
  openTwice: stream('PROTOCOL_ERROR'),
  openOverLimit: stream('REFUSED_STREAM'),
  openAfterGoAway: ignore,
  pushWithoutParent: session,
  // §3.3.1: to cancel all pushes of a stream is to cancel the stream; what was on its way meanwhile is cancelled too.
  pushOnClosed: stream('CANCEL'),
  replyTwice: stream('STREAM_IN_USE'),
  replyAfterEnd: stream('STREAM_CLOSED'),
  replyOnUnknown: stream('INVALID_STREAM'),
  // No frame of SPDY says it: the rows are there because the table is complete.
  informAfterReply: session,
  informTooMany: session,
  headersOnIdle: stream('INVALID_STREAM'),
  headersOnClosed: stream('INVALID_STREAM'),
  headersOnReset: stream('INVALID_STREAM'),
  headersOnForgotten: stream('INVALID_STREAM'),
  headersAfterEnd: stream('STREAM_CLOSED'),
  headersBeforeReply: stream('PROTOCOL_ERROR'),
  creditZeroOnStream: stream('PROTOCOL_ERROR'),
  creditZeroOnSession: session,
  creditOverflowOnStream: stream('FLOW_CONTROL_ERROR'),
  creditOverflowOnSession: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
  // §2.6.8: WINDOW_UPDATE for closed streams is ignored; §2.4.2: a reset is never answered with a reset.
  creditOnIdle: ignore,
  resetOnIdle: ignore,
  overStreamWindow: stream('FLOW_CONTROL_ERROR'),
  overSessionWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
  // A session is open from its first byte: the row is there because the table is complete.
  beforeGreeting: session,
  settingsWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
  // No setting says it.
  settingsFrameSize: session,
  // §2.6.6 knows of one go-away, and of no rule for a second.
  goAwayRises: ignore,
  goAwayParity: ignore,
}

const SPDY31: Traits = {
  name: 'spdy/3.1',
  headers: true,
  reply: true,
  streamWindow: true,
  sessionWindow: true,
  initialStreamWindow: INITIAL_WINDOW,
  initialSessionWindow: INITIAL_WINDOW,
  maxWindow: MAX_31,
  // §2.2.2: a length of 24 bits.
  initialMaxFrame: 0xffffff,
  maxStreamId: MAX_31,
  strictIds: false,
  // §2.6.4: no limit by default, at least 100 recommended: what nobody minds before the peer has said a word.
  initialMaxConcurrentStreams: 100,
  greeting: false,
  earlyOpens: false,
  settingsAck: false,
  ping: true,
  goAway: true,
  settings: true,
  push: true,
  // Nothing stands between SYN_STREAM and SYN_REPLY, and a priority is said once (§2.3.3).
  inform: false,
  priorityUpdate: false,
  goAwayTwice: false,
  faults: FAULTS,
}

const SPDY3: Traits = {
  ...SPDY31,
  name: 'spdy/3',
  sessionWindow: false,
  faults: { ...FAULTS, creditZeroOnSession: ignore, creditOverflowOnSession: ignore },
}

const SPDYSTREAM: Traits = {
  ...SPDY31,
  streamWindow: false,
  sessionWindow: false,
  settings: false,
  initialMaxConcurrentStreams: Number.POSITIVE_INFINITY,
  // A server opens streams of its own as a peer does; nothing about them is a push.
  push: false,
  faults: {
    ...FAULTS,
    // It stops writing when it learns of an end, which is after it wrote.
    dataOnClosed: ignore,
    dataOnReset: ignore,
    dataOnForgotten: ignore,
    dataAfterEnd: ignore,
    headersOnIdle: ignore,
    headersOnClosed: ignore,
    headersOnReset: ignore,
    headersOnForgotten: ignore,
    headersAfterEnd: ignore,
    creditZeroOnStream: ignore,
    creditZeroOnSession: ignore,
    creditOverflowOnStream: ignore,
    creditOverflowOnSession: ignore,
    settingsWindow: ignore,
  },
}

/** What each profile is like. */
export const TRAITS: Readonly<Record<SpdyProfile, Traits>> = {
  spdy31: SPDY31,
  spdy3: SPDY3,
  spdystream: SPDYSTREAM,
}
