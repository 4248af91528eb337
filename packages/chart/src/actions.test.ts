import { describe, expect, test } from '@jest/globals'
import {
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  emit,
  enqueueActions,
  forwardTo,
  fromTransition,
  log,
  raise,
  sendParent,
  sendTo,
} from 'xstate'
import { createChild } from './child.js'
import { compile } from './compile.js'

/** Runs a chart whose `go` has these actions, as a child, and says what came of it. */
function outcome(actions: unknown, implementations: object = {}) {
  const machine = createMachine(
    {
      id: 'subject',
      context: { n: 1 },
      on: { go: { actions }, raised: { actions: assign({ n: 10 }) } },
    } as never,
    implementations as never,
  ) as AnyStateMachine
  const heard: object[] = []
  const logged: unknown[] = []
  const logic = fromTransition((_, event: object) => void heard.push(event), undefined)
  const parent = createActor(logic, { systemId: 'parent', logger: (...what) => logged.push(what) }).start()
  const child = createChild(compile(machine), {
    parent,
    id: 'subject',
    onError: (error) => heard.push({ error }),
  })
  const emitted: unknown[] = []
  child.on('*', (event) => emitted.push(event))
  child.send({ type: 'go', by: 2 })
  return { context: child.getSnapshot().context, heard, logged, emitted }
}

interface Both {
  readonly context: { n: number }
  readonly event: { type: string; by: number }
}

describe('an action', () => {
  test('of its own sees context, event, self and system, and its parameters', () => {
    const seen: unknown[] = []
    const see = (args: object, params: unknown) => seen.push(Object.keys(args), params)
    outcome([see, { type: 'see', params: 1 }, { type: 'see', params: ({ event }: Both) => event.by }], {
      actions: { see },
    })
    const keys = ['context', 'event', 'self', 'system']
    expect(seen).toEqual([keys, undefined, keys, 1, keys, 2])
  })

  test('sees what the actions before it assigned', () => {
    const seen: number[] = []
    const see = ({ context }: Both) => seen.push(context.n)
    const { context } = outcome(
      [see, assign({ n: ({ context, event }) => context.n + event.by }), see, 'more', see],
      {
        actions: { more: assign(({ context }: Both) => ({ n: context.n * 2 })) },
      },
    )
    expect(seen).toEqual([1, 3, 6])
    expect(context).toEqual({ n: 6 })
  })

  test('nobody implements does nothing', () => {
    expect(outcome('unknown').context).toEqual({ n: 1 })
  })

  test('raises an event for the next step', () => {
    expect(outcome([raise({ type: 'raised' }), assign({ n: 5 })]).context).toEqual({ n: 10 })
  })

  test('emits, logs, and sends to the parent, to a reference, to what the system knows, and to itself', () => {
    const { context, heard, logged, emitted } = outcome([
      emit(({ context }) => ({ type: 'emitted', n: context.n })),
      log('here', 'label'),
      log(({ context }) => context.n),
      sendParent({ type: 'up' }),
      sendTo(
        ({ system }) => system.get('parent'),
        ({ event }) => ({ ...event, type: 'found' }),
      ),
      forwardTo(({ self }) => self._parent!),
      sendTo('#_internal', { type: 'raised' }),
    ])
    expect(emitted).toEqual([{ type: 'emitted', n: 1 }])
    expect(logged).toEqual([['label', 'here'], [1]])
    expect(heard).toEqual([{ type: 'up' }, { type: 'found', by: 2 }, { type: 'go', by: 2 }])
    expect(context).toEqual({ n: 10 })
  })

  test('that sends to somebody unknown fails', () => {
    const { heard } = outcome(sendTo(() => 'nobody', { type: 'lost' }))
    expect(String((heard[0] as { error: unknown }).error)).toMatch("nobody called 'nobody'")
  })

  test('enqueues others after a look at a guard, and they run at once', () => {
    const seen: unknown[] = []
    const { context, heard } = outcome(
      [
        enqueueActions(({ enqueue, check, context }) => {
          if (check('isOne' as never)) enqueue.assign({ n: context.n + 1 } as never)
          enqueue('see' as never)
          enqueue.raise({ type: 'raised' } as never)
          enqueue.sendParent({ type: 'up' })
        }),
        ({ context }: Both) => seen.push(context.n),
      ],
      {
        guards: { isOne: ({ context }: Both) => context.n === 1 },
        actions: { see: ({ context }: Both) => seen.push(context.n) },
      },
    )
    expect(seen).toEqual([2, 2])
    expect(context).toEqual({ n: 10 })
    expect(heard).toEqual([{ type: 'up' }])
  })
})
