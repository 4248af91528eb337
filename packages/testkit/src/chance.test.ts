import { expect, test } from '@jest/globals'
import { seededChance } from './chance.js'

test('a seed repeats everything that is drawn', () => {
  const draw = (seed: number) => {
    const chance = seededChance(seed)
    return [
      chance(),
      chance.int(-5, 5),
      chance.pick('abc'.split('')),
      [...chance.bytes(4)],
      chance.shuffle([1, 2, 3]),
    ]
  }
  expect(draw(9)).toEqual(draw(9))
  expect(draw(9)).not.toEqual(draw(10))
})

test('the numbers of a seed are the same for ever', () => {
  const chance = seededChance(1)
  expect([chance.int(0, 999), chance.int(0, 999), chance.int(0, 999)]).toEqual([367, 81, 820])
})

test('every number of a range comes, about as often as any other, and none beside', () => {
  const chance = seededChance(2)
  const counts = new Map<number, number>()
  for (let i = 0; i < 60_000; i++) {
    const number = chance.int(-2, 3)
    counts.set(number, (counts.get(number) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3])
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('a shuffle has the same things and leaves the list alone', () => {
  const list = Array.from({ length: 20 }, (_, i) => i)
  const shuffled = seededChance(3).shuffle(list)
  expect(shuffled).not.toEqual(list)
  expect([...shuffled].sort((a, b) => a - b)).toEqual(list)
})
