import { describe, expect, jest, test } from '@jest/globals'
import { simulate } from './simulate.js'

// A failure is one number: `simulate(seed)` plays it again.

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 250)
const FIRST = Number(process.env.SIMULATION_FIRST ?? 1)
jest.setTimeout(60_000 + SEEDS * 1000)

const seeds = (count: number) => Array.from({ length: count }, (_, i) => FIRST + i)

describe('two sessions in a world of chance', () => {
  test(`what is always true is true in ${SEEDS} worlds`, async () => {
    for (const seed of seeds(SEEDS)) {
      const { broken } = await simulate(seed)
      expect({ seed, broken }).toEqual({ seed, broken: [] })
    }
  })

  test('one seed tells one story', async () => {
    for (const seed of seeds(20)) {
      const { trace } = await simulate(seed)
      expect({ seed, trace: (await simulate(seed)).trace }).toEqual({ seed, trace })
    }
  })

  test('charts tell the same story compiled and as they are drawn', async () => {
    for (const seed of seeds(30)) {
      const { trace } = await simulate(seed, 'compiled')
      expect({ seed, trace: (await simulate(seed, 'interpreted')).trace }).toEqual({ seed, trace })
    }
  })

  test('the worlds are worlds apart: streams end well, are reset, and sessions are lost', async () => {
    const all = (await Promise.all(seeds(20).map(async (seed) => (await simulate(seed)).trace)))
      .flat()
      .join('\n')
    for (const what of [
      / ended \d/,
      / reset \d+ CANCEL/,
      /REFUSED_STREAM/,
      /end went well/,
      / blocked \d/,
      /got \d+ bytes/,
    ])
      expect(all).toMatch(what)
  })
})
