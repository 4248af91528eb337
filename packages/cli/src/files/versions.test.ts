import type { Stats } from 'node:fs'
import { expect, it } from '@jest/globals'
import { etagOf, passesIfMatch, passesIfRange } from './versions.js'

const MODIFIED = Date.UTC(2026, 0, 2, 3, 4, 5)
const stats = { ino: 7, size: 10, mtimeMs: MODIFIED + 250 } as Stats
const RESTED = etagOf(stats, MODIFIED + 10_000)
const FRESH = etagOf(stats, MODIFIED + 1000)
const DATE = new Date(MODIFIED).toUTCString()

it('a file has a strong tag once it has rested, and another when it is another', () => {
  expect(RESTED).toMatch(/^"/)
  expect(FRESH).toBe(`W/${RESTED}`)
  const others = [{ ino: 8 }, { size: 11 }, { mtimeMs: stats.mtimeMs + 0.5 }]
  const tags = others.map((other) => etagOf({ ...stats, ...other } as Stats, MODIFIED + 10_000))
  expect(new Set([RESTED, ...tags]).size).toBe(4)
  // A time that is yet to come has not rested.
  expect(etagOf(stats, 0)).toMatch(/^W/)
})

it.each([
  [RESTED, RESTED, true],
  [`"a,b", ${RESTED}`, RESTED, true],
  ['*', FRESH, true],
  [`W/${RESTED}`, RESTED, false],
  [FRESH, FRESH, false],
  [RESTED, FRESH, false],
  ['', RESTED, false],
])('RFC 9110 §13.1.1 if-match %s and the tag %s: %s', (wanted, etag, passes) => {
  expect(passesIfMatch({ 'if-match': wanted }, etag)).toBe(passes)
})

it.each([
  [RESTED, RESTED, true],
  [`W/${RESTED}`, RESTED, false],
  [`"a", ${RESTED}`, RESTED, false],
  [FRESH, FRESH, false],
  [DATE, RESTED, true],
  [DATE, FRESH, false],
  [new Date(MODIFIED + 1000).toUTCString(), RESTED, false],
  [new Date(MODIFIED - 1000).toUTCString(), RESTED, false],
  ['nonsense', RESTED, false],
])('RFC 9110 §13.1.5 if-range %s and the tag %s: %s', (wanted, etag, passes) => {
  expect(passesIfRange({ 'if-range': wanted }, etag, stats)).toBe(passes)
})
