import { describe, expect, test } from '@jest/globals'
import {
  type AnyStateMachine,
  cancel,
  createActor,
  createMachine,
  enqueueActions,
  fromPromise,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'
import { compile } from './compile.js'
import { UnsupportedChartError } from './errors.js'

const job = fromPromise(async () => 'done')

/** A stream whose state `live.receiving.flowing` is given. */
const stream = (flowing: object) =>
  createMachine({
    id: 'stream',
    initial: 'live',
    states: {
      live: {
        type: 'parallel',
        states: { receiving: { initial: 'flowing', states: { flowing } }, sending: {} },
      },
    },
  })

describe('compile refuses, and says where,', () => {
  test.each<[string, object]>([
    ['invoke', { invoke: { src: job } }],
    ['after', { after: { 100: 'flowing' } }],
    ['xstate.spawnChild', { entry: spawnChild(job) }],
    ['xstate.stopChild', { exit: stopChild('job') }],
    ['xstate.cancel', { on: { quit: { actions: cancel('job') } } }],
    ['xstate.raise with a delay', { entry: raise({ type: 'later' }, { delay: 100 }) }],
    ['xstate.sendTo with a delay', { always: { actions: sendParent({ type: 'later' }, { delay: 1 }) } }],
    ["sendTo('job')", { on: { quit: { actions: sendTo('job', { type: 'stop' }) } } }],
    ['hasRoom', { on: { write: { guard: 'hasRoom' } } }],
  ])('%s', (feature, flowing) => {
    const refusal = refusalOf(stream(flowing))
    expect(refusal).toMatchObject({ path: 'stream.live.receiving.flowing', feature })
    expect(refusal.message).toContain(`stream.live.receiving.flowing: '${feature}' is not supported`)
  })

  test('history', () => {
    const past = { initial: 'now', states: { now: {}, past: { type: 'history' } } }
    expect(refusalOf(stream(past))).toMatchObject({
      path: 'stream.live.receiving.flowing.past',
      feature: 'history',
    })
  })

  test('an action of initial, and one that a name stands for', () => {
    const chart = setup({ actions: { startJob: spawnChild(job) } }).createMachine({
      id: 'chart',
      initial: { target: 'open', actions: 'startJob' },
      states: { open: {} },
    })
    expect(refusalOf(chart)).toMatchObject({ path: 'chart', feature: 'xstate.spawnChild' })
  })

  test('nothing that only its own name makes look strange', () => {
    expect(() => compile(stream({ on: { after: {}, invoke: {} }, tags: 'history' }))).not.toThrow()
  })
})

describe('what compile cannot see fails when it happens:', () => {
  test('spawn in a context factory', () => {
    const chart = createMachine({ id: 'chart', context: ({ spawn }) => ({ child: spawn(job) }) })
    expect(failureOf(chart)).toMatchObject({ path: 'chart', feature: 'spawn' })
  })

  test('a refused action that is enqueued', () => {
    const chart = createMachine({
      id: 'chart',
      entry: enqueueActions(({ enqueue }) => enqueue.spawnChild(job)),
    })
    expect(failureOf(chart)).toMatchObject({ path: 'chart', feature: 'xstate.spawnChild' })
  })
})

function refusalOf(machine: AnyStateMachine): UnsupportedChartError {
  try {
    compile(machine)
  } catch (error) {
    if (error instanceof UnsupportedChartError) return error
  }
  throw new Error('it was not refused')
}

function failureOf(machine: AnyStateMachine): unknown {
  const actor = createActor(compile(machine))
  actor.subscribe({ error: () => {} })
  return actor.start().getSnapshot().error
}
