import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMachine } from 'xstate'
import { compareWithInterpreter, type Difference } from './equality.js'
import { build, chartPlan, eventTypes, Parts } from './equality.test.machines.js'

describe('a compiled chart', () => {
  test('shows the same as an interpreted one, whatever the chart and whatever comes', () => {
    const event = fc.record({ type: fc.constantFrom(...eventTypes) })
    fc.assert(
      fc.property(chartPlan(), fc.array(event, { maxLength: 8 }), (plan, events) => {
        const runs: Parts[] = []
        const input = () => runs[runs.push(new Parts()) - 1]
        const difference = compareWithInterpreter(build(plan), events, { input })
        if (difference && !bothRanForEver(difference)) throw new Error(explain(difference))
        expect(runs[1]?.trace).toEqual(runs[0]?.trace)
      }),
      { numRuns: Number(process.env.CHART_RUNS ?? 1000), ...seed() },
    )
  })
})

describe('a comparison', () => {
  test('says after how many events two runs part ways, and what they showed', () => {
    let calls = 0
    const machine = createMachine({ on: { count: { actions: { type: 'note', params: () => ++calls } } } })
    const difference = compareWithInterpreter(machine, [{ type: 'wait' }, { type: 'count' }])
    expect(difference).toMatchObject({ after: 1, event: { type: 'count' } })
    expect(difference?.interpreted.join()).toContain('"params":1')
    expect(difference?.compiled.join()).toContain('"params":2')
  })
})

/** Charts that never rest are stopped by XState's `maxIterations`; the two only word it differently. */
const bothRanForEver = ({ interpreted, compiled }: Difference) =>
  interpreted.some((line) => line.includes('Infinite loop')) &&
  compiled.some((line) => line.includes('took more than'))

function explain({ after, event, interpreted, compiled }: Difference): string {
  const at = interpreted.findIndex((line, each) => line !== compiled[each])
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, at - 2), at + 2).join('\n    ')
  return [
    `after ${after} events, on ${JSON.stringify(event)}`,
    `  interpreted:\n    ${around(interpreted)}`,
    `  compiled:\n    ${around(compiled)}`,
  ].join('\n')
}

const seed = () => (process.env.CHART_SEED ? { seed: Number(process.env.CHART_SEED) } : {})
