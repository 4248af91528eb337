import { describe, expect, test } from '@jest/globals'
import { Actor, type AnyActorRef, createActor, emit, setup } from 'xstate'
import { createChild } from './child.js'
import { compile } from './compile.js'
import { internalsOf } from './xstate.js'

const heard: unknown[] = []
const parent = setup({}).createMachine({ on: { '*': { actions: ({ event }) => heard.push(event) } } })
const child = setup({}).createMachine({
  initial: 'open',
  states: {
    open: { on: { end: 'ended', fail: { actions: () => fail('broken pipe') } } },
    ended: { type: 'final' },
  },
  output: 'bye',
})

const fail = (message: string) => {
  throw new Error(message)
}

describe('a child', () => {
  test('is started, unless asked otherwise, and tells its parent how it ended', () => {
    const owner = createActor(parent).start()
    const waiting = createChild(compile(child), { parent: owner, id: 'later', start: false })
    expect(heard).toEqual([])
    waiting.start()
    waiting.send({ type: 'end' })
    expect(heard.splice(0)).toEqual([{ type: 'xstate.done.actor.later', output: 'bye', actorId: 'later' }])

    createChild(compile(child), { parent: owner, id: 'now' }).send({ type: 'end' })
    expect(heard.splice(0)).toMatchObject([{ type: 'xstate.done.actor.now' }])
  })

  test('that fails tells its owner and its parent, and throws nowhere', () => {
    const owner = createActor(parent).start()
    const errors: unknown[] = []
    const failing = createChild(compile(child), { parent: owner, onError: (error) => errors.push(error) })
    failing.send({ type: 'fail' })
    expect(errors).toEqual([new Error('broken pipe')])
    expect(heard.splice(0)).toMatchObject([{ type: `xstate.error.actor.${failing.id}`, error: errors[0] }])
    expect(failing.getSnapshot()).toMatchObject({ status: 'error', value: 'open' })
    expect(failing.getSnapshot().matches('open')).toBe(true)
  })

  test('that nobody observes fails without ending the process', async () => {
    const owner = createActor(parent).start()
    const failing = createChild(compile(child), { parent: owner })
    failing.send({ type: 'fail' })
    // XState would throw from a timer of no delay.
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(heard.splice(0)).toHaveLength(1)
    expect(failing.getSnapshot().status).toBe('error')
  })

  test('costs its parent nothing that grows with their number', () => {
    const owner = createActor(parent).start()
    for (let at = 0; at < 100; at++) createChild(compile(child), { parent: owner })
    expect(Object.keys(owner.getSnapshot().children)).toEqual([])
  })

  test('must get the input its chart asks for', () => {
    const owner = createActor(parent).start()
    const named = setup({
      types: {} as { input: { name: string }; context: { name: string } },
    }).createMachine({
      context: ({ input }) => ({ name: input.name }),
    })
    expect(
      createChild(compile(named), { parent: owner, input: { name: 'a' } }).getSnapshot().context.name,
    ).toBe('a')
    // @ts-expect-error without input
    const failing = createChild(compile(named), { parent: owner, start: false })
    expect(failing.getSnapshot().status).toBe('error')
  })

  test('makes room for observers and listeners of its own when the first one comes', () => {
    const owner = createActor(parent).start()
    const talker = setup({
      types: {} as { events: { type: 'talk' }; emitted: { type: 'word' } },
    }).createMachine({ on: { talk: { actions: emit({ type: 'word' }) } } })
    const [one, other] = ['one', 'other'].map((id) => createChild(compile(talker), { parent: owner, id }))
    const told: string[] = []
    one!.subscribe({ next: () => told.push('one moved'), error: () => {} })
    one!.on('word', () => told.push('one spoke'))
    other!.on('word', () => told.push('other spoke'))
    other!.send({ type: 'talk' })
    one!.send({ type: 'talk' })
    expect(told).toEqual(['other spoke', 'one spoke', 'one moved'])
  })

  test('of a compiled chart is made as XState would make it: the same fields, of the same kinds', () => {
    const owner = createActor(parent).start()
    const kindsOf = (actor: object) =>
      Object.fromEntries(
        Object.entries(actor)
          // Bound to each by XState; ours is the prototype's.
          .filter(([name]) => name !== 'send')
          .map(([name, value]) => [name, kindOf(value)]),
      )
    const kindOf = (value: unknown) => Object.prototype.toString.call(value)
    const options = { parent: owner, id: 'one', start: false } as const
    const ours = createChild(compile(child), options)
    const theirs = new Actor(compile(child), { parent: owner, id: 'one' } as never)
    expect(ours).toBeInstanceOf(Actor)
    expect(kindsOf(ours)).toEqual(kindsOf(theirs))
    expect(Object.keys(internalsOf(theirs)._actorScope as object).sort()).toEqual(
      [
        ...Object.keys(internalsOf(ours)._actorScope as object),
        'actionExecutor',
        'defer',
        'emit',
        'stopChild',
      ].sort(),
    )
    const { send } = ours
    expect(send).toBe(Actor.prototype.send)
  })

  test('of a compiled chart performs what it began with when it starts, and an inspector sees it', () => {
    const seen: string[] = []
    const owner = createActor(parent, {
      inspect: (event) => {
        if (event.actorRef.sessionId !== event.rootId) seen.push(event.type)
      },
    }).start()
    const greeting = setup({ actions: { greet: () => void seen.push('greeted') } })
    const told = greeting.createMachine({ entry: 'greet' })
    const made = createChild(compile(told), { parent: owner, id: 'g', start: false })
    expect(seen.splice(0)).not.toContain('greeted')
    made.start()
    expect(seen).toEqual(expect.arrayContaining(['@xstate.action', 'greeted']))
    expect(seen.indexOf('@xstate.action')).toBeLessThan(seen.indexOf('greeted'))
  })

  test('keeps who subscribed before it was made to the end', () => {
    const seen: unknown[] = []
    const owner = createActor(parent, {
      inspect: (event) => {
        if (event.type !== '@xstate.actor' || event.actorRef.sessionId === event.rootId) return
        const watched = event.actorRef as AnyActorRef
        watched.subscribe({ next: ({ status }) => void seen.push(status), error: () => {} })
      },
    }).start()
    createChild(compile(child), { parent: owner, id: 'seen' }).send({ type: 'end' })
    expect(seen).toEqual(['active', 'done'])
  })
})
