import { expect, test } from '@jest/globals'
import { compile } from '@plexus/chart'
import type { KeepaliveMailbox, KeepaliveMessage } from '../messages.js'
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
import { keepaliveMachine } from './keepalive.machine.js'

const messages: Record<keyof KeepaliveMailbox | 'timeout, heard lately', Said<KeepaliveMessage>> = {
  timeout: { message: { type: 'timeout' }, facts: { heardLately: false } },
  'timeout, heard lately': { message: { type: 'timeout' }, facts: { heardLately: true } },
  recvPong: { message: { type: 'recvPong' } },
  shut: { message: { type: 'shut' } },
}

const subject: Subject = {
  starts: [{ heardLately: false }, { heardLately: true }],
  messages: { ...messages, 'a stranger': STRANGER },
}

const table: Table = {
  quiet: {
    timeout: '→ waitingForPong: sendPing',
    'timeout, heard lately': 'awaitSilence',
    recvPong: 'legal',
    shut: '→ over',
    'a stranger': 'refused',
  },
  waitingForPong: {
    timeout: '→ lost: giveUp',
    'timeout, heard lately': '→ quiet: awaitSilence',
    recvPong: '→ quiet: awaitSilence',
    shut: '→ over',
    'a stranger': 'refused',
  },
  lost: OVER,
  over: OVER,
}

test.each([
  ['compiled', compile(keepaliveMachine)],
  ['interpreted', keepaliveMachine],
])('B08 the keepalive, %s, answers every message in every state as the table says', (_, logic) => {
  expect(tableOf(logic, subject)).toEqual(table)
})

test('no row of the keepalive’s chart is dead', () => {
  expect(deadRowsOf(keepaliveMachine, subject)).toEqual([])
})

test('the keepalive shows the same compiled and interpreted, whatever comes', () => {
  expectSameCompiled(keepaliveMachine, subject)
})
