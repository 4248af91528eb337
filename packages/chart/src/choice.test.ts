import { describe, expect, test } from '@jest/globals'
import { createMachine } from 'xstate'
import { candidatesOf, choose, describes, type Row } from './choice.js'
import type { State } from './xstate.js'

describe('a descriptor', () => {
  test.each([
    ['open', 'open', true],
    ['*', 'anything', true],
    ['recv.*', 'recv', true],
    ['recv.*', 'recv.data', true],
    ['recv.*', 'recv.data.last', true],
    ['recv.data.*', 'recv.end', false],
    ['recv.*', 'received', false],
    ['recv', 'recv.data', false],
  ])('%s describes %s: %s', (descriptor, type, expected) => {
    expect(describes(descriptor, type)).toBe(expected)
  })
})

describe('the rows of a state', () => {
  test('are asked from the exact to the vague', () => {
    const { root } = createMachine({ on: { '*': {}, 'a.*': {}, 'a.b.*': {}, 'a.b': {}, b: {} } })
    expect(candidatesOf(root as State, 'a.b').map((row) => row.eventType)).toEqual([
      'a.b',
      'a.b.*',
      'a.*',
      '*',
    ])
  })
})

describe('a choice', () => {
  const row = (guarded: boolean) => ({ guard: guarded ? () => true : undefined }) as unknown as Row
  const [sure, unsure] = [row(false), row(true)]

  test('of nothing is none', () => {
    expect(choose([undefined, undefined], [])).toBeUndefined()
  })

  test('of one region is one list with its parent, up to the first row without guard', () => {
    const region = choose([], [unsure])
    expect(choose([region, undefined], [unsure, sure, unsure])).toMatchObject({
      regions: [],
      rows: [unsure, unsure, sure],
    })
  })

  test('of two regions keeps them apart', () => {
    const regions = [choose([], [sure]), choose([], [unsure])]
    expect(choose(regions, [sure])).toMatchObject({ regions, rows: [sure] })
  })
})
