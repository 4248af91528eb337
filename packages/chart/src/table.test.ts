import { describe, expect, test } from '@jest/globals'
import { createActor, createMachine } from 'xstate'
import { compile } from './compile.js'
import { ChartSnapshot } from './snapshot.js'

describe('what a table remembers', () => {
  test('does not grow with event types that no row names', () => {
    const machine = createMachine({
      id: 'parent',
      initial: 'here',
      states: { here: {} },
      on: { 'xstate.done.actor.*': {}, known: {}, '*': {} },
    })
    const actor = createActor(compile(machine)).start()
    for (let child = 0; child < 1000; child += 1) {
      actor.send({ type: `xstate.done.actor.${child}` })
      actor.send({ type: `unheard.of.${child}` })
    }
    actor.send({ type: 'known' })
    const { choices, wildChoices } = ChartSnapshot.configurationOf(actor.getSnapshot())!
    expect([...choices.keys()]).toEqual(['known'])
    expect(wildChoices.size).toBe(2)
  })
})
