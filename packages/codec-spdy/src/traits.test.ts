import { expect, test } from '@jest/globals'
import type { FaultName } from '@plexus/contract'
import { TRAITS } from './traits.js'

/** The table of errors, as the wire shows it: the RST_STREAM code, or that the session ends, or silence. */
const WANTED: Readonly<Record<FaultName, string>> = {
  dataOnIdle: 'stream INVALID_STREAM',
  dataOnClosed: 'stream PROTOCOL_ERROR',
  dataOnForgotten: 'stream INVALID_STREAM',
  dataOnReset: 'stream PROTOCOL_ERROR',
  dataAfterEnd: 'stream STREAM_CLOSED',
  dataBeforeReply: 'stream PROTOCOL_ERROR',
  dataOnSession: 'session PROTOCOL_ERROR',
  openLower: 'session PROTOCOL_ERROR',
  openSkips: 'ignore',
  openParity: 'session PROTOCOL_ERROR',
  openTwice: 'stream PROTOCOL_ERROR',
  openOverLimit: 'stream REFUSED_STREAM',
  openAfterGoAway: 'ignore',
  pushWithoutParent: 'session PROTOCOL_ERROR',
  pushOnClosed: 'stream CANCEL',
  replyTwice: 'stream STREAM_IN_USE',
  replyAfterEnd: 'stream STREAM_CLOSED',
  replyOnUnknown: 'stream INVALID_STREAM',
  informAfterReply: 'session PROTOCOL_ERROR',
  informTooMany: 'session PROTOCOL_ERROR',
  headersOnIdle: 'stream INVALID_STREAM',
  headersOnClosed: 'stream INVALID_STREAM',
  headersOnReset: 'stream INVALID_STREAM',
  headersOnForgotten: 'stream INVALID_STREAM',
  headersAfterEnd: 'stream STREAM_CLOSED',
  headersBeforeReply: 'stream PROTOCOL_ERROR',
  creditZeroOnStream: 'stream PROTOCOL_ERROR',
  creditZeroOnSession: 'session PROTOCOL_ERROR',
  creditOverflowOnStream: 'stream FLOW_CONTROL_ERROR',
  creditOverflowOnSession: 'session FLOW_CONTROL_ERROR',
  creditOnIdle: 'ignore',
  resetOnIdle: 'ignore',
  overStreamWindow: 'stream FLOW_CONTROL_ERROR',
  overSessionWindow: 'session FLOW_CONTROL_ERROR',
  beforeGreeting: 'session PROTOCOL_ERROR',
  settingsWindow: 'session FLOW_CONTROL_ERROR',
  settingsFrameSize: 'session PROTOCOL_ERROR',
  goAwayRises: 'ignore',
  goAwayParity: 'ignore',
}

function verdicts(profile: keyof typeof TRAITS): Record<string, string> {
  return Object.fromEntries(
    Object.entries(TRAITS[profile].faults).map(([name, verdict]) => [
      name,
      verdict.scope === 'ignore' ? 'ignore' : `${verdict.scope} ${verdict.code}`,
    ]),
  )
}

/** The rows in which `profile` differs from SPDY/3.1. */
function differences(profile: keyof typeof TRAITS): string[] {
  return Object.entries(verdicts(profile))
    .filter(([name, verdict]) => verdict !== WANTED[name as FaultName])
    .map(([name, verdict]) => `${name} ${verdict}`)
}

test('P09 P10 spdy/3.1 answers each fault as its table of errors says', () => {
  expect(verdicts('spdy31')).toEqual(WANTED)
})

test('spdy/3 has no session window, so credit for the session is nothing to it', () => {
  expect(differences('spdy3')).toEqual(['creditZeroOnSession ignore', 'creditOverflowOnSession ignore'])
  expect(TRAITS.spdy3).toMatchObject({
    name: 'spdy/3',
    streamWindow: true,
    sessionWindow: false,
    settings: true,
  })
})

test('spdystream has no windows, and lets pass what its peers send late', () => {
  expect(differences('spdystream')).toEqual([
    'dataOnClosed ignore',
    'dataOnForgotten ignore',
    'dataOnReset ignore',
    'dataAfterEnd ignore',
    'headersOnIdle ignore',
    'headersOnClosed ignore',
    'headersOnReset ignore',
    'headersOnForgotten ignore',
    'headersAfterEnd ignore',
    'creditZeroOnStream ignore',
    'creditZeroOnSession ignore',
    'creditOverflowOnStream ignore',
    'creditOverflowOnSession ignore',
    'settingsWindow ignore',
  ])
  const { name, streamWindow, sessionWindow, settings, ping, goAway } = TRAITS.spdystream
  expect({ name, streamWindow, sessionWindow, settings, ping, goAway }).toEqual({
    name: 'spdy/3.1',
    streamWindow: false,
    sessionWindow: false,
    settings: false,
    ping: true,
    goAway: true,
  })
})

test('windows begin at 64 KiB, not at HTTP/2’s 65,535, and like ids end at 2^31-1', () => {
  const { initialStreamWindow, initialSessionWindow, maxWindow, maxStreamId } = TRAITS.spdy31
  expect([initialStreamWindow, initialSessionWindow]).toEqual([65_536, 65_536])
  expect([maxWindow, maxStreamId]).toEqual([2 ** 31 - 1, 2 ** 31 - 1])
})

test('ids may skip, nothing is greeted with or acknowledged, and a hundred streams come before the peer’s first word', () => {
  const { strictIds, greeting, settingsAck, goAwayTwice, initialMaxConcurrentStreams } = TRAITS.spdy31
  expect({ strictIds, greeting, settingsAck, goAwayTwice }).toEqual({
    strictIds: false,
    greeting: false,
    settingsAck: false,
    goAwayTwice: false,
  })
  expect(initialMaxConcurrentStreams).toBe(100)
  expect(TRAITS.spdystream.initialMaxConcurrentStreams).toBe(Number.POSITIVE_INFINITY)
})
