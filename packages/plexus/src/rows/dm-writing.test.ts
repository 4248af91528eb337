import { describe, expect, test } from '@jest/globals'
import type { MuxStream, Priority } from '@plexus/contract'
import type { ChartMode } from '@plexus/engine'
import { frames, seededChance } from '@plexus/testkit'
import { CASTS, CHART_MODES, type Stage, stage } from './stage.test.kit.js'

const PRIORITIES: readonly Priority[] = [7, 0, 3, 3]

describe.each(CASTS)('who writes when, $charts, as $role', (cast) => {
  test('DM-8 session frames go first, then streams by priority, equals in the order they asked', async () => {
    const { peer, carrier, begin } = await stage(cast)
    const writers: MuxStream[] = []
    for (const priority of PRIORITIES) writers.push(await begin({ priority }))
    carrier.outgoing.stall()
    for (const writer of writers) await writer.write(`by ${writer.priority}`)
    await peer.sends(frames.ping(theirPing(cast.role)))
    await peer.idle()
    carrier.outgoing.unstall()
    await peer.wants({ type: 'ping', ack: true })
    for (const id of [3, 5, 7, 1]) await peer.wants({ type: 'data', id })
    await peer.idle()
  })

  test('DM-8 the least urgent writer gets its turn however much the urgent one has', async () => {
    const { clock, peer, begin } = await stage({ ...cast, limits: { sendFrame: 100, streamSend: 100_000 } })
    const urgent = await begin({ priority: 0 })
    const patient = await begin({ priority: 7 })
    await urgent.write('!'.repeat(60_000))
    await patient.write('?')
    await clock.settle()
    expect(sendersOf(peer).indexOf(3)).toBeGreaterThan(0)
    expect(sendersOf(peer).lastIndexOf(1)).toBeGreaterThan(500)
    expect(sendersOf(peer).indexOf(3)).toBeLessThan(100)
  })

  test('DM-9 two equal streams take turns, frame by frame', async () => {
    const { clock, peer, begin } = await stage({ ...cast, limits: { sendFrame: 2000 } })
    const first = await begin()
    const second = await begin()
    await first.write('1'.repeat(20_000))
    await second.write('2'.repeat(20_000))
    await clock.settle()
    expect(sendersOf(peer)).toEqual(Array.from({ length: 10 }, () => [1, 3]).flat())
  })

  test('DM-9 a small response waits for one frame of a large one, not for all of it', async () => {
    const { peer, begin } = await stage({ ...cast, highWater: 1, limits: { sendFrame: 8192 } })
    const large = await begin()
    const small = await begin()
    peer.stalls()
    void large.write('1'.repeat(3 * 8192))
    await peer.idle()
    void small.write('2')
    await peer.resumes()
    expect(sendersOf(peer)).toEqual([1, 1, 3, 1])
  })

  test('DM-9 frames are long only while nobody else has anything to send', async () => {
    const { clock, peer, begin } = await stage({ ...cast, limits: { streamSend: 1_000_000 } })
    const first = await begin()
    const second = await begin()
    void first.write('1'.repeat(64 * 1024))
    await clock.settle()
    await peer.wants({ type: 'data', id: 1, payload: isOf(65_536) })
    await peer.sends(frames.window(0, 200_000), frames.window(1, 100_000))
    void first.write('1'.repeat(40_000))
    void second.write('2'.repeat(10))
    await peer.wants({ type: 'data', id: 1, payload: isOf(16_384) })
    await peer.wants({ type: 'data', id: 3, payload: isOf(10) })
    await peer.wants({ type: 'data', id: 1, payload: isOf(40_000 - 16_384) })
  })

  test('DM-15 a ping is answered ahead of all that is not on its way', async () => {
    const { peer, begin } = await stage({ ...cast, highWater: 1, limits: { streamSend: 2 ** 20 } })
    const stream = await begin()
    await peer.sends(frames.window(0, 2 ** 20), frames.window(1, 2 ** 20))
    peer.stalls()
    void stream.write(new Uint8Array(2 ** 20))
    await peer.sends(frames.ping(theirPing(cast.role)))
    await peer.resumes()
    await peer.wants({ type: 'data', id: 1 })
    await peer.wants({ type: 'ping', token: theirPing(cast.role) })
    await peer.wants({ type: 'data', id: 1 })
  })

  test('DM-15 a ping with an id of ours that we never sent gets no answer', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.ping(cast.role === 'server' ? 2 : 1))
    await peer.idle(60)
    await begin()
  })

  test('DM-18 nine thousand bytes in frames of two thousand: four, the rest, and an empty end', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { sendFrame: 2000 } })
    const stream = await begin()
    await stream.write('x'.repeat(9000))
    for (let i = 0; i < 4; i++) await peer.wants({ type: 'data', id: 1, payload: isOf(2000), end: false })
    await peer.wants({ type: 'data', id: 1, payload: isOf(1000), end: false })
    await stream.close()
    await peer.wants({ type: 'data', id: 1, payload: '', end: true })
    await peer.idle()
  })

  test('DM-18 an end that is known in time goes out with the last bytes', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { sendFrame: 2000 } })
    const stream = await begin()
    void stream.write('x'.repeat(9000))
    void stream.close()
    for (let i = 0; i < 4; i++) await peer.wants({ type: 'data', id: 1, payload: isOf(2000), end: false })
    await peer.wants({ type: 'data', id: 1, payload: isOf(1000), end: true })
    await peer.idle()
  })

  test('DM-18 no frame is larger than either window', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 5000 }))
    const [first, second] = [await begin(), await begin()]
    void first.write('1'.repeat(6000))
    await peer.wants({ type: 'data', id: 1, payload: isOf(5000) })
    await peer.sends(frames.window(3, 90_000))
    void second.write('2'.repeat(70_000))
    await peer.wants({ type: 'data', id: 3, payload: isOf(65_536 - 5000) })
    await peer.sends(frames.window(1, 1000))
    await peer.idle()
    await peer.sends(frames.window(0, 1300))
    await peer.wants({ type: 'data', id: 3, payload: isOf(1300) })
    await peer.idle()
  })
})

describe.each(CHART_MODES)('the arbiter, with %s charts', (charts) => {
  test('DM-10 no writer that was reset keeps the others from writing, in a thousand runs', async () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const outcome = await resetAllWriters({ charts, seed })
      expect({ seed, ...outcome }).toEqual({
        seed,
        unsettled: 0,
        streams: 1,
        last: ['ping', 'reply', 'data'],
      })
    }
  }, 60_000)
})

/** Five writers are stuck on a peer that does not read, and all are reset; then it reads again, and a sixth writes. */
async function resetAllWriters(cast: { readonly charts: ChartMode; readonly seed: number }) {
  const chance = seededChance(cast.seed)
  const { session, clock, peer, accept } = await stage({
    ...cast,
    highWater: chance.int(1, 40_000),
    limits: { sessionSend: 60_000 },
  })
  await peer.sends(
    frames.window(0, 2 ** 20),
    ...IDS.map((id) => frames.open(id, { priority: chance.int(0, 7) as Priority })),
  )
  const streams: MuxStream[] = []
  for (const _ of IDS) streams.push(await accept())
  peer.stalls()
  let unsettled = IDS.length + 1
  const settle = () => void unsettled--
  for (const stream of streams) {
    stream
      .write('x'.repeat(chance.int(1, 100_000)))
      .then(() => stream.close())
      .then(settle, settle)
    if (chance() < 0.5) await clock.settle()
  }
  for (const stream of chance.shuffle(streams)) {
    if (chance() < 0.5) stream.reset()
    else await peer.sends(frames.reset(stream.id))
  }
  await peer.resumes()
  await peer.sends(frames.ping(1), frames.open(11))
  ;(await accept()).write('alive').then(settle, settle)
  await clock.settle()
  return { unsettled, streams: session.streamCount, last: peer.frames.slice(-3).map(({ type }) => type) }
}

const IDS = [1, 3, 5, 7, 9]

/** The parity of a ping of the peer. */
function theirPing(role: 'client' | 'server'): number {
  return role === 'server' ? 1 : 2
}

/** The streams that data frames came from, in order. */
function sendersOf(peer: Stage['peer']): number[] {
  return peer.frames.flatMap((frame) => (frame.type === 'data' ? [frame.id] : []))
}

const isOf = (length: number) => (payload: Uint8Array) => payload.length === length
