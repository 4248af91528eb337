import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchClient, WorkloadKind } from './contender.js'
import type { Control } from './control.js'
import { between, type Sample, takeSample } from './sample.js'
import type { Tally } from './service.js'

/** One thing to do with a contender, and the figures it yields. */
export interface Workload {
  readonly name: string
  readonly kind: WorkloadKind
  /** What the table says above it. */
  readonly title: string
  /** The figures, the first of them being the one that counts. */
  readonly figures: readonly Figure[]
  run(bench: Bench): Promise<Figures>
}

export interface Figure {
  readonly name: string
  readonly unit: string
}

export type Figures = Readonly<Record<string, number>>

/** What a workload has at hand, in the client process. */
export interface Bench {
  readonly client: BenchClient
  /** Where the server listens, for a client that is a program of its own. */
  readonly port: number
  readonly control: Control
  /** What this side has received; the workload counts it up. */
  readonly tally: Tally
  readonly size: Size
}

/** How long and how much. */
export interface Size {
  readonly warmUpMs: number
  readonly measureMs: number
  /** Streams to open and close in all, by how many are open at once. */
  readonly openClose: Readonly<Record<number, number>>
  readonly idleStreams: number
}

/** Seven to eight minutes for everything in three rounds, on a machine that has nothing else to do. */
export const FULL: Size = {
  warmUpMs: 1000,
  measureMs: 1500,
  openClose: { 1: 5000, 100: 20_000, 10000: 40_000 },
  idleStreams: 10_000,
}

/** Well under a minute, and too short for the compiler to warm up: says that it runs, not how fast. */
export const QUICK: Size = {
  warmUpMs: 100,
  measureMs: 150,
  openClose: { 1: 300, 100: 1500, 10000: 10_000 },
  idleStreams: 2000,
}

/** What both sides used from now until `work` is done. */
export async function meter(
  bench: Bench,
  work: () => Promise<void>,
): Promise<{ us: Sample; server: Sample }> {
  const serverBefore = await bench.control.sample()
  const before = takeSample(bench.tally.received)
  await work()
  const after = takeSample(bench.tally.received)
  const serverAfter = await bench.control.sample()
  return { us: between(before, after), server: between(serverBefore, serverAfter) }
}

/** The same over a stretch of time, after the warm-up; `begin` is called between the two. */
export async function meterTime(bench: Bench, begin = () => {}): Promise<{ us: Sample; server: Sample }> {
  await sleep(bench.size.warmUpMs)
  begin()
  return meter(bench, () => sleep(bench.size.measureMs))
}
