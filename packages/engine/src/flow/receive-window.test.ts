import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Budget } from './budget.js'
import { ReceiveWindow } from './receive-window.js'

const FIRST = 1000
const LIMIT = 8000
const RTT = 25

/** A window that grows, and is under pressure, by one budget; `lent` of it may go beyond the limit. */
const windowWith = (budgetBytes: number, lentBytes = 0, limit = LIMIT) => {
  const budget = new Budget(budgetBytes)
  const lent = new Budget(lentBytes, budget)
  const terms = { first: FIRST, limit, peak: 4 * limit, growth: budget, lent, pressure: budget }
  return { budget, lent, window: new ReceiveWindow(terms) }
}

/** A peer that sends all it may and a reader that reads it at once, `everyMs`. @returns the sizes of the window. */
function flood(window: ReceiveWindow, rounds: number, everyMs: number): number[] {
  const sizes: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const bytes = window.granted
    window.take(bytes)
    window.release(bytes, round * everyMs, RTT)
    sizes.push(window.target)
  }
  return sizes
}

describe('a receive window', () => {
  test('H34 is exceeded by one byte, not by the last that fits', () => {
    const { window } = windowWith(0)
    expect(window.take(FIRST)).toBe(true)
    expect(window.take(1)).toBe(false)
  })

  test('DM-19 announces nothing until a quarter of it was read, then all of it', () => {
    const { window } = windowWith(LIMIT)
    window.take(FIRST)
    expect(window.release(FIRST / 4 - 1, 0, 0)).toBe(0)
    expect(window.release(1, 0, 0)).toBe(FIRST / 4)
    expect(window.granted).toBe(FIRST / 4)
  })

  test('doubles for a reader that empties it within two round trips, as far as its limit', () => {
    const { window } = windowWith(1_000_000)
    expect(flood(window, 6, RTT)).toEqual([1000, 2000, 4000, 8000, 8000, 8000])
  })

  test('stays as it is for a reader that takes two round trips', () => {
    const { window } = windowWith(1_000_000)
    expect(flood(window, 4, 2 * RTT)).toEqual([1000, 1000, 1000, 1000])
  })

  test('stays as it is where the budget has not enough for twice its size', () => {
    const { window, budget } = windowWith(2999)
    expect(flood(window, 4, RTT)).toEqual([1000, 2000, 2000, 2000])
    expect(budget.used).toBe(1000)
  })

  test('shrinks to its first size while the budget is spent, and no further', () => {
    const { window, budget } = windowWith(10_000)
    flood(window, 4, RTT)
    budget.charge(10_000)
    flood(window, 4, RTT)
    expect(window.target).toBe(FIRST)
    expect(window.granted).toBe(FIRST)
    expect(budget.used).toBe(10_000)
  })

  test('L10 whose limit is below its first size is lent, and gives back, what is above the latter', () => {
    const { window, lent, budget } = windowWith(10_000, 10_000, FIRST / 2)
    expect(flood(window, 3, RTT)).toEqual([1000, 2000, 2000])
    flood(window, 1, 10_000)
    expect([window.target, lent.used, budget.used]).toEqual([FIRST, 0, 0])
  })

  test('keeps back a credit of a few bytes that shrinking leaves over', () => {
    const { window, budget } = windowWith(10_000)
    expect(window.widen(1990)).toBe(990)
    budget.charge(10_000)
    window.take(1990)
    expect(window.release(995, 0, RTT)).toBe(0)
    expect(window.release(495, 0, RTT)).toBe(500)
  })

  test('is widened at once, and told so, if the budget has as much', () => {
    const { window, budget } = windowWith(4000)
    expect(window.widen(5001)).toBe(0)
    expect(window.widen(5000)).toBe(4000)
    expect(window.widen(4000)).toBe(0)
    expect([window.granted, budget.used]).toEqual([5000, 4000])
  })

  test('L10 is lent up to four times its limit for a reader that keeps up, as far as there is to lend', () => {
    const rich = windowWith(1_000_000, 1_000_000)
    expect(flood(rich.window, 8, RTT)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000])
    expect([rich.lent.used, rich.budget.used]).toEqual([3 * LIMIT, 4 * LIMIT - FIRST])

    const poor = windowWith(1_000_000, LIMIT + 1)
    expect(flood(poor.window, 7, RTT)).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 16_000])
    expect(poor.lent.used).toBe(LIMIT)
  })

  test('L10 gives back what was lent when its reader takes over a second for a credit’s worth', () => {
    const { window, lent, budget } = windowWith(1_000_000, 1_000_000)
    flood(window, 6, RTT)
    window.take(window.granted)
    expect(window.release(16_000, 6 * RTT + 1000, RTT)).toBe(16_000)
    expect(window.target).toBe(4 * LIMIT)
    expect(window.release(16_000, 6 * RTT + 2001, RTT)).toBe(0)
    expect([window.target, lent.used]).toEqual([16_000, LIMIT])
    expect(window.release(8000, 6 * RTT + 2002, 0)).toBe(0)
    expect([window.target, lent.used, budget.used]).toEqual([LIMIT, 0, LIMIT - FIRST])
  })

  test('gives what it grew by back to the budget when it is closed, once', () => {
    const { window, budget } = windowWith(10_000)
    flood(window, 4, RTT)
    expect(budget.used).toBe(LIMIT - FIRST)
    window.close()
    window.close()
    expect(budget.used).toBe(0)
  })

  test('B20 counts a grant of 2^31-1 to the byte', () => {
    const max = 2 ** 31 - 1
    const growth = new Budget(max)
    const terms = { first: 65_536, limit: max, peak: max, growth, lent: growth, pressure: growth }
    const window = new ReceiveWindow(terms)
    expect(window.widen(max)).toBe(max - 65_536)
    expect(window.take(max)).toBe(true)
    expect(window.release(max, 0, 0)).toBe(max)
    expect(window.take(max)).toBe(true)
    expect(window.take(1)).toBe(false)
  })
})

describe('H35 after any mix of data, reads and pressure', () => {
  /** A few bytes, or all there are. */
  const amount = fc.oneof(fc.nat({ max: 700 }), fc.constant(LIMIT))
  const step = fc.oneof(
    fc.record({ type: fc.constant('take' as const), amount }),
    fc.record({ type: fc.constant('read' as const), amount }),
    fc.record({ type: fc.constant('wait' as const), amount: fc.nat({ max: 100 }) }),
    fc.record({ type: fc.constant('pressure' as const), amount: fc.constantFrom(0, 40_000) }),
  )

  /** What the peer was granted, has sent, and what of it is unread: counted beside the window. */
  function play(steps: { type: string; amount: number }[], check: (state: State) => void) {
    const { window, budget, lent } = windowWith(40_000, 10_000)
    const state: State = { window, credited: FIRST, sent: 0, unread: 0, credits: [] }
    let pressure = 0
    let now = 0
    for (const { type, amount } of steps) {
      if (type === 'wait') now += amount
      else if (type === 'pressure') {
        budget.charge(amount - pressure)
        pressure = amount
      } else if (type === 'take') {
        const bytes = Math.min(amount, window.granted)
        window.take(bytes)
        state.sent += bytes
        state.unread += bytes
      } else {
        const bytes = Math.min(amount, state.unread)
        state.unread -= bytes
        const credit = window.release(bytes, now, RTT)
        state.credited += credit
        if (credit > 0) state.credits.push({ credit, target: window.target })
      }
      check(state)
    }
    window.close()
    expect([budget.used, lent.used]).toEqual([pressure, 0])
  }

  interface State {
    readonly window: ReceiveWindow
    credited: number
    sent: number
    unread: number
    readonly credits: { credit: number; target: number }[]
  }

  const always = (check: (state: State) => void) =>
    fc.assert(fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => play(steps, check)))

  test('what the peer may send is what it was credited less what it sent', () => {
    always(({ window, credited, sent }) => expect(window.granted).toBe(credited - sent))
  })

  test('what may be unread at most is never more than the limit and what there is to lend', () => {
    always(({ window, unread }) => expect(window.granted + unread).toBeLessThanOrEqual(LIMIT + 10_000))
  })

  test('no credit is less than a quarter of the window it refills', () => {
    always(({ credits }) => {
      for (const { credit, target } of credits.slice(-1)) expect(credit * 4).toBeGreaterThanOrEqual(target)
    })
  })

  test('a reader that read everything leaves the peer at least three quarters of the first window to send', () => {
    always(({ window, unread }) => {
      if (unread === 0) expect(window.granted * 4).toBeGreaterThan(FIRST * 3)
    })
  })

  test('the window is between its first size and its limit with what was lent', () => {
    always(({ window: { target } }) => expect(target >= FIRST && target <= LIMIT + 10_000).toBe(true))
  })
})
