import { describe, expect, test } from '@jest/globals'
import { sweep, transitionTable } from '../index.js'
import { door, input, kick, push, right } from './door.test.kit.js'

describe('a transition table', () => {
  const whole = sweep(door, { input, events: [push, kick, right] })
  const rows = whole.map(({ from, on, to, runs }) => ({ from, on: on as typeof push, to, runs }))
  const run = (name: string, part: typeof rows) =>
    transitionTable(door, part, { input, events: [push, kick, right] })
      .find((one) => one.name === name)!
      .run()
      .then(
        () => 'it went well',
        (error: Error) => error.message,
      )

  for (const one of transitionTable(door, rows, { input })) test(`holds: ${one.name}`, one.run)

  test('names the pairs it has no row for', async () => {
    expect(await run('every state meets every message', rows.slice(1))).toBe(
      'there is no row for\n  (leaf.shut, frame.sound) on push',
    )
  })

  test('names the rows that stand there twice', async () => {
    expect(await run('no state meets the same message twice', [...rows, rows[0]!])).toBe(
      'these rows stand there twice:\n  in (leaf.shut, frame.sound) on push',
    )
  })

  test('fails a row that runs more than it says', async () => {
    const [first] = transitionTable(door, [{ from: [], on: push, to: { leaf: 'open' } }], { input })
    await expect(first!.run()).rejects.toThrow('wanted it to run [], and it ran ["creak", "ring"]')
  })
})
