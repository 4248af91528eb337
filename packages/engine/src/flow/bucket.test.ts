import { expect, test } from '@jest/globals'
import type { Clock } from '@plexus/contract'
import fc from 'fast-check'
import { Bucket } from './bucket.js'

const BURST = 20
const PER_SECOND = 2

/** A bucket, and the hand that turns its clock: forward, back, in fractions. */
function bucketAt(startMs: number) {
  const time = { ms: startMs }
  const bucket = new Bucket('ping', BURST, PER_SECOND, { now: () => time.ms } as Clock)
  return { time, bucket }
}

/** Spends until the bucket says no. @returns how often it said yes. */
function drain(bucket: Bucket): number {
  let spent = 0
  while (bucket.spend()) spent += 1
  return spent
}

test('a bucket has its burst at once, and not one token more', () => {
  const { bucket } = bucketAt(0)
  expect(drain(bucket)).toBe(BURST)
})

test('a token comes back after its share of a second, not a millisecond before', () => {
  const { time, bucket } = bucketAt(0)
  drain(bucket)
  time.ms = 499
  expect(bucket.spend()).toBe(false)
  time.ms = 500
  expect(drain(bucket)).toBe(1)
})

test('a refused spend costs nothing: who waits out the rate is served, however often it asks', () => {
  const { time, bucket } = bucketAt(0)
  drain(bucket)
  for (; time.ms < 500; time.ms += 1) expect(bucket.spend()).toBe(false)
  expect(bucket.spend()).toBe(true)
})

test('B12 a year of rest saves up one burst, not two', () => {
  const { time, bucket } = bucketAt(0)
  time.ms = 365 * 24 * 3_600_000
  expect(drain(bucket)).toBe(BURST)
})

test('B12 a clock that jumps back gives no token, and takes none', () => {
  const { time, bucket } = bucketAt(60_000)
  for (let spent = 0; spent < BURST - 5; spent += 1) bucket.spend()
  time.ms = 0
  expect(drain(bucket)).toBe(5)
  time.ms = 500
  expect(drain(bucket)).toBe(1)
})

test('B20 a bucket counts as well after 2^53 microseconds as at the start', () => {
  const { time, bucket } = bucketAt(2 ** 53 / 1000)
  expect(drain(bucket)).toBe(BURST)
  time.ms += 1000
  expect(drain(bucket)).toBe(PER_SECOND)
})

test('L04 in any stretch of time, however it is spent, a bucket gives at most its burst and its rate', () => {
  const step = fc.record({ waitMs: fc.nat({ max: 5_000 }), tries: fc.nat({ max: 2 * BURST }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { time, bucket } = bucketAt(0)
      const grants: number[] = []
      for (const { waitMs, tries } of steps) {
        time.ms += waitMs
        for (let tried = 0; tried < tries; tried += 1) if (bucket.spend()) grants.push(time.ms)
      }
      grants.forEach((from, first) => {
        const given = grants.length - first
        const stretch = (grants.at(-1)! - from) / 1000
        expect(given).toBeLessThanOrEqual(BURST + stretch * PER_SECOND + 1e-6)
      })
    }),
  )
})
