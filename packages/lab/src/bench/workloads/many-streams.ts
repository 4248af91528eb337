import { meterTime, type Workload } from '../workload.js'

const MIB = 1024 * 1024
const STREAMS = 100
const WRITE_SIZE = 16 * 1024

/** A hundred streams down at once: how fast together, and how evenly when the time is up. */
export const manyStreams: Workload = {
  name: 'streams-100',
  kind: 'manyStreams',
  title: `${STREAMS} streams down at once, writes of 16 KiB`,
  figures: [
    { name: 'rate', unit: 'MiB/s' },
    { name: 'cpu', unit: 'CPU ms/MiB' },
    { name: 'fairness', unit: 'slowest/fastest' },
  ],
  async run(bench) {
    const bytesOf = new Array<number>(STREAMS).fill(0)
    for (let i = 0; i < STREAMS; i++) {
      const stream = await bench.client.open(`source/${WRITE_SIZE}`)
      stream.on({
        data(bytes) {
          bytesOf[i]! += bytes.length
          bench.tally.received += bytes.length
        },
      })
    }
    const { us, server } = await meterTime(bench, () => bytesOf.fill(0))
    const mib = us.received / MIB
    return {
      rate: mib / (us.at / 1000),
      cpu: (us.cpuMs + server.cpuMs) / mib,
      fairness: Math.min(...bytesOf) / Math.max(...bytesOf),
    }
  },
}
