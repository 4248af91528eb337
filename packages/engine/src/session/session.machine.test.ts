import { describe, expect, test } from '@jest/globals'
import { compile } from '@plexus/chart'
import { HeaderFields } from '@plexus/contract'
import type { SessionMailbox, SessionMessage } from '../messages.js'
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
} from '../testing/chart-table.test.kit.js'
import { sessionMachine } from './session.machine.js'

const modes = [
  ['compiled', compile(sessionMachine)],
  ['interpreted', sessionMachine],
] as const

// --- how a session may begin ------------------------------------------------------------------------------------

const plain = { awaitsGreeting: false, acknowledgesSettings: false, goesAwayTwice: false, isEmpty: false }

const starts: readonly [what: string, facts: Facts, cell: string][] = [
  ['plain', plain, '→ open ∥ open ∥ settled: sendGreeting, openGate'],
  ['greeted', { ...plain, awaitsGreeting: true }, '→ greeting ∥ open ∥ settled: sendGreeting, awaitGreeting'],
  [
    'acknowledged',
    { ...plain, acknowledgesSettings: true },
    '→ open ∥ open ∥ inFlight: sendGreeting, openGate, awaitAck',
  ],
  [
    'greeted and acknowledged',
    { ...plain, awaitsGreeting: true, acknowledgesSettings: true },
    '→ greeting ∥ open ∥ inFlight: sendGreeting, awaitGreeting, awaitAck',
  ],
]

// --- what it may be told ----------------------------------------------------------------------------------------

const cause = { code: 'CANCEL', blame: 'us', message: '' } as const
const open = {
  id: 1,
  parent: 0,
  priority: 3,
  headers: HeaderFields.NONE,
  end: false,
  unidirectional: false,
} as const

const messages = {
  closeMsg: { message: { type: 'closeMsg', cause } },
  'closeMsg, silent': { message: { type: 'closeMsg', cause, manner: 'silent' } },
  drainMsg: { message: { type: 'drainMsg' }, facts: { goesAwayTwice: false } },
  'drainMsg, to be said twice': { message: { type: 'drainMsg' }, facts: { goesAwayTwice: true } },
  fin: { message: { type: 'fin', stream: {} } },
  recvOpen: { message: { type: 'recvOpen', frame: { type: 'open', ...open } } },
  recvSettings: { message: { type: 'recvSettings', frame: { type: 'settings', settings: {}, ack: false } } },
  'recvSettings, ack': {
    message: { type: 'recvSettings', frame: { type: 'settings', settings: {}, ack: true } },
  },
  recvPing: { message: { type: 'recvPing', frame: { type: 'ping', token: 1, ack: false } } },
  'recvPing, ack': {
    message: { type: 'recvPing', frame: { type: 'ping', token: 1, ack: true } },
    facts: { hasHeardGoAway: () => false },
  },
  'recvPing, ack of our own': {
    message: { type: 'recvPing', frame: { type: 'ping', token: 1, ack: true } },
    facts: { hasHeardGoAway: () => true },
  },
  recvGoAway: { message: { type: 'recvGoAway', frame: { type: 'goAway', lastId: 0, code: 'NO_ERROR' } } },
  windowEmpty: { message: { type: 'windowEmpty' } },
  windowUpdate: { message: { type: 'windowUpdate' } },
  recvEnd: { message: { type: 'recvEnd' } },
  carrierClosed: { message: { type: 'carrierClosed', error: undefined } },
  timeout: { message: { type: 'timeout' } },
  ackTimeout: { message: { type: 'ackTimeout' } },
} satisfies Record<string, Said<SessionMessage>> & Record<keyof SessionMailbox, Said<SessionMessage>>

/** XState's own word that a child is over. */
const childDone: Said = { message: { type: 'xstate.done.actor.keepalive' } }

/** XState's own word that an action of a child threw. */
const childFailed: Said = { message: { type: 'xstate.error.actor.1' } }

/** All messages, each meeting a session that has streams, or one that has none. */
const subjectWith = (isEmpty: boolean): Subject => ({
  starts: starts.map(([, facts]) => facts),
  messages: Object.fromEntries(
    Object.entries<Said>({ ...messages, childDone, childFailed, 'a stranger': STRANGER }).map(
      ([name, { message, facts }]) => [name, { message, facts: { ...facts, isEmpty } }],
    ),
  ),
})

// --- the regions ------------------------------------------------------------------------------------------------

type Region = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What is the same in every phase before the session closes. */
const anyPhase = {
  closeMsg: '→ closing: startClosing CANCEL told',
  'closeMsg, silent': '→ closing: startClosing CANCEL silent',
  fin: 'forgetStream',
  recvPing: 'answerPing',
  'recvPing, ack': 'settlePing',
  'recvPing, ack of our own': 'settlePing',
  carrierClosed: '→ closed: noteLost, settleClosed',
  childDone: 'legal',
  childFailed: 'blameUs',
  'a stranger': 'refused',
}

/** What is the same while it drains. */
const draining = {
  ...anyPhase,
  drainMsg: 'limitDrain',
  'drainMsg, to be said twice': 'limitDrain',
  recvOpen: 'ignoreStream',
  recvSettings: 'applySettings',
  'recvSettings, ack': 'applySettings',
  recvEnd: '→ draining.deaf: limitDrain, failReceivers',
  timeout: '→ closing: blameDrain, startClosing told',
}

const phases: Region = {
  greeting: {
    ...anyPhase,
    drainMsg: '→ draining.local.said: startDrain, limitDrain, sendGoAway',
    'drainMsg, to be said twice': '→ draining.local.announced: startDrain, limitDrain, announceGoAway',
    recvOpen: 'faultGreeting',
    recvPing: 'faultGreeting',
    'recvPing, ack': 'faultGreeting',
    'recvPing, ack of our own': 'faultGreeting',
    recvSettings: '→ open: applySettings, openGate',
    'recvSettings, ack': 'faultGreeting',
    recvGoAway: '→ draining.remote: failAbove, startDrain',
    recvEnd: '→ closing: blameEnd, startClosing told',
    timeout: '→ closing: blameGreeting, startClosing told',
  },
  open: {
    ...anyPhase,
    closeMsg: '→ closing: shutGate, startClosing CANCEL told',
    'closeMsg, silent': '→ closing: shutGate, startClosing CANCEL silent',
    carrierClosed: '→ closed: shutGate, noteLost, settleClosed',
    drainMsg: '→ draining.local.said: shutGate, startDrain, limitDrain, sendGoAway',
    'drainMsg, to be said twice':
      '→ draining.local.announced: shutGate, startDrain, limitDrain, announceGoAway',
    recvOpen: 'acceptStream',
    recvSettings: 'applySettings',
    'recvSettings, ack': 'applySettings',
    recvGoAway: '→ draining.remote: shutGate, failAbove, startDrain',
    recvEnd: '→ draining.deaf: shutGate, startDrain, limitDrain, failReceivers',
    timeout: '→ closing: shutGate, startClosing told',
  },
  'draining.local.announced': {
    ...draining,
    recvOpen: 'acceptStream',
    'recvPing, ack of our own': '→ draining.local.said: settlePing, sendGoAway',
    recvGoAway: '→ draining.both: failAbove, limitDrain, sendGoAway',
  },
  'draining.local.said': {
    ...draining,
    recvGoAway: '→ draining.both: failAbove, limitDrain, sendGoAway',
  },
  'draining.remote': {
    ...draining,
    drainMsg: '→ draining.both: limitDrain, sendGoAway',
    'drainMsg, to be said twice': '→ draining.both: limitDrain, sendGoAway',
    recvOpen: 'acceptStream',
    recvGoAway: 'failAbove',
  },
  'draining.both': { ...draining, recvGoAway: 'failAbove' },
  'draining.deaf': { ...draining, recvGoAway: 'failAbove', recvEnd: 'legal' },
}

/** Without streams there is nothing to drain before the greeting. */
const emptyGreeting: Readonly<Record<string, string>> = {
  ...phases.greeting,
  drainMsg: '→ closing: startClosing told',
  'drainMsg, to be said twice': '→ closing: startClosing told',
}

const sendWindows: Region = {
  open: { windowEmpty: '→ empty: noteWindowEmpty', windowUpdate: 'legal' },
  empty: { windowEmpty: 'legal', windowUpdate: '→ open' },
}

const settings: Region = {
  inFlight: {
    'recvSettings, ack': '→ settled: stopAwaitingAck',
    ackTimeout: '→ closing: blameAck, startClosing told',
  },
  // Its timer was stopped: a message that comes all the same is a fault of ours.
  settled: { 'recvSettings, ack': 'noteStrayAck', ackTimeout: 'refused' },
}

/** What a phase does on its way out when another region ends the session. */
const leaving: Readonly<Record<string, string>> = { open: 'shutGate' }

const closing: Table[string] = {
  ...Object.fromEntries(Object.keys(messages).map((name) => [name, 'legal'])),
  carrierClosed: '→ closed: noteBroken, settleClosed',
  timeout: '→ closed: abandonCarrier, settleClosed',
  fin: 'forgetStream',
  childDone: 'legal',
  childFailed: 'blameUs',
  'a stranger': 'refused',
}

// --- their product ----------------------------------------------------------------------------------------------

/** Phases in which the last stream's end is the session's. */
const ENDS_WHEN_EMPTY = ['draining.local.said', 'draining.remote', 'draining.both', 'draining.deaf']

/** A session is its regions: each hears its own messages, and a draining session without streams closes. */
function productOf(isEmpty: boolean): Table {
  const table: Record<string, Table[string]> = { closing, closed: OVER }
  for (const [phase, row] of Object.entries(phases)) {
    const inPhase = isEmpty && phase === 'greeting' ? emptyGreeting : row
    if (isEmpty && ENDS_WHEN_EMPTY.includes(phase)) continue
    for (const [window, inWindow] of Object.entries(sendWindows)) {
      for (const [setting, inSetting] of Object.entries(settings)) {
        const cells = Object.keys(subjectWith(isEmpty).messages).map((name) => {
          const regions = [
            step(phase, inSetting[name]?.startsWith('→ closing') ? leaving[phase] : inPhase[name]),
            step(window, inWindow[name]),
            step(setting, inSetting[name]),
          ]
          return [name, cellOf([phase, window, setting], regions, isEmpty)]
        })
        table[[phase, window, setting].join(' ∥ ')] = Object.fromEntries(cells)
      }
    }
  }
  return table
}

interface Step {
  readonly next: string
  readonly deeds: readonly string[]
  readonly isRefused: boolean
}

/** A region's cell, read; a region that does not know the message stays as it is. */
function step(state: string, cell = 'legal'): Step {
  const [, next, deeds] = /^(?:→ ([^:]+)(?:: )?)?(.*)$/.exec(cell)!
  const isRefused = cell === 'refused'
  return {
    next: next ?? state,
    deeds: isRefused || cell === 'legal' || deeds === '' ? [] : deeds!.split(', '),
    isRefused,
  }
}

/** Three regions' steps as the step of the session. */
function cellOf(before: string[], regions: Step[], isEmpty: boolean): string {
  if (regions.some(({ isRefused }) => isRefused)) return 'refused'
  const ends = regions.find(({ next }) => next.startsWith('clos'))
  const [phase] = regions as [Step, Step, Step]
  const deeds = regions.flatMap((each) => each.deeds)
  let after = regions.map(({ next }) => next).join(' ∥ ')
  if (ends !== undefined) after = ends.next
  else if (isEmpty && ENDS_WHEN_EMPTY.includes(phase.next)) {
    after = 'closing'
    deeds.push('startClosing told')
  }
  const arrow = after === before.join(' ∥ ') ? [] : [`→ ${after}`]
  return [...arrow, ...(deeds.length > 0 ? [deeds.join(', ')] : [])].join(': ') || 'legal'
}

describe.each(modes)('a session, %s,', (_, logic) => {
  test.each(starts)('of a protocol that is %s begins with its greeting', (_, facts, cell) => {
    expect(startOf(logic, facts)).toBe(cell)
  })

  test('DM-2 SS-6 with streams answers every message in every state as its regions do', () => {
    expect(tableOf(logic, subjectWith(false))).toEqual(productOf(false))
  })

  test('SS-6 without streams does the same, and closes as soon as it drains', () => {
    expect(tableOf(logic, subjectWith(true))).toEqual(productOf(true))
  })
})

test('no row of the session’s chart is dead', () => {
  expect(deadRowsOf(sessionMachine, subjectWith(false), subjectWith(true))).toEqual([])
})

test('a session shows the same compiled and interpreted, whatever comes', () => {
  expectSameCompiled(sessionMachine, subjectWith(false))
})
