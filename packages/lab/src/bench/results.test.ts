import { expect, it } from '@jest/globals'
import { median, Results } from './results.js'

it('the median of an even number of rounds lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeUndefined()
})

it('a ratio compares within rounds, so a slow spell of the machine cancels out', () => {
  const results = new Results()
  for (const [ours, theirs] of [
    [100, 50],
    [10, 5],
    [60, 30],
  ] as const) {
    results.add('bulk', 'plexus', { rate: ours })
    results.add('bulk', 'http2', { rate: theirs })
  }
  expect(results.ratio('bulk', 'plexus', 'http2', 'rate')).toBe(2)
})

it('a round that failed counts for nobody and says why', () => {
  const results = new Results()
  results.add('bulk', 'plexus', 'no answer')
  results.add('bulk', 'http2', { rate: 1 })
  results.add('bulk', 'plexus', { rate: 6 })
  results.add('bulk', 'http2', { rate: 3 })
  expect(results.median('bulk', 'plexus', 'rate')).toBe(6)
  expect(results.ratio('bulk', 'plexus', 'http2', 'rate')).toBe(2)
  expect(results.failures('bulk', 'plexus')).toEqual(['no answer'])
})

it('what was not measured has no figure', () => {
  expect(new Results().ratio('bulk', 'plexus', 'tcp', 'rate')).toBeUndefined()
})
