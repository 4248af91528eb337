import { describe, expect, test } from '@jest/globals'
import { createMachine } from 'xstate'
import { entranceOf, exitsOf, initialStates, isDone, isWithin, withoutConflicts } from './moves.js'
import type { State, Transition } from './xstate.js'

const machine = createMachine({
  id: 'm',
  initial: 'idle',
  states: {
    idle: { on: { begin: 'work', fork: { target: ['work.left.l2', 'work.right.r2'] } } },
    work: {
      type: 'parallel',
      on: { again: { target: 'work', reenter: true }, inside: '.left.l2', quit: 'idle' },
      states: {
        left: {
          initial: 'l1',
          states: { l1: { on: { next: 'l2', quit: '#m.idle' } }, l2: { type: 'final' } },
        },
        right: {
          initial: 'r1',
          states: { r1: { on: { next: 'r2', quit: '#m.idle' } }, r2: { type: 'final' } },
        },
      },
    },
  },
})

const state = (path: string) => machine.getStateNodeById(path ? `m.${path}` : 'm') as State
const states = (paths: string) => paths.split(' ').map((path) => state(path === '.' ? '' : path))
const row = (path: string, event: string) => state(path).transitions.get(event)![0] as Transition
const names = (given: readonly State[]) => given.map((each) => each.path.join('.') || '.').join(' ')

const working = states('. work work.left work.left.l1 work.right work.right.r1')

describe('a transition', () => {
  test('between siblings leaves the one and enters the other', () => {
    const next = [row('work.left.l1', 'next')]
    expect(names(exitsOf(next, working))).toBe('work.left.l1')
    expect(names(entranceOf(next).states)).toBe('work.left.l2')
  })

  test('into a parallel state enters all its regions', () => {
    expect(names(entranceOf([row('idle', 'begin')]).states)).toBe(
      'work work.left work.left.l1 work.right work.right.r1',
    )
  })

  test('with two targets enters both, and not what would be entered by default', () => {
    const { states, byDefault } = entranceOf([row('idle', 'fork')])
    expect(names(states)).toBe('work work.left work.left.l2 work.right work.right.r2')
    expect(names([...byDefault])).toBe('work.left.l2 work.right.r2')
  })

  test('that re-enters leaves its own source, innermost first', () => {
    const again = [row('work', 'again')]
    expect(names(exitsOf(again, working))).toBe('work.right.r1 work.right work.left.l1 work.left work')
    expect(names(entranceOf(again).states)).toBe('work work.left work.left.l1 work.right work.right.r1')
  })

  test('to a descendant stays inside its source', () => {
    expect(names(exitsOf([row('work', 'inside')], working))).toBe(
      'work.right.r1 work.right work.left.l1 work.left',
    )
  })

  test('that leaves what another one leaves gives way, unless it comes from further inside', () => {
    const [left, right, outer] = [
      row('work.left.l1', 'quit'),
      row('work.right.r1', 'quit'),
      row('work', 'quit'),
    ]
    expect(withoutConflicts([left, right], working)).toEqual([left])
    expect(withoutConflicts([outer, right], working)).toEqual([right])
    const apart = [row('work.left.l1', 'next'), row('work.right.r1', 'next')]
    expect(withoutConflicts(apart, working)).toEqual(apart)
  })
})

describe('the tree', () => {
  test('knows what is below what', () => {
    expect(isWithin(state('work.left.l1'), state('work'))).toBe(true)
    expect(isWithin(state('work'), state('work'))).toBe(false)
    expect(isWithin(state(''), undefined)).toBe(true)
  })

  test('begins at the root and goes down', () => {
    expect(names(initialStates(state('')))).toBe('. idle')
    expect(names(initialStates(state('work')))).toBe('work work.left work.left.l1 work.right work.right.r1')
  })

  test('is done in parallel when all regions are', () => {
    expect(isDone(state('work'), new Set(states('work.left.l2 work.right.r1')))).toBe(false)
    expect(isDone(state('work'), new Set(states('work.left.l2 work.right.r2')))).toBe(true)
  })
})
