import { describe, expect, test } from '@jest/globals'
import { assign, createActor, raise, setup } from 'xstate'
import { compile } from './compile.js'

const lamp = setup({
  types: {} as { context: { turns: number }; events: { type: 'turn' } | { type: 'break' } },
  actions: { count: assign({ turns: ({ context }) => context.turns + 1 }) },
}).createMachine({
  id: 'lamp',
  initial: 'dark',
  context: { turns: 0 },
  on: { break: { target: '.broken' } },
  states: {
    dark: { on: { turn: { target: 'bright', actions: 'count' } } },
    bright: { tags: 'light', on: { turn: { target: 'dark', actions: [raise({ type: 'break' })] } } },
    broken: { type: 'final' },
  },
})

describe('a compiled chart', () => {
  test('moves as its rows say', () => {
    const actor = createActor(compile(lamp)).start()
    expect(actor.getSnapshot().value).toBe('dark')
    actor.send({ type: 'turn' })
    expect(actor.getSnapshot().value).toBe('bright')
    expect(actor.getSnapshot().context).toEqual({ turns: 1 })
    expect(actor.getSnapshot().hasTag('light')).toBe(true)
    actor.send({ type: 'turn' })
    expect(actor.getSnapshot()).toMatchObject({ value: 'broken', status: 'done' })
  })

  test('may use 52 different wildcards, and no more', () => {
    const withWildcards = (count: number) =>
      setup({}).createMachine({
        on: Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}.*`, { actions: () => {} }])),
      })
    expect(() => compile(withWildcards(52))).not.toThrow()
    expect(() => compile(withWildcards(53))).toThrow(/at most 52/)
  })
})
