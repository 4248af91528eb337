import { setImmediate as turn } from 'node:timers/promises'

/** What a process has used and moved so far. */
export interface Sample {
  /** Its own clock, ms. */
  readonly at: number
  /** CPU time, user and system, ms. */
  readonly cpuMs: number
  readonly heapBytes: number
  readonly rssBytes: number
  /** Payload bytes received on all streams. */
  readonly received: number
}

/** Between two samples of one process. */
export function between(before: Sample, after: Sample): Sample {
  return {
    at: after.at - before.at,
    cpuMs: after.cpuMs - before.cpuMs,
    heapBytes: after.heapBytes - before.heapBytes,
    rssBytes: after.rssBytes - before.rssBytes,
    received: after.received - before.received,
  }
}

export function takeSample(received: number): Sample {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    at: performance.now(),
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    heapBytes: heapUsed,
    rssBytes: rss,
    received,
  }
}

/** Collects garbage first; twice, because finalizers of the first pass free more for the second. */
export async function takeCleanSample(received: number): Promise<Sample> {
  if (!globalThis.gc) throw new Error('expected to run with --expose-gc')
  for (let pass = 0; pass < 2; pass++) {
    globalThis.gc()
    await turn()
  }
  return takeSample(received)
}
