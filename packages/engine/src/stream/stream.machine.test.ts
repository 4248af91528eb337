import { describe, expect, test } from '@jest/globals'
import { compile } from '@plexus/chart'
import { HeaderFields } from '@plexus/contract'
import type { Cause, StreamMailbox, StreamMessage } from '../messages.js'
import {
  deadRowsOf,
  expectSameCompiled,
  type Facts,
  OVER,
  type Said,
  STRANGER,
  type Subject,
  startOf,
  type Table,
  tableOf,
  tagsOf,
} from '../testing/chart-table.test.kit.js'
import { streamMachine } from './stream.machine.js'

const modes = [
  ['compiled', compile(streamMachine)],
  ['interpreted', streamMachine],
] as const

// --- how a stream may begin -------------------------------------------------------------------------------------

const ours = { initiator: 'us', hasReply: true, peerStartsEnded: false, startsEnded: false }
const theirs = { ...ours, initiator: 'peer' }

const starts: readonly [what: string, facts: Facts, cell: string][] = [
  ['ours', ours, '→ awaitingReply ∥ opening: gateUntilReply'],
  ['ours, no replies here', { ...ours, hasReply: false }, '→ flowing ∥ opening: openInbox'],
  ['ours, one way', { ...ours, peerStartsEnded: true }, '→ ended ∥ opening: endInbox'],
  [
    'ours, one way, no replies here',
    { ...ours, hasReply: false, peerStartsEnded: true },
    '→ ended ∥ opening: endInbox',
  ],
  ['theirs', theirs, '→ flowing ∥ opening: openInbox'],
  ['theirs, no replies here', { ...theirs, hasReply: false }, '→ flowing ∥ ready: openInbox, openOutbox'],
  ['theirs, ended', { ...theirs, peerStartsEnded: true }, '→ ended ∥ opening: endInbox'],
  [
    'theirs, ended, no replies here',
    { ...theirs, hasReply: false, peerStartsEnded: true },
    '→ ended ∥ ready: endInbox, openOutbox',
  ],
  ['theirs, one way', { ...theirs, startsEnded: true }, '→ flowing ∥ ended: openInbox, endOutbox'],
  [
    'theirs, one way, ended',
    { ...theirs, startsEnded: true, peerStartsEnded: true },
    '→ closed: endInbox, endOutbox, settleClosed, sayFin',
  ],
]

// --- what it may be told ----------------------------------------------------------------------------------------

const cause: Cause = { code: 'CANCEL', blame: 'peer', message: '' }
const frame = { id: 1, headers: HeaderFields.NONE, end: false }
const last = { ...frame, end: true }

const messages = {
  reset: { message: { type: 'reset', by: 'peer', cause } },
  'reset by us': { message: { type: 'reset', by: 'local', cause } },
  'reset by session': { message: { type: 'reset', by: 'session', cause } },
  recvData: { message: { type: 'recvData' } },
  recvFull: { message: { type: 'recvFull' } },
  recvRoom: { message: { type: 'recvRoom' } },
  recvReply: { message: { type: 'recvReply', frame: { type: 'reply', ...frame } } },
  'recvReply, last': { message: { type: 'recvReply', frame: { type: 'reply', ...last } } },
  recvInform: {
    message: { type: 'recvInform', frame: { type: 'inform', id: 1, headers: HeaderFields.NONE } },
  },
  recvHeaders: { message: { type: 'recvHeaders', frame: { type: 'headers', ...frame } } },
  'recvHeaders, last': { message: { type: 'recvHeaders', frame: { type: 'headers', ...last } } },
  recvEnd: { message: { type: 'recvEnd' } },
  sendOpen: { message: { type: 'sendOpen', end: false } },
  'sendOpen, last': { message: { type: 'sendOpen', end: true } },
  sendReply: { message: { type: 'sendReply', end: false } },
  'sendReply, last': { message: { type: 'sendReply', end: true } },
  sendEnd: { message: { type: 'sendEnd' } },
  windowEmpty: { message: { type: 'windowEmpty', on: 'streamWindow' } },
  'windowEmpty on session': { message: { type: 'windowEmpty', on: 'sessionWindow' } },
  'windowEmpty on carrier': { message: { type: 'windowEmpty', on: 'carrier' } },
  windowUpdate: { message: { type: 'windowUpdate' } },
} satisfies Record<string, Said<StreamMessage>> & Record<keyof StreamMailbox, Said<StreamMessage>>

const subject: Subject = {
  starts: starts.map(([, facts]) => facts),
  messages: { ...messages, 'a stranger': STRANGER },
}

// --- the halves -------------------------------------------------------------------------------------------------

type Half = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What each state of the receiving half makes of what is told to it. */
const receiving: Half = {
  awaitingReply: {
    recvData: 'refused',
    recvFull: 'refused',
    recvRoom: 'legal',
    recvReply: '→ flowing: settleReply, openInbox',
    'recvReply, last': '→ ended: settleReply, endInbox',
    recvInform: 'takeInform',
    recvHeaders: 'fault headersBeforeReply',
    'recvHeaders, last': 'fault headersBeforeReply',
    recvEnd: 'refused',
  },
  flowing: {
    recvData: 'wakeReader',
    recvFull: '→ paused: holdInbox',
    recvRoom: 'legal',
    recvReply: 'fault replyTwice',
    'recvReply, last': 'fault replyTwice',
    recvInform: 'fault informAfterReply',
    recvHeaders: 'takeHeaders',
    'recvHeaders, last': '→ ended: takeHeaders, endInbox',
    recvEnd: '→ ended: endInbox',
  },
  paused: {
    recvData: 'wakeReader',
    recvFull: 'refused',
    recvRoom: '→ flowing: openInbox',
    recvReply: 'fault replyTwice',
    'recvReply, last': 'fault replyTwice',
    recvInform: 'fault informAfterReply',
    recvHeaders: 'takeHeaders',
    'recvHeaders, last': '→ ended: takeHeaders, endInbox',
    recvEnd: '→ ended: endInbox',
  },
  ended: {
    recvData: 'refused',
    recvFull: 'refused',
    recvRoom: 'legal',
    recvReply: 'fault replyAfterEnd',
    'recvReply, last': 'fault replyAfterEnd',
    recvInform: 'fault informAfterReply',
    recvHeaders: 'fault headersAfterEnd',
    'recvHeaders, last': 'fault headersAfterEnd',
    recvEnd: 'refused',
  },
}

const blocked = {
  sendOpen: 'refused',
  'sendOpen, last': 'refused',
  sendReply: 'refused',
  'sendReply, last': 'refused',
  sendEnd: '→ ended: noteUnblocked, endOutbox',
  windowEmpty: 'refused',
  'windowEmpty on session': 'refused',
  'windowEmpty on carrier': 'refused',
  windowUpdate: '→ ready: noteUnblocked, openOutbox',
}

/** The same for the sending half. */
const sending: Half = {
  opening: {
    sendOpen: '→ ready: openOutbox',
    'sendOpen, last': '→ ended: endOutbox',
    sendReply: '→ ready: openOutbox',
    'sendReply, last': '→ ended: endOutbox',
    sendEnd: 'refused',
    windowEmpty: 'refused',
    'windowEmpty on session': 'refused',
    'windowEmpty on carrier': 'refused',
    windowUpdate: 'legal',
  },
  ready: {
    sendOpen: 'refused',
    'sendOpen, last': 'refused',
    sendReply: 'refused',
    'sendReply, last': 'refused',
    sendEnd: '→ ended: endOutbox',
    windowEmpty: '→ blocked.onStreamWindow: noteBlocked streamWindow',
    'windowEmpty on session': '→ blocked.onSessionWindow: noteBlocked sessionWindow',
    'windowEmpty on carrier': '→ blocked.onCarrier: noteBlocked carrier',
    windowUpdate: 'legal',
  },
  'blocked.onStreamWindow': blocked,
  'blocked.onSessionWindow': blocked,
  'blocked.onCarrier': blocked,
  ended: {
    sendOpen: 'refused',
    'sendOpen, last': 'refused',
    sendReply: 'refused',
    'sendReply, last': 'refused',
    sendEnd: 'refused',
    windowEmpty: 'refused',
    'windowEmpty on session': 'refused',
    'windowEmpty on carrier': 'refused',
    windowUpdate: 'legal',
  },
}

// --- their product ----------------------------------------------------------------------------------------------

/** A stream is its halves: each hears its own messages, neither sees the other, and both ended is closed. */
function productOf(): Table {
  const table: Record<string, Table[string]> = { closed: OVER, reset: OVER }
  for (const [receives, heard] of Object.entries(receiving)) {
    for (const [sends, told] of Object.entries(sending)) {
      if (receives === 'ended' && sends === 'ended') continue
      const left = sends.startsWith('blocked') ? 'noteUnblocked, ' : ''
      const row: Record<string, string> = {
        reset: `→ reset: ${left}settleReset peer CANCEL, sayFin`,
        'reset by us': `→ reset: ${left}settleReset local CANCEL, sayFin`,
        'reset by session': `→ reset: ${left}settleReset session CANCEL, sayFin`,
        'a stranger': 'refused',
      }
      for (const [name, cell] of Object.entries(heard))
        row[name] = joined(cell, (next) => `${next} ∥ ${sends}`)
      for (const [name, cell] of Object.entries(told))
        row[name] = joined(cell, (next) => `${receives} ∥ ${next}`)
      table[`${receives} ∥ ${sends}`] = row
    }
  }
  return table
}

/** The cell of one half as a cell of the stream. */
function joined(cell: string, besides: (next: string) => string): string {
  const [, next, deeds] = /^→ ([^:]+): (.*)$/.exec(cell) ?? []
  if (next === undefined) return cell
  const state = besides(next)
  return state === 'ended ∥ ended' ? `→ closed: ${deeds}, settleClosed, sayFin` : `→ ${state}: ${deeds}`
}

/** RFC 9113 §5.1, SPDY/3.1 §2.3: the names of the product. */
function nameInRfc(state: string): string {
  if (state === 'closed' || state === 'reset') return 'closed'
  const [receives, sends] = state.split(' ∥ ')
  if (receives === 'ended') return 'half-closed (remote)'
  return sends === 'ended' ? 'half-closed (local)' : ''
}

describe.each(modes)('a stream, %s,', (_, logic) => {
  test.each(starts)('that is %s begins with the gates of its kind', (_, facts, cell) => {
    expect(startOf(logic, facts)).toBe(cell)
  })

  test('DM-5 P09 answers every message in every state as its halves do, and a reset ends them both', () => {
    expect(tableOf(logic, subject)).toEqual(productOf())
  })

  test('has the names of the RFCs for its states', () => {
    const tags = tagsOf(logic, subject)
    expect(tags).toEqual(
      Object.fromEntries(Object.keys(productOf()).map((state) => [state, nameInRfc(state)])),
    )
  })
})

test('no row of the stream’s chart is dead', () => {
  expect(deadRowsOf(streamMachine, subject)).toEqual([])
})

test('a stream shows the same compiled and interpreted, whatever comes', () => {
  expectSameCompiled(streamMachine, subject)
})
