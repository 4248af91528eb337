/** What a header block costs beside hpack.js, as the codec's own bench says it. */
import { join } from 'node:path'
import { startChild } from '../children.js'
import { LAB } from '../paths.js'
import type { Results } from './results.js'

/** How it is called among the workloads, and who is measured. */
export const HPACK = 'hpack'
export const HPACK_FIGURES = ['decode', 'encode'] as const
export const OUR_HPACK = 'plexus-h2'

const BENCH = join(LAB, '../codec-http2/bench/hpack.bench.mjs')
const DEADLINE_MS = 60_000

/** Nanoseconds for a block, by kind of blocks and contender. */
type Report = Readonly<Record<string, { readonly ours: number; readonly 'hpack.js'?: number }>>

/** Adds how many times as fast we are, to decode and to encode, each at the kind of blocks where that is least. */
export async function measureHpack(results: Results): Promise<void> {
  const report = await reported().catch((error: Error) => error.message)
  results.add(HPACK, OUR_HPACK, typeof report === 'string' ? report : leastRatios(report))
}

export function leastRatios(report: Report): Record<string, number> {
  const ratios = (verb: string) =>
    Object.entries(report).flatMap(([what, row]) => {
      const theirs = row['hpack.js']
      return what.startsWith(verb) && theirs !== undefined ? [theirs / row.ours] : []
    })
  return Object.fromEntries(HPACK_FIGURES.map((verb) => [verb, Math.min(...ratios(verb))]))
}

async function reported(): Promise<Report> {
  const child = startChild(process.execPath, [BENCH, '--json'])
  try {
    return await child.next<Report>(DEADLINE_MS)
  } finally {
    await child.stop()
  }
}
