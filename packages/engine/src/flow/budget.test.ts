import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Budget } from './budget.js'

test('a budget gives its limit to the last byte, and not one more', () => {
  const budget = new Budget(100)
  expect(budget.take(99)).toBe(true)
  expect(budget.isSpent).toBe(false)
  expect(budget.take(2)).toBe(false)
  expect(budget.used).toBe(99)
  expect(budget.take(1)).toBe(true)
  expect(budget.isSpent).toBe(true)
})

test('what the budget above refuses is not taken below', () => {
  const process = new Budget(100)
  const first = new Budget(80, process)
  const second = new Budget(80, process)
  expect(first.take(60)).toBe(true)
  expect(second.take(60)).toBe(false)
  expect([process.used, first.used, second.used]).toEqual([60, 60, 0])
})

test('a budget is spent when the one above it is, and not any more when a neighbour gave back', () => {
  const process = new Budget(100)
  const greedy = new Budget(100, process)
  const modest = new Budget(100, process)
  greedy.take(100)
  expect(modest.isSpent).toBe(true)
  greedy.give(1)
  expect(modest.isSpent).toBe(false)
})

test('a charge is taken though it is too much, and blocks every take until it is paid back', () => {
  const budget = new Budget(100)
  budget.charge(150)
  expect(budget.take(1)).toBe(false)
  budget.give(51)
  expect(budget.isSpent).toBe(false)
  expect(budget.take(1)).toBe(true)
})

test('after any mix the process holds what its sessions hold, and give makes good for take', () => {
  const amount = fc.nat({ max: 80 })
  const deed = fc.record({ who: fc.nat({ max: 2 }), what: fc.constantFrom('take', 'charge', 'give'), amount })
  fc.assert(
    fc.property(fc.array(deed), (deeds) => {
      const process = new Budget(150)
      const sessions = [new Budget(100, process), new Budget(100, process), new Budget(100, process)]
      const held = [0, 0, 0]
      for (const { who, what, amount } of deeds) {
        const session = sessions[who]!
        if (what === 'charge') {
          session.charge(amount)
          held[who]! += amount
        } else if (what === 'give') {
          const back = Math.min(amount, held[who]!)
          session.give(back)
          held[who]! -= back
        } else {
          const fits = held[who]! + amount <= 100 && held[0]! + held[1]! + held[2]! + amount <= 150
          expect(session.take(amount)).toBe(fits)
          if (fits) held[who]! += amount
        }
        expect(sessions.map((each) => each.used)).toEqual(held)
        expect(process.used).toBe(held[0]! + held[1]! + held[2]!)
      }
    }),
  )
})
