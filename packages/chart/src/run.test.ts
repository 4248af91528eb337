import { describe, expect, test } from '@jest/globals'
import { type AnyStateMachine, assign, createActor, createMachine, emit, raise } from 'xstate'
import { compile } from './compile.js'

const asBoth = (machine: AnyStateMachine): [string, AnyStateMachine][] => [
  ['interpreted', machine],
  ['compiled', compile(machine)],
]

const start = (logic: AnyStateMachine) => {
  const errors: unknown[] = []
  const actor = createActor(logic)
  actor.subscribe({ error: (error) => errors.push(error) })
  return { actor: actor.start(), errors }
}

const fuse = createMachine({
  id: 'fuse',
  context: { calls: 0 },
  initial: 'whole',
  states: {
    whole: {
      on: {
        overload: {
          target: 'blown',
          actions: [assign({ calls: 1 }), emit({ type: 'bang' }), () => fail('overload')],
        },
        probe: { guard: () => fail('no probe'), target: 'blown' },
      },
    },
    blown: {},
  },
})

describe.each(asBoth(fuse))('a chart, %s,', (_, logic) => {
  test('whose action throws ends with that error, where it stood before', () => {
    const { actor, errors } = start(logic)
    const emitted: unknown[] = []
    actor.on('*', (event) => emitted.push(event))
    actor.send({ type: 'overload' })
    expect(errors).toEqual([new Error('overload')])
    expect(actor.getSnapshot()).toMatchObject({ status: 'error', value: 'whole', context: { calls: 0 } })
    expect(actor.getSnapshot().matches('whole')).toBe(true)
    expect(emitted).toEqual([])
  })

  test('whose guard throws ends with an error that tells of the guard', () => {
    const { actor, errors } = start(logic)
    actor.send({ type: 'probe' })
    expect(errors).toHaveLength(1)
    expect((errors[0] as Error).message).toMatch(/'probe'[\s\S]*no probe$/)
    expect(actor.getSnapshot().status).toBe('error')
  })

  test('fails when another actor reports a failure nobody expects', () => {
    const { actor, errors } = start(logic)
    actor.send({ type: 'xstate.error.actor.job', error: 'lost' })
    expect(errors).toEqual(['lost'])
  })

  test('stops', () => {
    const { actor } = start(logic)
    actor.stop()
    expect(actor.getSnapshot()).toMatchObject({ status: 'stopped', value: 'whole' })
  })
})

const order = createMachine({
  context: { seen: [] as string[] },
  initial: 'a',
  states: {
    a: { exit: 'see', on: { go: { target: 'b', actions: ['see', raise({ type: 'next' })] } } },
    b: {
      entry: 'see',
      initial: 'c',
      states: { c: { entry: 'see', on: { next: { target: '#d', actions: 'see' } } } },
    },
    d: { id: 'd', type: 'final', entry: 'see', exit: 'see' },
  },
  output: ({ context, event }) => [context.seen.length, event.type],
}).provide({
  actions: { see: assign({ seen: ({ context, event }) => [...context.seen, event.type] }) },
})

describe.each(asBoth(order))('a chart, %s,', (_, logic) => {
  test('leaves, acts, enters, then reads what it raised; its output is known before it leaves its last state', () => {
    const { actor } = start(logic)
    actor.send({ type: 'go' })
    expect(actor.getSnapshot().context.seen).toEqual(['go', 'go', 'go', 'go', 'next', 'next', 'next'])
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: [6, 'xstate.done.state.d'] })
  })
})

describe.each(
  asBoth(createMachine({ options: { maxIterations: 10 }, on: { go: { actions: raise({ type: 'go' }) } } })),
)('a chart that never rests, %s,', (_, logic) => {
  test('is ended by the bound it sets itself', () => {
    const { actor, errors } = start(logic)
    actor.send({ type: 'go' })
    expect(String(errors[0])).toMatch(/more than 10/)
  })
})

function fail(message: string): never {
  throw new Error(message)
}
