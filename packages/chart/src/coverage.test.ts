import { describe, expect, test } from '@jest/globals'
import { createActor, createMachine, not } from 'xstate'
import { compile } from './compile.js'
import { recordCoverage, transitionsOf } from './coverage.js'

const machine = createMachine({
  id: 'gate',
  initial: 'open',
  on: { '*': { actions: 'complain' } },
  states: {
    open: { on: { fill: [{ guard: not('hasRoom'), target: 'shut', actions: ['close', 'tell'] }, {}] } },
    shut: {
      always: { guard: 'hasRoom', target: 'open' },
      initial: 'tight',
      states: { tight: { type: 'final' } },
      onDone: 'open',
    },
  },
}).provide({ guards: { hasRoom: () => true } })

const full = machine.provide({ guards: { hasRoom: () => false } })

describe('the rows of a chart', () => {
  test('are listed as they are written', () => {
    expect(transitionsOf(machine)).toEqual([
      {
        id: 'gate on * [0]',
        source: 'gate',
        event: '*',
        index: 0,
        guard: undefined,
        targets: [],
        actions: ['complain'],
      },
      {
        id: 'gate.open on fill [0]',
        source: 'gate.open',
        event: 'fill',
        index: 0,
        guard: 'not hasRoom',
        targets: ['gate.shut'],
        actions: ['close', 'tell'],
      },
      {
        id: 'gate.open on fill [1]',
        source: 'gate.open',
        event: 'fill',
        index: 1,
        guard: undefined,
        targets: [],
        actions: [],
      },
      {
        id: 'gate.shut on onDone [0]',
        source: 'gate.shut',
        event: 'onDone',
        index: 0,
        guard: undefined,
        targets: ['gate.open'],
        actions: [],
      },
      {
        id: 'gate.shut on always [0]',
        source: 'gate.shut',
        event: 'always',
        index: 0,
        guard: 'hasRoom',
        targets: ['gate.open'],
        actions: [],
      },
    ])
  })
})

describe.each(['interpreted', 'compiled'])('coverage of a chart, %s,', (how) => {
  test('counts what ran and names what did not, over all variants', () => {
    const [plain, variant] = [machine, full].map((each) => (how === 'compiled' ? compile(each) : each))
    const coverage = recordCoverage(plain!, variant!)
    expect(coverage.missing()).toHaveLength(5)

    const actor = createActor(plain!, { inspect: coverage.inspect }).start()
    actor.send({ type: 'fill' })
    actor.send({ type: 'fill' })
    expect(coverage.report()).toBe(
      [
        '1 of 5 rows ran',
        '  never: gate on * [0]',
        '  never: gate.open on fill [0] if not hasRoom → gate.shut',
        '  never: gate.shut on onDone [0] → gate.open',
        '  never: gate.shut on always [0] if hasRoom → gate.open',
      ].join('\n'),
    )
    createActor(variant!, { inspect: coverage.inspect }).start().send({ type: 'fill' })
    actor.send({ type: 'unheard' })
    expect(coverage.rows.map(coverage.count)).toEqual([1, 1, 2, 1, 0])

    coverage.stop()
    createActor(plain!).start().send({ type: 'fill' })
    expect(coverage.rows.map(coverage.count)).toEqual([1, 1, 2, 1, 0])
  })
})
