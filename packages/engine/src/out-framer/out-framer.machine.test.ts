import { expect, test } from '@jest/globals'
import { compile } from '@plexus/chart'
import type { OutFramerMailbox, OutFramerMessage } from '../messages.js'
import {
  deadRowsOf,
  expectSameCompiled,
  OVER,
  type Said,
  STRANGER,
  type Subject,
  type Table,
  tableOf,
} from '../testing/chart-table.test.kit.js'
import { outFramerMachine } from './out-framer.machine.js'

const messages: Record<keyof OutFramerMailbox, Said<OutFramerMessage>> = {
  request: { message: { type: 'request' } },
  stall: { message: { type: 'stall' } },
  rest: { message: { type: 'rest' } },
  drain: { message: { type: 'drain' } },
  shut: { message: { type: 'shut' } },
}

const subject: Subject = { starts: [{}], messages: { ...messages, 'a stranger': STRANGER } }

const table: Table = {
  idle: {
    request: '→ pumping: schedulePump',
    stall: 'refused',
    rest: 'refused',
    drain: 'legal',
    shut: '→ shut: dropAll',
    'a stranger': 'refused',
  },
  pumping: {
    request: 'legal',
    stall: '→ stalled: noteStall',
    rest: '→ idle: awaitRequest',
    drain: 'legal',
    shut: '→ shut: dropAll',
    'a stranger': 'refused',
  },
  stalled: {
    request: 'legal',
    stall: 'refused',
    rest: 'refused',
    drain: '→ pumping: noteDrain, schedulePump',
    shut: '→ shut: noteDrain, dropAll',
    'a stranger': 'refused',
  },
  shut: OVER,
}

test.each([
  ['compiled', compile(outFramerMachine)],
  ['interpreted', outFramerMachine],
])('DM-1 the outFramer, %s, answers every message in every state as the table says', (_, logic) => {
  expect(tableOf(logic, subject)).toEqual(table)
})

test('no row of the outFramer’s chart is dead', () => {
  expect(deadRowsOf(outFramerMachine, subject)).toEqual([])
})

test('the outFramer shows the same compiled and interpreted, whatever comes', () => {
  expectSameCompiled(outFramerMachine, subject)
})
