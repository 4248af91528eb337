import { flood } from '../service.js'
import { meterTime, type Workload } from '../workload.js'

const MIB = 1024 * 1024

/** One stream, as fast as it goes, in writes of one size. Counted where the bytes arrive. */
export function bulk(direction: 'up' | 'down', writeKiB: number): Workload {
  return {
    name: `bulk-${direction}-${writeKiB}`,
    kind: 'bulk',
    title: `One stream ${direction}, writes of ${writeKiB} KiB`,
    figures: [
      { name: 'rate', unit: 'MiB/s' },
      { name: 'cpu', unit: 'CPU ms/MiB' },
    ],
    async run(bench) {
      const writeSize = writeKiB * 1024
      if (direction === 'up') {
        flood(await bench.client.open('sink'), writeSize)
      } else {
        const stream = await bench.client.open(`source/${writeSize}`)
        stream.on({ data: (bytes) => void (bench.tally.received += bytes.length) })
      }
      const { us, server } = await meterTime(bench)
      const receiver = direction === 'up' ? server : us
      const mib = receiver.received / MIB
      return { rate: mib / (receiver.at / 1000), cpu: (us.cpuMs + server.cpuMs) / mib }
    },
  }
}
