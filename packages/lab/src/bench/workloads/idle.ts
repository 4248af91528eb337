import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchClient } from '../contender.js'
import { between, takeCleanSample } from '../sample.js'
import type { Workload } from '../workload.js'

const WARM_UP_STREAMS = 200
const AT_ONCE = 200
const SETTLE_MS = 300

/** What an open stream weighs that has nothing to do: both sides, garbage collected, the session itself not counted. */
export const idle: Workload = {
  name: 'idle',
  kind: 'idle',
  title: 'Memory of an open, idle stream',
  figures: [
    { name: 'clientHeap', unit: 'heap B, client' },
    { name: 'serverHeap', unit: 'heap B, server' },
    { name: 'clientRss', unit: 'RSS B, client' },
    { name: 'serverRss', unit: 'RSS B, server' },
  ],
  async run({ client, control, size }) {
    await hold(client, WARM_UP_STREAMS)
    const before = { us: await takeCleanSample(0), server: await control.cleanSample() }
    await hold(client, size.idleStreams)
    await sleep(SETTLE_MS)
    const us = between(before.us, await takeCleanSample(0))
    const server = between(before.server, await control.cleanSample())
    return {
      clientHeap: us.heapBytes / size.idleStreams,
      serverHeap: server.heapBytes / size.idleStreams,
      clientRss: us.rssBytes / size.idleStreams,
      serverRss: server.rssBytes / size.idleStreams,
    }
  },
}

/**
 * Opens streams and waits for the one byte by which the server says that it has each. All share one listener, so that what
 * is weighed is the stream and not the harness.
 */
async function hold(client: BenchClient, count: number): Promise<void> {
  let told = 0
  let wake = () => {}
  const events = {
    data() {
      told += 1
      wake()
    },
  }
  for (let opened = 0; opened < count; ) {
    const target = Math.min(opened + AT_ONCE, count)
    for (; opened < target; opened += 1) (await client.open('hold')).on(events)
    while (told < target) await new Promise<void>((resolve) => (wake = resolve))
  }
}
