import type { BenchClient } from '../contender.js'
import { meter, type Workload } from '../workload.js'

const PAYLOAD = Buffer.alloc(100, 'plexus')

/** Open, send 100 bytes and the end, get them back with the end: a fixed number of times, so many at once. */
export function openClose(concurrency: number): Workload {
  return {
    name: `open-close-${concurrency}`,
    kind: 'openClose',
    title: `Open, send 100 B, echo, close; ${concurrency.toLocaleString('en')} at once`,
    figures: [
      { name: 'rate', unit: 'streams/s' },
      { name: 'cpu', unit: 'CPU µs/stream' },
    ],
    async run(bench) {
      const total = bench.size.openClose[concurrency]!
      await repeat(bench.client, total / 2, Math.min(concurrency, total / 2))
      const { us, server } = await meter(bench, () => repeat(bench.client, total, concurrency))
      return { rate: total / (us.at / 1000), cpu: ((us.cpuMs + server.cpuMs) * 1000) / total }
    },
  }
}

function repeat(client: BenchClient, total: number, concurrency: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0
    let done = 0
    const next = async () => {
      if (started === total) return
      started++
      const stream = await client.open('echo')
      let received = 0
      stream.on({
        data: (bytes) => void (received += bytes.length),
        end() {
          if (received !== PAYLOAD.length) return reject(new Error(`expected 100 bytes, got ${received}`))
          if (++done === total) return resolve()
          next().catch(reject)
        },
      })
      stream.end(PAYLOAD)
    }
    for (let i = 0; i < concurrency; i++) next().catch(reject)
  })
}
