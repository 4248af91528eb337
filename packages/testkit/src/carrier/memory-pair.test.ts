import { describe, test } from '@jest/globals'
import { carrierCases, type MemoryPairOptions, memoryPair, VirtualClock } from '../index.js'

const variants: Record<string, Omit<MemoryPairOptions, 'clock'>> = {
  'a memory pair': {},
  'a memory pair with latency': { latencyMs: [1, 30] },
  'a memory pair that delivers chunk by chunk': { pieces: 'asWritten' },
  'a memory pair that delivers in random pieces': { pieces: [1, 900] },
  'a memory pair that stalls now and then': {
    faults: {
      a: [
        { kind: 'stall', at: 900, forMs: 40 },
        { kind: 'stall', at: 200_000, forMs: 40 },
      ],
    },
  },
}

describe.each(Object.entries(variants))('%s is a carrier:', (_name, options) => {
  const cases = carrierCases(() => {
    const clock = new VirtualClock()
    const [a, b] = memoryPair({ ...options, clock, record: false })
    return { a, b, clock, break: () => a.outgoing.cut('reset') }
  })
  for (const { name, run } of cases) test(name, run)
})
