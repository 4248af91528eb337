import { describe, expect, test } from '@jest/globals'
import { createActor, createMachine, type InspectionEvent, raise } from 'xstate'
import { compile } from './compile.js'

const machine = createMachine({
  id: 'relay',
  initial: 'off',
  states: {
    off: { on: { press: { target: 'on', actions: raise({ type: 'hum' }) } } },
    on: { entry: { type: 'light', params: { colour: 'red' } }, on: { hum: {} } },
  },
})

describe('an inspector of a compiled chart', () => {
  test('is told of every actor, event, action, step and snapshot, in that order', () => {
    const told: InspectionEvent[] = []
    const actor = createActor(compile(machine), { inspect: (notice) => told.push(notice) }).start()
    expect(told.map(({ type }) => type)).toEqual(['@xstate.actor', '@xstate.event', '@xstate.snapshot'])
    told.length = 0

    actor.send({ type: 'press' })
    expect(told).toMatchObject([
      { type: '@xstate.event', event: { type: 'press' } },
      { type: '@xstate.action', action: { type: 'xstate.raise', params: { event: { type: 'hum' } } } },
      { type: '@xstate.action', action: { type: 'light', params: { colour: 'red' } } },
      {
        type: '@xstate.microstep',
        event: { type: 'press' },
        snapshot: { value: 'on' },
        _transitions: [{ eventType: 'press' }],
      },
      {
        type: '@xstate.microstep',
        event: { type: 'hum' },
        snapshot: { value: 'on' },
        _transitions: [{ eventType: 'hum' }],
      },
      { type: '@xstate.snapshot', event: { type: 'press' }, snapshot: { value: 'on' } },
    ])
    for (const notice of told) expect(notice.actorRef).toBe(actor)
  })

  test('finds the definition where Stately looks for it', () => {
    const told: InspectionEvent[] = []
    createActor(compile(machine), { inspect: (notice) => told.push(notice) })
    const { logic } = told[0]!.actorRef as unknown as { logic: { config: object } }
    expect(logic.config).toBe(machine.config)
  })
})
