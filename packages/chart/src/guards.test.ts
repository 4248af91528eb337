import { describe, expect, test } from '@jest/globals'
import { type AnyMachineSnapshot, and, createMachine, not, or, setup, stateIn } from 'xstate'
import { compileGuard } from './guards.js'

const machine = setup({
  types: {} as { context: { room: number } },
  guards: {
    hasRoom: ({ context }) => context.room > 0,
    isAtLeast: ({ context }, least: number) => context.room >= least,
    isFull: not('hasRoom'),
    isSecret: and([({ event }) => event.type === 'secret', 'hasRoom']),
  },
}).createMachine({
  id: 'store',
  context: { room: 2 },
  type: 'parallel',
  states: { door: { initial: 'open', states: { open: {}, shut: {} } }, light: {} },
})

const snapshot = machine.resolveState({ value: { door: 'open' }, context: { room: 2 } }) as AnyMachineSnapshot
const holds = (guard: unknown, type = 'store') =>
  compileGuard(machine, guard, 'store')({ context: { room: 2 }, event: { type } }, snapshot)

describe('a guard', () => {
  test.each<[string, unknown, boolean]>([
    ['by name', 'hasRoom', true],
    ['inline', ({ context }: { context: { room: number } }) => context.room === 1, false],
    ['with a parameter', { type: 'isAtLeast', params: 3 }, false],
    [
      'with a parameter asked for',
      { type: 'isAtLeast', params: ({ context }: { context: { room: number } }) => context.room },
      true,
    ],
    ['whose name stands for a combination', 'isFull', false],
    ['turned around', not('isFull'), true],
    ['of several, all', and(['hasRoom', { type: 'isAtLeast', params: 3 }]), false],
    ['of several, any', or(['isFull', { type: 'isAtLeast', params: 2 }]), true],
    ['of none, all', and([]), true],
    ['of none, any', or([]), false],
    ['about a state by value', stateIn({ door: 'open' }), true],
    ['about a state by id', stateIn('#store.door.shut'), false],
    ['about a state by id of a region', stateIn('#store.light'), true],
  ])('%s', (_, guard, expected) => {
    expect(Boolean(holds(guard))).toBe(expected)
  })

  test('sees the event', () => {
    expect(holds('isSecret')).toBe(false)
    expect(holds('isSecret', 'secret')).toBe(true)
  })

  test('nobody implements is refused, however deep', () => {
    expect(() => compileGuard(createMachine({}), not(and(['isLost'])), 'store.door')).toThrow(
      "store.door: 'isLost'",
    )
  })
})
