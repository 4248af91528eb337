import type { FaultName, Traits, Verdict } from '@plexus/contract'

const onStream: Verdict = { scope: 'stream', code: 'PROTOCOL_ERROR' }
const onSession: Verdict = { scope: 'session', code: 'PROTOCOL_ERROR' }
const ignored: Verdict = { scope: 'ignore' }

const faults: Readonly<Record<FaultName, Verdict>> = {
  dataOnIdle: { scope: 'stream', code: 'INVALID_STREAM' },
  dataOnClosed: ignored,
  dataOnForgotten: { scope: 'stream', code: 'INVALID_STREAM' },
  dataAfterEnd: { scope: 'stream', code: 'STREAM_CLOSED' },
  dataBeforeReply: onStream,
  dataOnSession: onSession,
  openLower: onSession,
  openSkips: ignored,
  openParity: onSession,
  openTwice: onStream,
  openOverLimit: { scope: 'stream', code: 'REFUSED_STREAM' },
  openAfterGoAway: { scope: 'stream', code: 'REFUSED_STREAM' },
  pushWithoutParent: onStream,
  pushOnClosed: onStream,
  replyTwice: { scope: 'stream', code: 'STREAM_IN_USE' },
  replyAfterEnd: { scope: 'stream', code: 'STREAM_CLOSED' },
  replyOnUnknown: { scope: 'stream', code: 'INVALID_STREAM' },
  headersOnUnknown: { scope: 'stream', code: 'INVALID_STREAM' },
  headersAfterEnd: { scope: 'stream', code: 'STREAM_CLOSED' },
  headersBeforeReply: onStream,
  creditZeroOnStream: onStream,
  creditZeroOnSession: onSession,
  creditOverflowOnStream: { scope: 'stream', code: 'FLOW_CONTROL_ERROR' },
  creditOverflowOnSession: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
  creditOnIdle: ignored,
  resetOnIdle: ignored,
  overStreamWindow: { scope: 'stream', code: 'FLOW_CONTROL_ERROR' },
  overSessionWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
  beforeGreeting: onSession,
  settingsWindow: { scope: 'session', code: 'FLOW_CONTROL_ERROR' },
}

/** Everything a protocol can have, with windows of 64 KiB. */
export const LINE_TRAITS: Traits = {
  name: 'line',
  headers: true,
  reply: true,
  streamWindow: true,
  sessionWindow: true,
  initialStreamWindow: 65_536,
  initialSessionWindow: 65_536,
  maxWindow: 2 ** 31 - 1,
  initialMaxFrame: 2 ** 24 - 1,
  maxStreamId: 2 ** 31 - 1,
  strictIds: false,
  initialMaxConcurrentStreams: Number.POSITIVE_INFINITY,
  greeting: false,
  settingsAck: false,
  ping: true,
  goAway: true,
  settings: true,
  push: true,
  goAwayTwice: false,
  faults,
}
