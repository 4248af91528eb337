import { describe, expect, test } from '@jest/globals'
import { VirtualClock, virtualHost } from '../index.js'

/** A clock, and a log of what ran when. */
function stage(options?: ConstructorParameters<typeof VirtualClock>[0]) {
  const clock = new VirtualClock(options)
  const log: string[] = []
  const say = (what: string) => () => void log.push(`${what} at ${clock.now()}`)
  return { clock, log, say }
}

describe('time', () => {
  test('B13 equal timers run in the order they were set, whatever was set between them', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(say('first'), 10)
    clock.setTimer(say('early'), 5)
    clock.setTimer(say('second'), 10)
    await clock.advance(4)
    clock.setTimer(say('third'), 6)
    await clock.advance(100)
    expect(log).toEqual(['early at 5', 'first at 10', 'second at 10', 'third at 10'])
    expect(clock.now()).toBe(104)
  })

  test('B12 timers that a jump passed over run late, in the order of their due times', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(say('b'), 20)
    clock.setTimer(say('a'), 10)
    clock.setTimer(say('c'), 3_600_001)
    clock.jump(3_600_000)
    expect(log).toEqual([])
    await clock.settle()
    expect(log).toEqual(['a at 3600000', 'b at 3600000'])
    expect([clock.pending, clock.nextDue]).toEqual([1, 3_600_001])
  })

  test('B12 delays over 2^31-1 ms are delays', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(say('far'), 2 ** 31)
    clock.setTimer(say('never'), Number.POSITIVE_INFINITY)
    await clock.advance(2 ** 31 - 1)
    expect(log).toEqual([])
    await clock.advance(1)
    expect(log).toEqual([`far at ${2 ** 31}`])
  })

  test('a timer that sets another one keeps its place in time', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(() => clock.setTimer(say('child'), 5), 5)
    clock.setTimer(say('between'), 7)
    await clock.advance(50)
    expect(log).toEqual(['between at 7', 'child at 10'])
  })

  test('a cleared timer does not run, cleared twice or late it harms nobody', async () => {
    const { clock, log, say } = stage()
    const timer = clock.setTimer(say('cleared'), 5)
    const other = clock.setTimer(say('other'), 5)
    clock.clearTimer(timer)
    clock.clearTimer(timer)
    clock.clearTimer(undefined)
    await clock.advance(5)
    clock.clearTimer(other)
    expect([log, clock.pending]).toEqual([['other at 5'], 0])
  })

  test('goes forward only', () => {
    const { clock } = stage({ startMs: 7 })
    expect(() => clock.jump(-1)).toThrow(RangeError)
    expect(() => clock.advanceSync(Number.NaN)).toThrow(RangeError)
    expect(() => clock.advanceSync(Number.POSITIVE_INFINITY)).toThrow(RangeError)
    expect(() => clock.setTimer(() => undefined, Number.NaN)).toThrow(RangeError)
    expect(clock.now()).toBe(7)
  })
})

describe('turns', () => {
  test('deferred work runs after the promise reactions that are due, however many follow each other', async () => {
    const { clock, log, say } = stage()
    clock.defer(say('deferred'))
    let chain = Promise.resolve()
    for (let i = 0; i < 50; i++) chain = chain.then(() => undefined)
    chain.then(say('reaction'))
    await clock.settle()
    expect(log).toEqual(['reaction at 0', 'deferred at 0'])
  })

  test('deferred work comes before timers, timers before yielded work', async () => {
    const { clock, log, say } = stage()
    clock.yield(say('yielded'))
    clock.setTimer(say('timer'), 0)
    clock.defer(say('deferred'))
    await clock.settle()
    expect(log).toEqual(['deferred at 0', 'timer at 0', 'yielded at 0'])
  })

  test('everything that follows from a timer is done before the next one', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(() => {
      Promise.resolve().then(() => clock.defer(() => void Promise.resolve().then(say('its end'))))
    }, 5)
    clock.setTimer(say('next'), 5)
    await clock.advance(5)
    expect(log).toEqual(['its end at 5', 'next at 5'])
  })

  test('flow by themselves while time stands still', async () => {
    const { clock } = stage()
    await new Promise<void>((done) => clock.defer(() => clock.yield(() => clock.setTimer(done, 0))))
    expect(clock.now()).toBe(0)
  })

  test('wait for the hand where they are turned by it', async () => {
    const { clock, log, say } = stage({ turns: 'byHand' })
    clock.defer(say('deferred'))
    await new Promise(setImmediate)
    expect(log).toEqual([])
    clock.settleSync()
    expect(log).toEqual(['deferred at 0'])
  })

  test('one that throws keeps the others from nothing', () => {
    const { clock, log, say } = stage({ turns: 'byHand' })
    clock.defer(() => {
      throw new Error('a bug')
    })
    clock.defer(say('other'))
    expect(() => clock.settleSync()).toThrow('a bug')
    clock.settleSync()
    expect(log).toEqual(['other at 0'])
  })

  test('that never end are an error, not a hang', async () => {
    const { clock } = stage({ turns: 'byHand', maxTurns: 20 })
    const again = () => clock.defer(again)
    again()
    await expect(clock.settle()).rejects.toThrow('still work after 20 turns')
    expect(() => clock.settleSync()).toThrow('still work after 20 turns')
  })
})

describe('until', () => {
  test('stops at the moment at which it comes true', async () => {
    const { clock, log, say } = stage()
    clock.setTimer(say('a'), 5)
    clock.setTimer(say('b'), 6)
    expect(await clock.until(() => log.length === 1, 100)).toBe(true)
    expect(clock.now()).toBe(5)
  })

  test('lets all its time pass where it does not', async () => {
    const { clock } = stage()
    expect(await clock.until(() => false, 100)).toBe(false)
    expect(clock.now()).toBe(100)
  })
})

test('advanceSync runs timers and deferred work, and leaves promise reactions where they are', async () => {
  const { clock, log, say } = stage({ turns: 'byHand' })
  clock.setTimer(() => {
    Promise.resolve().then(say('reaction'))
    clock.defer(say('deferred'))
  }, 5)
  clock.advanceSync(9)
  expect(log).toEqual(['deferred at 5'])
  await Promise.resolve()
  expect(log).toEqual(['deferred at 5', 'reaction at 9'])
})

test('a virtual host has chance by its seed', () => {
  const [one, same, other] = [virtualHost({ seed: 3 }), virtualHost({ seed: 3 }), virtualHost({ seed: 4 })]
  const draw = ({ chance }: typeof one) => [chance(), chance(), chance.int(0, 1000)]
  const drawn = draw(one)
  expect(drawn).toEqual(draw(same))
  expect(drawn).not.toEqual(draw(other))
})
