import { setup } from 'xstate'

/** A door in its frame: it rings when it opens, and its frame jams when it is kicked while locked. */
export const door = setup({
  types: {} as {
    context: { readonly bell: { ring(): void } }
    input: { ring(): void }
    events: { type: 'push' } | { type: 'lock'; key: 'right' | 'wrong' } | { type: 'kick' }
  },
  guards: { fits: ({ event }) => event.type === 'lock' && event.key === 'right' },
  actions: { ring: ({ context }) => context.bell.ring(), creak: () => undefined },
}).createMachine({
  id: 'door',
  context: ({ input }) => ({ bell: { ring: () => input.ring() } }),
  type: 'parallel',
  states: {
    leaf: {
      initial: 'shut',
      states: {
        shut: {
          on: {
            push: { target: 'open', actions: ['creak', 'ring'] },
            lock: { guard: 'fits', target: 'locked' },
          },
        },
        open: { on: { push: 'shut' } },
        locked: { on: { lock: { guard: 'fits', target: 'shut' }, kick: '#jammed' } },
      },
    },
    frame: { initial: 'sound', states: { sound: {}, jammed: { id: 'jammed', type: 'final' } } },
  },
})

/** Fails a test that runs an action. */
export const input = {
  ring() {
    throw new Error('nothing is to run')
  },
}
export const push = { type: 'push' } as const
export const kick = { type: 'kick' } as const
export const right = { type: 'lock', key: 'right' } as const
export const wrong = { type: 'lock', key: 'wrong' } as const

/** What `run` throws. */
export const messageOf = (run: () => unknown): string => {
  try {
    run()
    return 'it went well'
  } catch (error) {
    return (error as Error).message
  }
}
