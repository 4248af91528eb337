import { describe, expect, test } from '@jest/globals'
import { type Limits, resolveLimits } from '@plexus/contract'
import { VirtualClock } from '@plexus/testkit'
import { FloodGuard, type FloodName } from './flood-guard.js'

const limits = resolveLimits()
const guard = (changes: Partial<Limits> = {}) => new FloodGuard(resolveLimits(changes), new VirtualClock())

/** Does it until the guard objects. @returns how often it did not. */
function countAllowed(deed: () => boolean): number {
  let allowed = 0
  while (allowed < 1_000_000 && deed()) allowed += 1
  return allowed
}

const NAMES: readonly FloodName[] = [
  'resetsReceived',
  'resetsCaused',
  'ping',
  'settings',
  'priority',
  'unknown',
  'refusal',
  'oddity',
]

describe.each(NAMES)('L04 the bucket of %s', (name) => {
  test.each([
    ['one before the burst', -1, undefined],
    ['the burst', 0, undefined],
    ['one more', 1, name],
  ])('at %s', (_, beyond, exceeded) => {
    const flood = guard()
    for (let spent = 0; spent < limits[`${name}Burst`] + beyond; spent += 1) flood.spend(name)
    expect(flood.exceeded).toBe(exceeded)
  })

  test('gives its rate in each second after the burst, and no more', () => {
    const clock = new VirtualClock()
    const flood = new FloodGuard(limits, clock)
    countAllowed(() => flood.spend(name))
    const given = [1, 2, 3].map(() => {
      clock.jump(1000)
      return countAllowed(() => flood.spend(name))
    })
    expect(given.reduce((sum, each) => sum + each)).toBe(3 * limits[`${name}Rate`])
  })

  test('is its own: spending it leaves the others full', () => {
    const flood = guard()
    countAllowed(() => flood.spend(name))
    for (const other of NAMES.filter((each) => each !== name)) expect(flood.spend(other)).toBe(true)
  })
})

describe('L05 window updates', () => {
  const cases = [
    { streams: 0, dataFrames: 0, allowed: 5 },
    { streams: 7, dataFrames: 0, allowed: 5 + 2 * 7 },
    { streams: 0, dataFrames: 3, allowed: 5 + 20 * 3 },
    { streams: 100, dataFrames: 1000, allowed: 5 + 2 * (100 + 10 * 1000) },
  ]
  test.each(cases)('$streams streams and $dataFrames data frames pay for $allowed of them', (counts) => {
    const flood = guard()
    expect(countAllowed(() => flood.credit(counts.streams, counts.dataFrames))).toBe(counts.allowed)
    expect(flood.exceeded).toBe('windowUpdate')
  })

  test('a data frame sent later pays for updates that come later', () => {
    const flood = guard()
    countAllowed(() => flood.credit(0, 0))
    expect(flood.credit(0, 1)).toBe(true)
  })

  test('B20 the allowance is right beyond 2^31 and 2^32 data frames', () => {
    const flood = guard({ creditFramesBase: 0, creditFramesPerData: 2 ** -31 })
    expect(countAllowed(() => flood.credit(0, 2 ** 32))).toBe(2)
    expect(countAllowed(() => flood.credit(0, 2 ** 33 + 2 ** 31))).toBe(2)
  })
})

describe('L06 H12 empty data', () => {
  test('ten frames in a row are borne, the eleventh is not', () => {
    const flood = guard()
    expect(countAllowed(() => flood.data(0, false))).toBe(limits.maxEmptyData)
    expect(flood.exceeded).toBe('emptyData')
  })

  test('a single byte breaks the row', () => {
    const flood = guard()
    for (let empty = 0; empty < limits.maxEmptyData; empty += 1) flood.data(0, false)
    flood.data(1, false)
    expect(countAllowed(() => flood.data(0, false))).toBe(limits.maxEmptyData)
  })

  test('an empty frame that ends its stream is no empty frame, and does not break the row either', () => {
    const flood = guard()
    for (let empty = 0; empty < limits.maxEmptyData; empty += 1) flood.data(0, false)
    expect(flood.data(0, true)).toBe(true)
    expect(flood.data(0, false)).toBe(false)
  })
})

describe('H08 data frames that a window cuts short', () => {
  test.each([
    ['one before the budget is spent', 0, -1, true],
    ['the last', 0, 0, true],
    ['one more', 0, 1, false],
    ['the last with ten streams', 10, 0, true],
    ['one more with ten streams', 10, 1, false],
  ])('at %s', (_, streams, beyond, isBorne) => {
    const flood = guard()
    const frames = Math.floor((limits.smallWindowBudget + 256 * streams) / 255) + beyond
    const borne = Array.from({ length: frames }, () => flood.cutShort(1, streams))
    expect(borne.at(-1)).toBe(isBorne)
    expect(flood.exceeded).toBe(isBorne ? undefined : 'smallWindow')
  })

  test('of 256 bytes or more cost nothing, and whole ones pay back', () => {
    const flood = guard()
    for (let i = 0; i < 10_000; i += 1) expect(flood.cutShort(256, 0)).toBe(true)
    for (let i = 0; i < 10_000; i += 1) {
      flood.sent(256 + 255)
      expect(flood.cutShort(1, 0)).toBe(true)
    }
  })
})

/** A data frame that comes while its reader is behind. */
function unread(flood: FloodGuard, bytes: number, end: boolean): boolean {
  return flood.data(bytes, end) && flood.charge(flood.shortfall(bytes))
}

describe('L06 H12 small data', () => {
  test.each([1, 100, 200, 255])('a frame of %d bytes pays what it lacks of 256', (bytes) => {
    const flood = guard()
    const allowed = countAllowed(() => unread(flood, bytes, false))
    expect(allowed).toBe(Math.floor(limits.smallDataBudget / (256 - bytes)))
    expect(flood.exceeded).toBe('smallData')
  })

  test('256 bytes cost nothing, for ever', () => {
    const flood = guard()
    for (let sent = 0; sent < 100_000; sent += 1) unread(flood, 256, false)
    expect(flood.exceeded).toBeUndefined()
    expect(countAllowed(() => unread(flood, 1, false))).toBe(100)
  })

  test('a large frame pays back what small ones took, and saves nothing up', () => {
    const flood = guard()
    const spendAll = () => {
      for (let sent = 0; sent < 100; sent += 1) unread(flood, 1, false)
    }
    spendAll()
    unread(flood, 256 + limits.smallDataBudget, false)
    spendAll()
    expect(flood.exceeded).toBeUndefined()
    unread(flood, 1024 * 1024, false)
    expect(countAllowed(() => unread(flood, 1, false))).toBe(100)
  })
})
