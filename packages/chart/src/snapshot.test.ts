import { describe, expect, test } from '@jest/globals'
import { type AnyStateMachine, createActor, createMachine, initialTransition, transition } from 'xstate'
import { compile } from './compile.js'

const door = createMachine({
  id: 'door',
  context: ({ input }) => ({ owner: input }),
  type: 'parallel',
  states: {
    leaf: {
      initial: 'shut',
      states: {
        shut: { tags: ['safe'], meta: { colour: 'red' }, on: { push: 'open' } },
        open: { on: { pull: 'shut', admire: {} } },
      },
    },
    lock: {
      initial: 'unlocked',
      states: { unlocked: { on: { turn: 'locked' } }, locked: { tags: ['safe'] } },
    },
  },
})

const both: [string, AnyStateMachine][] = [
  ['interpreted', door],
  ['compiled', compile(door)],
]

describe.each(both)('a snapshot of a chart, %s,', (_, logic) => {
  const start = () => createActor(logic, { input: 'me' }).start()

  test('answers as XState documents it', () => {
    const actor = start()
    const snapshot = actor.getSnapshot()
    expect(snapshot.matches('leaf')).toBe(true)
    expect(snapshot.matches({ leaf: 'shut' })).toBe(true)
    expect(snapshot.matches({ leaf: 'open' })).toBe(false)
    expect(snapshot.hasTag('safe')).toBe(true)
    expect(snapshot.can({ type: 'push' })).toBe(true)
    expect(snapshot.can({ type: 'pull' })).toBe(false)
    expect(snapshot.getMeta()).toEqual({ 'door.leaf.shut': { colour: 'red' } })
    actor.send({ type: 'push' })
    expect(actor.getSnapshot().can({ type: 'admire' })).toBe(false)
    expect(snapshot.value).toEqual({ leaf: 'shut', lock: 'unlocked' })
  })

  test('serialises with its value, context, status and tags', () => {
    expect(JSON.stringify(start().getSnapshot())).toBe(
      '{"status":"active","context":{"owner":"me"},"value":{"leaf":"shut","lock":"unlocked"},' +
        '"children":{},"historyValue":{},"tags":["safe"]}',
    )
  })

  test('knows its machine, and the machine its definition', () => {
    const { machine } = start().getSnapshot()
    expect(machine).toBe(logic)
    expect(machine.config).toBe(door.config)
    expect(JSON.stringify(machine.definition)).toBe(JSON.stringify(door.definition))
    expect(JSON.stringify(logic)).toBe(JSON.stringify(door))
  })

  test('is persisted and restored', () => {
    const actor = start()
    actor.send({ type: 'turn' })
    const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()))
    expect(persisted).toMatchObject({
      status: 'active',
      context: { owner: 'me' },
      value: { leaf: 'shut', lock: 'locked' },
    })
    const restored = createActor(logic, { snapshot: persisted, input: undefined }).start()
    expect(restored.getSnapshot().value).toEqual({ leaf: 'shut', lock: 'locked' })
    restored.send({ type: 'push' })
    expect(restored.getSnapshot().value).toEqual({ leaf: 'open', lock: 'locked' })
  })

  test('stays the same object while nothing changes', () => {
    const actor = start()
    const before = actor.getSnapshot()
    actor.send({ type: 'unheard' })
    expect(actor.getSnapshot()).toBe(before)
  })

  test('comes out of the pure functions, too', () => {
    const [first, actions] = initialTransition(logic, 'me' as never)
    expect(actions).toEqual([])
    const [next] = transition(logic, first, { type: 'push' })
    expect(next.value).toEqual({ leaf: 'open', lock: 'unlocked' })
  })
})

describe('snapshots of a compiled chart', () => {
  test('share what depends on the active states alone', () => {
    const logic = compile(door)
    const [one, other] = ['a', 'b'].map((input) => createActor(logic, { input }).start().getSnapshot())
    expect(one?.context).not.toBe(other?.context)
    expect(one?.value).toBe(other?.value)
    expect(one?.tags).toBe(other?.tags)
  })

  test('are shared by all actors of a chart whose context never changes', () => {
    const logic = compile(
      createMachine({ context: { limit: 3 }, initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } }),
    )
    const [one, other] = [createActor(logic).start(), createActor(logic).start()]
    one.send({ type: 'go' })
    other.send({ type: 'go' })
    expect(one.getSnapshot()).toBe(other.getSnapshot())
  })
})
