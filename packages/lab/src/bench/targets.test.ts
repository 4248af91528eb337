import { expect, it } from '@jest/globals'
import { CONTENDERS } from './contenders/index.js'
import { HPACK, HPACK_FIGURES, OUR_HPACK } from './hpack.js'
import { Results } from './results.js'
import { TARGETS } from './targets.js'
import { WORKLOADS } from './workloads/index.js'

it('every promise finds its figure once everything has been measured', () => {
  const results = new Results()
  for (const { name, kind, figures } of WORKLOADS) {
    for (const contender of CONTENDERS.filter(({ runs }) => runs.includes(kind))) {
      results.add(name, contender.name, Object.fromEntries(figures.map((figure) => [figure.name, 1])))
    }
  }
  results.add(HPACK, OUR_HPACK, Object.fromEntries(HPACK_FIGURES.map((verb) => [verb, 1])))
  expect(TARGETS.filter(({ value }) => value(results) === undefined).map(({ what }) => what)).toEqual([])
})

it('no promise is judged by what was not measured', () => {
  expect(TARGETS.filter(({ value }) => value(new Results()) !== undefined)).toEqual([])
})
