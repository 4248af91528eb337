import { describe, expect, test } from '@jest/globals'
import type { Clock } from '@plexus/contract'
import { VirtualClock } from '@plexus/testkit'
import fc from 'fast-check'
import { Timer, TimerWheel } from './timer-wheel.js'

const HOUR = 3_600_000
const MONTH = 30 * 24 * HOUR

/** A wheel on a clock that a hand turns, and timers that write down who was called when. */
function wheelAt(startMs = 0) {
  const clock = new VirtualClock({ startMs, turns: 'byHand' })
  const wheel = new TimerWheel(clock)
  const called: [name: string, at: number][] = []
  const timer = (name: string, then?: () => void) =>
    new Timer({
      onTimer(now) {
        called.push([name, now])
        then?.()
      },
    })
  return { clock, wheel, called, timer }
}

describe('a timer', () => {
  test.each([0, 1, 63, 64, 65, 16_383, 16_384, 16_385, HOUR, MONTH])(
    'of %d ms is called then, once',
    (ms) => {
      const { clock, wheel, called, timer } = wheelAt(1000)
      wheel.set(timer('a'), ms)
      clock.advanceSync(ms + 2 * HOUR)
      expect(called).toEqual([['a', 1000 + ms]])
      expect([wheel.size, clock.pending]).toEqual([0, 0])
    },
  )

  test('that is set anew waits for the new time only', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const a = timer('a')
    wheel.set(a, 100)
    wheel.set(a, 5000)
    clock.advanceSync(HOUR)
    expect(called).toEqual([['a', 5000]])
  })

  test('that is cleared is not called, and leaves no timer of the clock behind', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const a = timer('a')
    wheel.set(a, 100)
    wheel.clear(a)
    wheel.clear(a)
    expect([a.isSet, wheel.size, clock.pending]).toEqual([false, 0, 0])
    clock.advanceSync(HOUR)
    expect(called).toEqual([])
  })

  test('may set itself again from its call', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const a: Timer = timer('a', () => called.length < 3 && wheel.set(a, 20_000))
    wheel.set(a, 1)
    clock.advanceSync(HOUR)
    expect(called.map(([, at]) => at)).toEqual([1, 20_001, 40_001])
  })

  test('may clear another that is due in the same turn', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const b = timer('b')
    wheel.set(
      timer('a', () => wheel.clear(b)),
      10,
    )
    wheel.set(b, 10)
    clock.advanceSync(HOUR)
    expect(called).toEqual([['a', 10]])
  })

  test('without end is never called, and costs nothing', () => {
    const { clock, wheel, called, timer } = wheelAt()
    wheel.set(timer('never'), Number.POSITIVE_INFINITY)
    expect(clock.pending).toBe(0)
    wheel.set(timer('a'), 100)
    clock.advanceSync(HOUR)
    expect(called).toEqual([['a', 100]])
  })
})

describe('B13 timers of one tick', () => {
  test('are called in the order of their times, equal ones in the order they were set', () => {
    const { clock, wheel, called, timer } = wheelAt()
    for (const [name, ms] of [
      ['d', 40],
      ['b', 10],
      ['c', 10],
      ['a', 5],
      ['e', 40],
    ] as const)
      wheel.set(timer(name), ms)
    clock.jump(60)
    clock.settleSync()
    expect(called.map(([name]) => name).join('')).toBe('abcde')
  })

  test('one that is set anew goes to the end of its equals', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const [a, b] = [timer('a'), timer('b')]
    wheel.set(a, 10)
    wheel.set(b, 10)
    wheel.set(a, 10)
    clock.advanceSync(10)
    expect(called.map(([name]) => name)).toEqual(['b', 'a'])
  })
})

describe('B12 a clock', () => {
  test('that is early calls nobody early', () => {
    const { clock, wheel, called, timer } = wheelAt()
    let early = 0
    const hasty: Clock = {
      now: () => clock.now(),
      setTimer: (run, ms) => clock.setTimer(run, Math.max(0, ms - (early++ === 0 ? 30 : 0))),
      clearTimer: (handle) => clock.clearTimer(handle),
      defer: (run) => clock.defer(run),
      yield: (run) => clock.yield(run),
    }
    const hastyWheel = new TimerWheel(hasty)
    hastyWheel.set(timer('a'), 100)
    clock.advanceSync(99)
    expect(called).toEqual([])
    clock.advanceSync(1)
    expect(called).toEqual([['a', 100]])
    expect(wheel.size).toBe(0)
  })

  test('that slept for a day calls all that came due, in their order, as soon as it wakes', () => {
    const { clock, wheel, called, timer } = wheelAt()
    for (const ms of [HOUR, 10, 20_000, 16_384, 25 * HOUR]) wheel.set(timer(String(ms)), ms)
    clock.jump(24 * HOUR)
    clock.settleSync()
    const order = ['10', '16384', '20000', String(HOUR)]
    expect(called).toEqual(order.map((name) => [name, 24 * HOUR]))
    clock.advanceSync(HOUR)
    expect(called.at(-1)).toEqual([String(25 * HOUR), 25 * HOUR])
  })

  test('never has to count further than a 32-bit timer can', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const longest: number[] = []
    const short: Clock = {
      now: () => clock.now(),
      setTimer(run, ms) {
        longest.push(ms)
        return clock.setTimer(run, ms > 2 ** 31 - 1 ? 1 : ms)
      },
      clearTimer: (handle) => clock.clearTimer(handle),
      defer: (run) => clock.defer(run),
      yield: (run) => clock.yield(run),
    }
    new TimerWheel(short).set(timer('a'), MONTH)
    clock.advanceSync(2 * MONTH)
    expect(Math.max(...longest)).toBeLessThanOrEqual(2 ** 31 - 1)
    expect(called).toEqual([['a', MONTH]])
    expect(wheel.size).toBe(0)
  })

  test('that jumps back makes timers late and loses none', () => {
    const { clock, wheel, called, jumpy, timer } = jumpyWheel()
    wheel.set(timer('old'), 1000)
    jumpy.offset = -HOUR
    wheel.set(timer('new'), 1000)
    clock.advanceSync(1000)
    expect(called.map(([name]) => name)).toEqual(['new'])
    clock.advanceSync(HOUR)
    expect(called.map(([name]) => name)).toEqual(['new', 'old'])
  })

  test('that jumps back and forth again loses none that was set meanwhile', () => {
    const { clock, wheel, called, jumpy, timer } = jumpyWheel()
    wheel.set(timer('far'), 2 * HOUR)
    jumpy.offset = -5000
    wheel.set(timer('a'), 10)
    jumpy.offset = 0
    clock.advanceSync(10)
    expect(called.map(([name]) => name)).toEqual(['a'])
  })

  /** A clock whose `now` can be moved without its timers. */
  function jumpyWheel() {
    const { clock, called, timer } = wheelAt(10 * HOUR)
    const jumpy = {
      offset: 0,
      now: () => clock.now() + jumpy.offset,
      setTimer: (run: () => void, ms: number) => clock.setTimer(run, ms),
      clearTimer: (handle: unknown) => clock.clearTimer(handle),
      defer: (run: () => void) => clock.defer(run),
      yield: (run: () => void) => clock.yield(run),
    }
    return { clock, called, timer, jumpy, wheel: new TimerWheel(jumpy) }
  }
})

describe('a wheel that was stopped', () => {
  test('calls nobody, neither what was set before nor what is set after', () => {
    const { clock, wheel, called, timer } = wheelAt()
    const before = timer('before')
    wheel.set(before, 10)
    wheel.stop()
    wheel.clear(before)
    wheel.set(timer('after'), 10)
    expect(clock.pending).toBe(0)
    clock.advanceSync(HOUR)
    expect(called).toEqual([])
  })

  test('calls nobody else of the turn in which it was stopped', () => {
    const { clock, wheel, called, timer } = wheelAt()
    wheel.set(
      timer('stops', () => wheel.stop()),
      10,
    )
    wheel.set(timer('late'), 10)
    clock.advanceSync(HOUR)
    expect(called).toEqual([['stops', 10]])
  })
})

test('ten thousand timers take one of the clock', () => {
  const { clock, wheel, called, timer } = wheelAt()
  for (let index = 0; index < 10_000; index += 1) wheel.set(timer(String(index)), (index * 7919) % 300_000)
  expect(clock.pending).toBe(1)
  clock.advanceSync(300_000)
  expect(called).toHaveLength(10_000)
  expect(called.every(([, at], index) => at >= (called[index - 1]?.[1] ?? 0))).toBe(true)
})

// --- against a sorted list --------------------------------------------------------------------------------------

const TIMERS = 6

/** The same as a wheel, thought simple: a list that is searched for what is due first. */
class SortedList {
  readonly called: [name: string, at: number][] = []
  #waiting: { name: string; due: number; order: number }[] = []
  #order = 0

  set(name: string, due: number): void {
    this.clear(name)
    this.#waiting.push({ name, due, order: this.#order++ })
    this.#waiting.sort((a, b) => a.due - b.due || a.order - b.order)
  }

  clear(name: string): void {
    this.#waiting = this.#waiting.filter((each) => each.name !== name)
  }

  /** Time passes, and each is called when its time has come; or it jumped, and those that are due are late. */
  passTo(now: number, jumped: boolean, again: (name: string) => number | undefined): void {
    const late = jumped ? this.#waiting.filter(({ due }) => due <= now) : []
    for (let next = jumped ? late.shift() : this.#waiting[0]; next !== undefined && next.due <= now; ) {
      const { name, due } = next
      const at = jumped ? now : due
      this.clear(name)
      this.called.push([name, at])
      const ms = again(name)
      if (ms !== undefined) this.set(name, at + ms)
      next = jumped ? late.shift() : this.#waiting[0]
    }
  }

  get size(): number {
    return this.#waiting.length
  }
}

test('a wheel calls whom a sorted list would call, when it would, in any history', () => {
  const who = fc.nat({ max: TIMERS - 1 })
  const ms = fc.oneof(
    fc.nat({ max: 200 }),
    fc.nat({ max: 40_000 }),
    fc.constantFrom(0, 64, 128, 16_320, 16_384, HOUR, 24 * HOUR, MONTH, 2 ** 31, 0.25, 63.999),
  )
  const deed = fc.oneof(
    fc.record({ what: fc.constant('set' as const), who, ms }),
    fc.record({ what: fc.constant('clear' as const), who, ms }),
    fc.record({ what: fc.constantFrom('advance' as const, 'jump' as const), who, ms }),
  )
  const start = fc.constantFrom(0, 12_345.678, -100_000, 2 ** 31 - 1000, 2 ** 40)
  /** How long each of the first timers waits before it is called again; the others are called once. */
  const periods = [700, 20_000]
  const again = (name: string) => periods[Number(name)]

  fc.assert(
    fc.property(start, fc.array(deed, { maxLength: 30, size: 'max' }), (startMs, deeds) => {
      const { clock, wheel, called, timer } = wheelAt(startMs)
      const timers: Timer[] = Array.from({ length: TIMERS }, (_, index) => {
        const period = again(String(index))
        return timer(String(index), () => period !== undefined && wheel.set(timers[index]!, period))
      })
      const list = new SortedList()
      for (const { what, who, ms } of deeds) {
        if (what === 'set') {
          wheel.set(timers[who]!, ms)
          list.set(String(who), clock.now() + ms)
        } else if (what === 'clear') {
          wheel.clear(timers[who]!)
          list.clear(String(who))
        } else {
          const pass = what === 'jump' ? ms : Math.min(ms, HOUR / 20)
          if (what === 'jump') {
            clock.jump(pass)
            clock.settleSync()
          } else clock.advanceSync(pass)
          list.passTo(clock.now(), what === 'jump', again)
        }
        expect(called.splice(0)).toEqual(list.called.splice(0))
        expect(wheel.size).toBe(list.size)
        expect(clock.pending).toBeLessThanOrEqual(1)
      }
    }),
  )
})
