import { describe, expect, test } from '@jest/globals'
import { type InFrame, LIMITS, type MuxStream, resolveLimits } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CHART_MODES, failureOf, type Stage, stage } from './stage.test.kit.js'

const count = (peer: Stage['peer'], type: InFrame['type']) =>
  peer.frames.filter((frame) => frame.type === type).length
const isOver = ({ peer }: Stage) => count(peer, 'goAway') > 0

/** The session ends in calm, and its error names the bucket. */
async function calm({ session, peer }: Stage, bucket: string): Promise<void> {
  await peer.ends()
  expect(await session.closed).toMatchObject({ code: 'ENHANCE_YOUR_CALM', blame: 'peer', event: bucket })
}

describe.each(CHART_MODES)('the limits of a session at -1, 0 and +1, %s', (charts) => {
  test.each([
    [9, 0],
    [10, 0],
    [11, 1],
  ])('L01 of %i streams at a limit of 10, %i are refused', async (streams, refused) => {
    const { session, peer } = await stage({ charts, limits: { maxInboundStreams: 10 } })
    for (let i = 0; i < streams; i += 1) await peer.sends(frames.open(1 + 2 * i))
    expect(count(peer, 'reset')).toBe(refused)
    expect(session.streamCount).toBe(Math.min(streams, 10))
  })

  test('L01 a place is taken until the handler is done, however soon its stream was reset', async () => {
    const done: (() => void)[] = []
    const handler = () => new Promise<void>((resolve) => done.push(resolve))
    const { peer } = await stage({ charts, handler, limits: { maxInboundStreams: 2 } })
    await peer.sends(frames.open(1), frames.open(3))
    await peer.sends(frames.reset(1), frames.reset(3))
    await peer.sends(frames.open(5))
    await peer.wants({ type: 'reset', id: 5, code: 'REFUSED_STREAM' })
    done[0]!()
    await peer.sends()
    await peer.sends(frames.open(7))
    await peer.idle()
    expect(done.length).toBe(3)
  })

  test('L01 a place is taken until the stream is over, however soon its handler was done', async () => {
    const { peer } = await stage({
      charts,
      handler: (stream) => stream.reply(),
      limits: { maxInboundStreams: 1 },
    })
    await peer.sends(frames.open(1))
    await peer.wants({ type: 'reply', id: 1 })
    await peer.sends(frames.open(3))
    await peer.wants({ type: 'reset', id: 3, code: 'REFUSED_STREAM' })
    await peer.sends(frames.reset(1))
    await peer.sends(frames.open(5))
    await peer.wants({ type: 'reply', id: 5 })
  })

  test.each([
    [4, 0],
    [5, 0],
    [6, 1],
  ])('L02 of %i streams that wait at a limit of 5, %i are refused', async (streams, refused) => {
    const { peer } = await stage({ charts, limits: { maxPendingAccepts: 5 } })
    for (let i = 0; i < streams; i += 1) await peer.sends(frames.open(1 + 2 * i))
    expect(count(peer, 'reset')).toBe(refused)
  })

  test('L02 a stream that is reset while it waits makes its place free and is accepted by nobody', async () => {
    const { peer, accept } = await stage({ charts, limits: { maxPendingAccepts: 1 } })
    await peer.sends(frames.open(1), frames.reset(1), frames.open(3))
    expect((await accept()).id).toBe(3)
    await peer.idle()
  })

  test.each([
    [255, false],
    [256, false],
    [257, true],
  ])('L03 a peer that does not read %i answers is left at once: %s', async (pings, isLeft) => {
    const set = await stage({ charts, limits: { pingBurst: 10_000 }, highWater: 1 })
    set.carrier.outgoing.stall()
    for (let i = 0; i < pings; i += 1) await set.peer.sends(frames.ping(1 + 2 * i))
    expect(set.session.actor.getSnapshot().status === 'done').toBe(isLeft)
    if (isLeft) expect(await set.session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
  })

  test.each([
    ['ping', 'pingBurst', (i: number) => [frames.ping(1 + 2 * i)]],
    ['settings', 'settingsBurst', () => [frames.settings({ maxConcurrentStreams: 100 })]],
    ['resetsReceived', 'resetsReceivedBurst', (i: number) => [frames.reset(1 + 2 * i)]],
    ['resetsCaused', 'resetsCausedBurst', (i: number) => [frames.data(1 + 2 * i, 'x'.repeat(300))]],
  ] as const)(
    'L04 the bucket of %s holds as many as its limit says, and one more ends the session in calm',
    async (name, limit, make) => {
      for (const [sent, over] of [
        [19, false],
        [20, false],
        [21, true],
      ] as const) {
        const set = await stage({ charts, limits: { [limit]: 20 } })
        for (let i = 0; i < sent; i += 1) await set.peer.sends(...make(i))
        expect(isOver(set)).toBe(over)
        if (over) await calm(set, name)
      }
    },
  )

  test('L04 unknown frames and refusals have buckets of their own', async () => {
    const unknown = await stage({ charts, limits: { unknownBurst: 5 } })
    for (let i = 0; i < 5; i += 1) await unknown.peer.sendsBytes('800300ff 00000000')
    expect(isOver(unknown)).toBe(false)
    await unknown.peer.sendsBytes('800300ff 00000000')
    await calm(unknown, 'unknown')

    const refused = await stage({ charts, limits: { maxInboundStreams: 0, refusalBurst: 5 } })
    for (let i = 0; i < 5; i += 1) await refused.peer.sends(frames.open(1 + 2 * i))
    expect(isOver(refused)).toBe(false)
    await refused.peer.sends(frames.open(11))
    await calm(refused, 'refusal')
  })

  test('L04 a bucket fills again with time', async () => {
    const set = await stage({ charts, limits: { pingBurst: 1, pingRate: 1, keepaliveIntervalMs: 0 } })
    for (let i = 0; i < 5; i += 1) {
      await set.peer.sends(frames.ping(1 + 2 * i))
      await set.clock.advance(1000)
    }
    expect(isOver(set)).toBe(false)
    await set.peer.sends(frames.ping(21), frames.ping(23))
    await calm(set, 'ping')
  })

  test.each([
    [6, false],
    [7, false],
    [8, true],
  ])('L05 with one stream and nothing sent, %i window updates are too many: %s', async (updates, over) => {
    const set = await stage({ charts })
    await set.begin()
    for (let i = 0; i < updates; i += 1) await set.peer.sends(frames.window(1, 1))
    expect(isOver(set)).toBe(over)
    if (over) await calm(set, 'windowUpdate')
  })

  test.each([
    [9, false],
    [10, false],
    [11, true],
  ])('L06 %i empty data frames in a row are too many: %s', async (empty, over) => {
    const set = await stage({ charts })
    await set.begin()
    for (let i = 0; i < empty; i += 1) await set.peer.sends(frames.data(1))
    expect(isOver(set)).toBe(over)
    if (over) await calm(set, 'emptyData')
  })

  test('L06 one-byte frames draw on a budget, and larger frames pay it back', async () => {
    const set = await stage({ charts, limits: { smallDataBudget: 255 * 10 } })
    const stream = await set.begin()
    // The first is nobody's fault: a reader who had no turn yet is not behind.
    for (let i = 0; i < 11; i += 1) await set.peer.sends(frames.data(1, 'x'))
    await set.peer.sends(frames.data(1, 'x'.repeat(256 + 255)))
    await set.peer.sends(frames.data(1, 'x'))
    expect(isOver(set)).toBe(false)
    expect(stream.state).toBe('open')
    await set.peer.sends(frames.data(1, 'x'))
    await calm(set, 'smallData')
  })

  test('L06 small frames that are read as they come cost nothing, however many', async () => {
    const set = await stage({ charts, limits: { smallDataBudget: 255 * 2 } })
    const stream = await set.begin()
    for (let i = 0; i < 100; i += 1) {
      const reading = stream.read()
      await set.peer.sends(frames.data(1, 'x'))
      expect((await reading)?.length).toBe(1)
    }
    expect(isOver(set)).toBe(false)
  })

  test('L06 a reader who catches up pays back what small frames took', async () => {
    const set = await stage({ charts, limits: { smallDataBudget: 255 * 2 } })
    const stream = await set.begin()
    for (let i = 0; i < 20; i += 1) {
      for (let j = 0; j < 3; j += 1) await set.peer.sends(frames.data(1, 'x'))
      while (stream.poll() !== undefined);
    }
    expect(isOver(set)).toBe(false)
  })

  test.each([
    [127, false],
    [128, false],
    [129, true],
  ])('L07 a block of %i fields costs its stream: %s', async (fields, isReset) => {
    const { session, peer } = await stage({ charts })
    const headers = Array.from({ length: fields }, (_, i) => [`x-${i}`, 'v'] as const)
    await peer.sends(frames.open(1, { headers }))
    expect(count(peer, 'reset')).toBe(isReset ? 1 : 0)
    expect(session.streamCount).toBe(isReset ? 0 : 1)
  })

  test.each([
    [-1, false],
    [0, false],
    [1, true],
  ])('L08 a block that inflates to the limit %i costs its stream: %s', async (more, isReset) => {
    const { peer } = await stage({ charts, limits: { maxHeaderBytes: 1000 } })
    await peer.sends(frames.open(1, { headers: { x: 'v'.repeat(1000 - 33 + more) } }))
    expect(count(peer, 'reset')).toBe(isReset ? 1 : 0)
  })

  test.each([
    [31, false],
    [32, false],
    [33, true],
  ])('L09 settings of %i entries end the session: %s', async (entries, over) => {
    const set = await stage({ charts })
    const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0')
    const body = Array.from({ length: entries }, (_, i) => `00${hex(100 + i, 3)}00000000`).join('')
    await set.peer.sendsBytes(`80030004 00${hex(4 + 8 * entries, 3)} ${hex(entries, 4)} ${body}`)
    expect(isOver(set)).toBe(over)
  })

  test('L10 what a peer may have unread never passes the limits of stream and session', async () => {
    const { session, peer, begin } = await stage({
      charts,
      limits: { streamReceive: 65_536, sessionReceive: 131_072 },
    })
    const streams: MuxStream[] = [await begin(), await begin(), await begin()]
    const granted = () =>
      65_536 +
      peer.frames.reduce(
        (sum, frame) => sum + (frame.type === 'window' && frame.id === 0 ? frame.delta : 0),
        0,
      )
    expect(granted()).toBe(131_072)
    const full = 'x'.repeat(65_536)
    await peer.sends(frames.data(1, full), frames.data(3, full))
    expect(session.receiver.unread.used).toBe(131_072)
    await peer.sends(frames.data(5, 'x'))
    await peer.ends()
    expect(await session.closed).toMatchObject({ blame: 'peer', event: 'overSessionWindow' })
    expect(streams[2]!.state).toBe('closed')
  })

  test('L10 writers wait at the limit of their stream and at that of the session', async () => {
    const { peer, begin } = await stage({
      charts,
      role: 'client',
      limits: { streamSend: 1000, sessionSend: 2500 },
    })
    const streams = [await begin(), await begin(), await begin()]
    await peer.sends(frames.settings({ initialWindow: 0 }))
    const settled: string[] = []
    const write = (index: number, bytes: number) =>
      streams[index]!.write(new Uint8Array(bytes)).then(
        () => settled.push(`${index} wrote ${bytes}`),
        () => settled.push(`${index} failed`),
      )
    void write(0, 1000)
    await peer.sends()
    expect(settled).toEqual(['0 wrote 1000'])
    void write(0, 1)
    void write(1, 1000)
    void write(2, 499)
    await peer.sends()
    expect(settled).toEqual(['0 wrote 1000', '1 wrote 1000'])
    await peer.sends(frames.settings({ initialWindow: 65_536 }))
    await peer.sends()
    expect(settled.length).toBe(4)
  })

  test('L12 an odd peer costs a bounded number of events', async () => {
    const { peer, events } = await stage({ charts, limits: { oddityBurst: 50 } })
    for (let i = 0; i < 200; i += 1) await peer.sends(frames.window(1, 1))
    expect(events.filter(({ type }) => type === 'oddity').length).toBeLessThan(60)
  })

  test('L13 a stream of ours that gets no reply in time is reset', async () => {
    const { session, clock } = await stage({ charts, role: 'client', limits: { keepaliveIntervalMs: 0 } })
    const stream = await session.open()
    await clock.advance(LIMITS.openTimeoutMs.value - 1)
    expect(session.streamCount).toBe(1)
    await clock.advance(1)
    expect(await failureOf(stream.replied)).toMatchObject({ code: 'TIMEOUT' })
  })
})

describe('the table of limits', () => {
  test('L01 to L11 and L13 each have a row, with unit and reason', () => {
    const rows = new Set(Object.values(LIMITS).flatMap(({ row }) => row.split(', ')))
    // L12 bounds what is kept of texts and logs: SPDY carries no such text, and a session writes no log.
    for (const i of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13])
      expect(rows).toContain(`L${String(i).padStart(2, '0')}`)
    for (const limit of Object.values(LIMITS))
      expect([limit.unit, limit.why].every((word) => word.length >= 2)).toBe(true)
  })

  test('a limit that is no number, or has no name, is refused with what was expected', () => {
    expect(() => resolveLimits({ maxInboundStreams: -1 })).toThrow('0 or more')
    expect(() => resolveLimits({ maxInboundStreams: Number.NaN })).toThrow('0 or more')
    expect(() => resolveLimits({ sendFrame: 0 })).toThrow('1 or more')
    expect(() => resolveLimits({ bytesPerTurn: 0 })).toThrow('1 or more')
    expect(() => resolveLimits({ noSuch: 1 } as never)).toThrow('names')
  })
})
