import { setTimeout as sleep } from 'node:timers/promises'
import { PAGE } from '../contender.js'
import { meterTime, type Workload } from '../workload.js'
import { getForEver } from './request.js'

const AT_ONCE = 100

/** Of the warm-up: so many requests for each millisecond of another's, but not for more than so many times as long. */
const REQUESTS_PER_MS = 10
const LONGEST = 10

/** GET of 256 bytes through one process in the middle; what counts is the CPU that this process takes. */
export const hop: Workload = {
  name: 'hop-100',
  kind: 'hop',
  title: `GET ${PAGE.length} B through one hop, ${AT_ONCE} at once`,
  figures: [
    { name: 'cpu', unit: 'CPU µs/request of the hop' },
    { name: 'rate', unit: 'requests/s' },
  ],
  async run(bench) {
    for (let worker = 0; worker < AT_ONCE; worker += 1) void getForEver(bench.client, bench.tally)
    // The more there is to compile, the longer it is slow: what is compared is compiled.
    const enough = bench.size.warmUpMs * REQUESTS_PER_MS
    const until = performance.now() + bench.size.warmUpMs * LONGEST
    while (bench.tally.received < enough * PAGE.length && performance.now() < until) await sleep(50)
    const { us, server } = await meterTime(bench)
    const requests = us.received / PAGE.length
    return { cpu: (server.cpuMs * 1000) / requests, rate: requests / (us.at / 1000) }
  },
}
