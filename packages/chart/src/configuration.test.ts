import { describe, expect, test } from '@jest/globals'
import { createMachine } from 'xstate'
import { activeChildren, Configuration } from './configuration.js'
import { compareWithInterpreter } from './equality.js'
import type { State } from './xstate.js'

const region = (tag: string) => ({
  initial: 'in',
  states: { in: { tags: tag, on: { go: { target: 'in', actions: tag } } } },
})

const machine = createMachine({
  id: 'm',
  type: 'parallel',
  states: { b: region('B'), 2: region('two'), 1: region('one') },
})
const root = machine.root as State
const [b, two, one] = ['b', '2', '1'].map((key) => root.states[key] as State)

describe('a configuration', () => {
  test('has the value and the tags of its states', () => {
    const { value, tags } = new Configuration(root, [
      root,
      b!,
      b!.states.in!,
      two!,
      two!.states.in!,
      one!,
      one!.states.in!,
    ])
    expect(value).toEqual({ b: 'in', 2: 'in', 1: 'in' })
    expect([...tags]).toEqual(['B', 'two', 'one'])
  })

  test('of the root alone shows what will be entered', () => {
    expect(new Configuration(root, [root]).value).toEqual({ b: 'in', 2: 'in', 1: 'in' })
  })

  test('asks its regions as JavaScript lists the keys of its value, numbers first', () => {
    expect(activeChildren(root, [root, b!, two!, one!]).map(({ key }) => key)).toEqual(['1', '2', 'b'])
    expect(compareWithInterpreter(machine, [{ type: 'go' }, { type: 'go' }])).toBeUndefined()
  })
})
