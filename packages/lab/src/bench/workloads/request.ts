import type { BenchClient } from '../contender.js'
import { PAGE } from '../contender.js'
import { meterTime, type Workload } from '../workload.js'

const AT_ONCE = 100

/** GET of 256 bytes, a hundred requests at once, by each contender's own HTTP. */
export const request: Workload = {
  name: 'request-100',
  kind: 'request',
  title: `GET ${PAGE.length} B, ${AT_ONCE} at once`,
  figures: [
    { name: 'rate', unit: 'requests/s' },
    { name: 'cpu', unit: 'CPU µs/request' },
  ],
  async run(bench) {
    for (let worker = 0; worker < AT_ONCE; worker += 1) void getForEver(bench.client, bench.tally)
    const { us, server } = await meterTime(bench)
    const requests = us.received / PAGE.length
    return { rate: requests / (us.at / 1000), cpu: ((us.cpuMs + server.cpuMs) * 1000) / requests }
  },
}

/** For as long as the process lives. */
export async function getForEver(client: BenchClient, tally: { received: number }): Promise<never> {
  for (;;) {
    const received = await client.get()
    if (received !== PAGE.length) throw new Error(`expected ${PAGE.length} bytes, got ${received}`)
    tally.received += received
  }
}
