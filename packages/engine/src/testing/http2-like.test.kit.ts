/** The line protocol with the traits of HTTP/2: what RFC 9113 says of frames out of place, without its wire. */
import type { DataFrame, ErrorCode, FaultName, Limits, OutFrame, Traits, Verdict } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { type LineStage, type LineStageOptions, lineStage } from './line-stage.test.kit.js'

const ignore: Verdict = { scope: 'ignore' }
const stream = (code: ErrorCode): Verdict => ({ scope: 'stream', code })
const session = (code: ErrorCode): Verdict => ({ scope: 'session', code })

const FAULTS: Readonly<Record<FaultName, Verdict>> = {
  // §5.1: on an idle stream nothing but HEADERS and PRIORITY is legal.
  dataOnIdle: session('PROTOCOL_ERROR'),
  headersOnIdle: session('PROTOCOL_ERROR'),
  replyOnUnknown: session('PROTOCOL_ERROR'),
  creditOnIdle: session('PROTOCOL_ERROR'),
  resetOnIdle: session('PROTOCOL_ERROR'),
  dataOnSession: session('PROTOCOL_ERROR'),
  // §5.1, half-closed (remote).
  dataAfterEnd: stream('STREAM_CLOSED'),
  headersAfterEnd: stream('STREAM_CLOSED'),
  replyAfterEnd: stream('STREAM_CLOSED'),
  // §5.1, closed: behind END_STREAM the session, behind RST_STREAM the stream.
  dataOnClosed: session('STREAM_CLOSED'),
  headersOnClosed: session('STREAM_CLOSED'),
  dataOnReset: stream('STREAM_CLOSED'),
  headersOnReset: stream('STREAM_CLOSED'),
  dataOnForgotten: stream('STREAM_CLOSED'),
  // §5.1.1: it may be one that was skipped.
  headersOnForgotten: session('PROTOCOL_ERROR'),
  openLower: session('PROTOCOL_ERROR'),
  openSkips: ignore,
  openParity: session('PROTOCOL_ERROR'),
  openTwice: session('PROTOCOL_ERROR'),
  openOverLimit: stream('REFUSED_STREAM'),
  openAfterGoAway: ignore,
  pushWithoutParent: session('PROTOCOL_ERROR'),
  pushOnClosed: stream('REFUSED_STREAM'),
  // §8.1: a malformed message.
  dataBeforeReply: stream('PROTOCOL_ERROR'),
  replyTwice: session('PROTOCOL_ERROR'),
  informAfterReply: session('PROTOCOL_ERROR'),
  informTooMany: session('ENHANCE_YOUR_CALM'),
  headersBeforeReply: stream('PROTOCOL_ERROR'),
  // §6.9, §6.9.1, §6.9.2.
  creditZeroOnStream: stream('PROTOCOL_ERROR'),
  creditZeroOnSession: session('PROTOCOL_ERROR'),
  creditOverflowOnStream: stream('FLOW_CONTROL_ERROR'),
  creditOverflowOnSession: session('FLOW_CONTROL_ERROR'),
  overStreamWindow: stream('FLOW_CONTROL_ERROR'),
  overSessionWindow: session('FLOW_CONTROL_ERROR'),
  settingsWindow: session('FLOW_CONTROL_ERROR'),
  settingsFrameSize: session('PROTOCOL_ERROR'),
  beforeGreeting: session('PROTOCOL_ERROR'),
  // §6.8.
  goAwayRises: session('PROTOCOL_ERROR'),
  goAwayParity: ignore,
}

export const HTTP2_LIKE: Partial<Traits> = {
  initialStreamWindow: 65_535,
  initialSessionWindow: 65_535,
  initialMaxFrame: 16_384,
  initialMaxConcurrentStreams: 100,
  greeting: true,
  earlyOpens: true,
  settingsAck: true,
  goAwayTwice: true,
  faults: FAULTS,
}

export interface Http2Options extends LineStageOptions {
  /** What the peer greets with. Default nothing. */
  readonly settings?: Parameters<typeof frames.settings>[0]
  readonly limits?: Partial<Limits>
}

/** A session of such a protocol before anybody has spoken; settings and session credit of ours are not waited for. */
export function strangers(options: Http2Options = {}): LineStage {
  const set = lineStage({ ...options, traits: { ...HTTP2_LIKE, ...options.traits } })
  set.peer.ignores({ type: 'settings' }, { type: 'window', id: 0 })
  return set
}

/** The same, after both sides have greeted and acknowledged. */
export async function acquainted(options: Http2Options = {}): Promise<LineStage> {
  const set = strangers(options)
  await set.peer.sends(frames.settings(options.settings), frames.settings({}, { ack: true }))
  return set
}

/** How the session answers `said`: `nothing`, `reset <code>` of stream `id`, or `session <code>`. */
export async function answerTo(
  { peer, session, clock }: LineStage,
  id: number,
  ...said: readonly (DataFrame | OutFrame)[]
): Promise<string> {
  const before = peer.frames.length
  await peer.sends(...said)
  await clock.settle()
  const answers = peer.frames.slice(before) as OutFrame[]
  const goAway = answers.find((frame) => frame.type === 'goAway')
  if (goAway !== undefined) return `session ${goAway.code}`
  if (session.actor.getSnapshot().status !== 'active') return 'session, untold'
  const resets = answers.filter((frame) => frame.type === 'reset' && frame.id === id)
  return resets.map((frame) => `reset ${(frame as { code: string }).code}`).join(', ') || 'nothing'
}
