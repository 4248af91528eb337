import { describe, expect, test } from '@jest/globals'
import {
  and,
  assign,
  createMachine,
  emit,
  enqueueActions,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  stateIn,
} from 'xstate'
import { nameOfAction, nameOfEvent, nameOfGuard, pathOf } from './names.js'
import type { State, Transition } from './xstate.js'

describe('in words', () => {
  test.each<[unknown, string]>([
    ['hasRoom', 'hasRoom'],
    [{ type: 'above', params: 3 }, 'above(3)'],
    [{ type: 'above', params: () => 3 }, 'above(…)'],
    [not('hasRoom'), 'not hasRoom'],
    [and(['isOpen', or(['hasRoom', 'isLast'])]), 'isOpen and (hasRoom or isLast)'],
    [not(and(['isOpen', 'isLast'])), 'not (isOpen and isLast)'],
    [stateIn('#far'), 'in #far'],
    [stateIn({ live: 'open' }), 'in {"live":"open"}'],
    [function isNew() {}, 'isNew'],
    [() => true, 'inline'],
  ])('a guard: %#', (guard, words) => {
    expect(nameOfGuard(guard)).toBe(words)
  })

  test.each<[unknown, string]>([
    ['wakeReader', 'wakeReader'],
    [{ type: 'count', params: { by: 2 } }, 'count({"by":2})'],
    [assign({}), 'assign'],
    [raise({ type: 'done' }), 'raise done'],
    [sendTo(() => undefined as never, { type: 'wake' } as never), 'send wake'],
    [sendParent(() => ({ type: 'up' })), 'send'],
    [emit({ type: 'closed' }), 'emit closed'],
    [log('text'), 'log'],
    [enqueueActions(() => {}), 'enqueueActions'],
    [function openGate() {}, 'openGate'],
    [() => {}, 'inline'],
  ])('an action: %#', (action, words) => {
    expect(nameOfAction(action)).toBe(words)
  })

  test('a state and its events', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          always: { guard: 'x' },
          on: { go: {} },
          onDone: {},
          initial: 'b',
          states: { b: { type: 'final' } },
        },
      },
    })
    const state = machine.states.a as State
    expect(pathOf(state)).toBe('m.a')
    const rows = [...state.transitions.values(), state.always!].flat() as Transition[]
    expect(rows.map(nameOfEvent)).toEqual(['go', 'onDone', 'always'])
  })
})
