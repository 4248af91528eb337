import { describe, expect, jest, test } from '@jest/globals'
import type { DataFrame, InFrame, OutFrame, Role, StreamHandler } from '@plexus/contract'
import type { ChartMode } from '@plexus/engine'
import { frames, type Pieces, seededChance } from '@plexus/testkit'
import { countOf, couple } from './couple.test.kit.js'
import { CASTS, CHART_MODES, stage } from './stage.test.kit.js'

// Sweeps: on a busy machine they take their time.
jest.setTimeout(60_000)

type Said = (OutFrame | DataFrame)[]

/** What came of a dialogue, stream by stream. */
interface Told {
  readonly read: Record<number, string>
  readonly events: Record<number, string[]>
  readonly answers: Record<number, string[]>
  readonly oddities: string[]
}

interface TellOptions {
  readonly charts: ChartMode
  readonly role: Role
  readonly pieces?: Pieces
  readonly seed?: number
}

/** Says it all at once, and tells what the session made of it. */
async function tell(said: Said, { charts, role, pieces = 'merged', seed = 1 }: TellOptions): Promise<Told> {
  const told: Told = { read: {}, events: {}, answers: {}, oddities: [] }
  const take: StreamHandler = async (stream) => {
    told.read[stream.id] = `${stream.headers.get('x') ?? ''}:`
    if (stream.initiator === 'peer') stream.reply({ y: `${stream.id}` })
    try {
      for await (const chunk of stream) told.read[stream.id] += new TextDecoder().decode(chunk)
      await stream.write('done', { end: true })
    } catch (error) {
      told.read[stream.id] += String((error as { code?: string }).code)
    }
  }
  const chance = seededChance(seed)
  const { session, peer, clock, events } = await stage({ charts, role, pieces, chance, handler: take })
  if (role === 'client') for (let i = 0; i < 3; i += 1) void take(await session.open())
  await peer.sends(...said)
  await clock.settle()
  for (const event of events) {
    if ('stream' in event) (told.events[event.stream.id] ??= []).push(event.type)
    else if (event.type === 'oddity') told.oddities.push(event.what)
  }
  for (const frame of peer.frames) if ('id' in frame) (told.answers[frame.id] ??= []).push(shown(frame))
  return told
}

function shown(frame: InFrame): string {
  if (frame.type === 'data') return `data ${new TextDecoder().decode(frame.payload)} ${frame.end}`
  return frame.type === 'reset' ? `reset ${frame.code}` : frame.type
}

/** A stream's own frames, in their order. */
function lineOf(role: Role, id: number): Said {
  const first =
    role === 'client'
      ? frames.reply(id, { headers: { z: `${id}` } })
      : frames.open(id, { headers: { x: `${id}` } })
  return [
    first,
    frames.data(id, `a${id}`),
    frames.headers(id, { more: '1' }),
    frames.data(id, 'b'.repeat(300)),
    frames.data(id, 'c', { end: true }),
    // For a stream that nobody opened.
    frames.data(id + 100, 'astray'),
  ]
}

const IDS = [1, 3, 5]

function story(role: Role): Said {
  const [one, two, three] = IDS.map((id) => lineOf(role, id))
  return [...one!, frames.ping(role === 'client' ? 2 : 1), ...two!, frames.window(0, 10), ...three!]
}

describe.each(CASTS)('bytes in pieces, $charts, as $role', (cast) => {
  test('B02 one byte at a time makes the same of it as all at once', async () => {
    const said = story(cast.role)
    const whole = await tell(said, cast)
    expect(Object.keys(whole.read)).toEqual(['1', '3', '5'])
    expect(await tell(said, { ...cast, pieces: 'bytes' })).toEqual(whole)
    expect(await tell(said, { ...cast, pieces: 'asWritten' })).toEqual(whole)
  })

  test('B02 any other pieces make the same of it', async () => {
    const said = story(cast.role)
    const whole = await tell(said, cast)
    for (let seed = 1; seed <= (cast.charts === 'compiled' ? 60 : 10); seed += 1) {
      const cut = await tell(said, { ...cast, seed, pieces: [1, 1 + (seed % 60)] })
      expect({ seed, ...cut }).toEqual({ seed, ...whole })
    }
  })

  test('B03 in whatever order streams come, each is told the same', async () => {
    // Ids are opened in their order (SPDY/3.1 §2.3.2), so a server hears the openings first.
    const split = cast.role === 'server' ? 1 : 0
    const openings = IDS.flatMap((id) => lineOf(cast.role, id).slice(0, split))
    const lines = () => IDS.map((id) => lineOf(cast.role, id).slice(split))
    const inOrder = await tell([...openings, ...lines().flat()], cast)
    for (let seed = 1; seed <= (cast.charts === 'compiled' ? 60 : 10); seed += 1) {
      const chance = seededChance(seed)
      const said = [...openings]
      for (let left = lines(); left.length > 0; left = left.filter((line) => line.length > 0))
        said.push(chance.pick(left).shift()!)
      expect({ seed, ...(await tell(said, cast)) }).toEqual({ seed, ...inOrder })
    }
  })
})

describe.each(CHART_MODES)('delays and starvation, %s', (charts) => {
  const tight = {
    streamReceive: 65_536,
    streamSend: 100,
    sessionSend: 1000,
    sendFrame: 100,
    keepaliveIntervalMs: 0,
  }

  test.each([
    ['a carrier that takes a byte at a time', { highWater: 1 }],
    ['delays of up to 400 ms', { latencyMs: [0, 400] as const }],
    ['both, and small pieces', { highWater: 64, latencyMs: [0, 20] as const, pieces: [1, 40] as const }],
  ])('B04 over %s twenty echoes come to their end', async (_name, pair) => {
    const { clock, client } = couple({ ...pair, charts, limits: tight })
    const counts = Array.from({ length: 20 }, async (_, i) => {
      const stream = await client.open()
      void writeAll(stream, 300 + i)
      return countOf(stream)
    })
    let isDone = false
    const all = Promise.all(counts).finally(() => (isDone = true))
    expect(await clock.until(() => isDone, 600_000)).toBe(true)
    expect(await all).toEqual(Array.from({ length: 20 }, (_, i) => 300 + i))
  })

  test('B04 streams of one priority take turns, a frame each', async () => {
    const { peer, begin } = await stage({ charts, role: 'client', limits: { sendFrame: 100 } })
    const streams = [await begin(), await begin(), await begin(), await begin()]
    for (const stream of streams) void stream.write('x'.repeat(1000))
    await peer.sends()
    const ids = peer.frames.flatMap((frame) => (frame.type === 'data' ? [frame.id] : []))
    expect(ids.length).toBe(40)
    for (let at = 0; at < 40; at += 4) expect(ids.slice(at, at + 4).sort()).toEqual([1, 3, 5, 7])
  })

  test('B04 a stream that waits for its window starves nobody, and goes on when it opens', async () => {
    const { peer, begin } = await stage({ charts, role: 'client', limits: { sendFrame: 100 } })
    await peer.sends(frames.settings({ initialWindow: 50 }))
    const [starved, fed] = [await begin(), await begin()]
    await peer.sends(frames.window(fed.id, 950))
    void starved.write('x'.repeat(1000))
    void fed.write('y'.repeat(1000), { end: true })
    await peer.sends()
    const bytesOf = (id: number) =>
      peer.frames.reduce(
        (sum, frame) => sum + (frame.type === 'data' && frame.id === id ? frame.payload.length : 0),
        0,
      )
    expect([bytesOf(starved.id), bytesOf(fed.id)]).toEqual([50, 1000])
    await peer.sends(frames.window(starved.id, 950))
    expect(bytesOf(starved.id)).toBe(1000)
  })

  test('B04 of those that wait for the session window each gets its turn when it opens a little', async () => {
    const { peer, begin } = await stage({
      charts,
      role: 'client',
      limits: { sendFrame: 100, creditFramesBase: 1000 },
    })
    await peer.sends(frames.settings({ initialWindow: 200_000 }))
    const streams = [await begin(), await begin(), await begin(), await begin()]
    void streams[0]!.write('x'.repeat(65_536))
    await peer.sends()
    const before = peer.frames.length
    for (const stream of streams) void stream.write('y'.repeat(1000))
    for (let i = 0; i < 8; i += 1) await peer.sends(frames.window(0, 100))
    const ids = peer.frames.slice(before).flatMap((frame) => (frame.type === 'data' ? [frame.id] : []))
    expect(ids.slice(0, 4).sort()).toEqual([1, 3, 5, 7])
    expect(ids.slice(4, 8).sort()).toEqual([1, 3, 5, 7])
  })
})

async function writeAll(stream: Parameters<StreamHandler>[0], bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= 50) await stream.write(new Uint8Array(Math.min(50, left)))
  await stream.close()
}
