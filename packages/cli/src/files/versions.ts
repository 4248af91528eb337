/** Which version of a file does a request speak of? By strong comparison, where RFC 9110 §13.1 wants that; `send` compares weakly. */
import type { Stats } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'

/** A file that was changed more lately may change again without its time changing, ms: some file systems count in two seconds. */
const TICK_MS = 2000

const isSettled = ({ mtimeMs }: Stats, now: number): boolean => now - mtimeMs > TICK_MS

/** Strong, once the file has rested; weak before (RFC 9110 §8.8.1). `now` as `Date.now()` has it. */
export function etagOf(stats: Stats, now: number): string {
  const parts = [stats.ino, stats.size, stats.mtimeMs].map((number) => number.toString(36))
  return `${isSettled(stats, now) ? '' : 'W/'}"${parts.join('-')}"`
}

/** RFC 9110 §13.1.1: only a strong tag matches, and only itself. */
export function passesIfMatch({ 'if-match': wanted }: IncomingHttpHeaders, etag: string): boolean {
  if (wanted === undefined || wanted.trim() === '*') return true
  const tags: readonly string[] = wanted.match(/(?:W\/)?"[^"]*"/g) ?? []
  return isStrong(etag) && tags.includes(etag)
}

/** RFC 9110 §13.1.5: the same of `if-range`, where a date is one more strong tag: exactly that, and of a file that has rested. */
export function passesIfRange(
  { 'if-range': wanted }: IncomingHttpHeaders,
  etag: string,
  { mtimeMs }: Stats,
): boolean {
  if (wanted === undefined) return true
  if (!isStrong(etag)) return false
  if (String(wanted).includes('"')) return String(wanted).trim() === etag
  return Date.parse(String(wanted)) === Math.floor(mtimeMs / 1000) * 1000
}

const isStrong = (etag: string): boolean => !etag.startsWith('W/')
