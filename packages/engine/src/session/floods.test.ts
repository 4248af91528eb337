import { describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { acquainted, strangers } from '../testing/http2-like.test.kit.js'
import { CHART_MODES, type LineStage } from '../testing/line-stage.test.kit.js'

/** Handlers that never return: how many ran at once, how many were told to stop, and a hand that lets them go. */
function hangingHandlers() {
  const seen = { running: 0, most: 0, aborted: 0, letGo: [] as (() => void)[] }
  const handler = (stream: { signal: AbortSignal }) => {
    seen.running += 1
    seen.most = Math.max(seen.most, seen.running)
    stream.signal.addEventListener('abort', () => void (seen.aborted += 1))
    return new Promise<void>((resolve) =>
      seen.letGo.push(() => {
        seen.running -= 1
        resolve()
      }),
    )
  }
  return { seen, handler }
}

/** Says it until the session ends. @returns how often it did not. */
async function until(set: LineStage, most: number, say: (i: number) => Promise<void>): Promise<number> {
  for (let i = 0; i < most; i += 1) {
    await say(i)
    if (!set.session.actor.getSnapshot().matches('live')) return i
  }
  return most
}

describe.each(CHART_MODES)('floods of HTTP/2, %s:', (charts) => {
  test.each([
    ['in one chunk, so that no handler ever sees it', true],
    ['in two, so that its handler runs on', false],
  ])(
    'H01 DG-28 a stream opened and reset %s, for ever: never more than 100 handlers, then calm',
    async (_what, once) => {
      const { seen, handler } = hangingHandlers()
      const set = await acquainted({ charts, handler })
      const rounds = await until(set, 1000, async (i) => {
        const [open, reset] = [frames.open(2 * i + 1), frames.reset(2 * i + 1)]
        if (once) return set.peer.sends(open, reset)
        await set.peer.sends(open)
        await set.peer.sends(reset)
      })
      // The reset that is one too many for its bucket, or the refusal.
      expect(rounds).toBe(200)
      expect(seen.most).toBe(once ? 0 : 100)
      expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', blame: 'peer' })
      expect(set.session.streamCount).toBe(0)
    },
  )

  test.each([
    ['credit of nothing', (id: number) => [frames.window(id, 0)]],
    ['too much credit', (id: number) => [frames.window(id, 2 ** 31 - 1)]],
    ['data behind its end', (id: number) => [frames.data(id, 'late')]],
    ['headers behind its end', (id: number) => [frames.headers(id, {})]],
  ])(
    'H02 L01 a request, then %s: its handler is aborted and keeps its place until it returns',
    async (_what, fault) => {
      const { seen, handler } = hangingHandlers()
      const set = await acquainted({ charts, handler, limits: { maxInboundStreams: 5 } })
      const { peer, session, clock } = set
      for (let id = 1; id < 10; id += 2) {
        await peer.sends(frames.open(id, { end: true }))
        await peer.sends(...fault(id))
        await peer.wants({ type: 'reset', id, code: /PROTOCOL_ERROR|FLOW_CONTROL_ERROR|STREAM_CLOSED/ })
      }
      await clock.settle()
      expect([seen.running, seen.aborted, session.streamCount]).toEqual([5, 5, 0])
      await peer.sends(frames.open(11, { end: true }))
      await peer.wants({ type: 'reset', id: 11, code: 'REFUSED_STREAM' })
      seen.letGo[0]!()
      await clock.settle()
      await peer.sends(frames.open(13, { end: true }))
      expect([seen.running, session.streamCount]).toEqual([5, 1])
      // And for ever: what we are made to send costs its tokens.
      const rounds = await until(set, 500, (i) => peer.sends(frames.window(13, 0), frames.open(15 + 2 * i)))
      expect(rounds).toBeLessThan(200)
      expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM' })
    },
  )

  test.each([
    ['H03 pings', 256, (i: number) => [frames.ping(i)]],
    ['H04 empty settings', 256, () => [frames.settings()]],
    [
      'H07 bad requests',
      256,
      (i: number) => [frames.open(2 * i + 1, { end: true }), frames.data(2 * i + 1, 'x')],
    ],
  ])('%s whose answers are not read: we owe so many and no more', async (_what, owed, said) => {
    const burst = 1e6
    const limits = {
      pingBurst: burst,
      settingsBurst: burst,
      resetsCausedBurst: burst,
      keepaliveIntervalMs: 0,
    }
    const set = await acquainted({ charts, limits })
    set.carrier.outgoing.stall()
    const { session } = set
    const stream = await session.open()
    void stream.write(new Uint8Array(60_000)).catch(() => undefined)
    await set.peer.sends(frames.reply(stream.id), frames.window(stream.id, 1e6), frames.window(0, 1e6))
    void stream.write(new Uint8Array(60_000)).catch(() => undefined)
    await set.clock.settle()
    expect(session.pump.isStalled).toBe(true)
    const rounds = await until(set, 1000, (i) => set.peer.sends(...said(i)))
    expect(rounds).toBe(owed)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
  })

  test.each([
    ['H04 settings', 19, 'settings', () => frames.settings()],
    ['H03 pings', 100, 'ping', (i: number) => frames.ping(i)],
    ['H09 changes of priority', 200, 'priority', (i: number) => frames.priority(2 * i + 1, 1)],
  ] as const)('L04 %s: %d at once, then calm', async (_what, burst, bucket, said) => {
    const set = await acquainted({ charts })
    expect(await until(set, 1000, (i) => set.peer.sends(said(i)))).toBe(burst)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: bucket })
  })

  test('H21 L04 frames of a type that nobody knows: 200 at once, and nothing of them is kept', async () => {
    const set = await acquainted({ charts })
    const unknown = new TextEncoder().encode('{"type":"origin"}\n')
    expect(await until(set, 1000, () => set.peer.sendsBytes(unknown))).toBe(200)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'unknown' })
  })

  test('H20 L05 legal credit without end', async () => {
    const set = await acquainted({ charts })
    await set.peer.sends(frames.open(1))
    // 5 and 2 for the stream.
    expect(await until(set, 100, () => set.peer.sends(frames.window(0, 1)))).toBe(7)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'windowUpdate' })
  })

  test('H12 L06 empty data, also for a stream that is gone', async () => {
    const set = await acquainted({ charts })
    await set.peer.sends(frames.open(1))
    for await (const stream of set.session) {
      stream.reset()
      break
    }
    expect(await until(set, 100, () => set.peer.sends(frames.data(1)))).toBe(10)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'emptyData' })
  })

  test('H12 L06 data of nothing but padding is empty', async () => {
    const set = await acquainted({ charts })
    await set.peer.sends(frames.open(1))
    const padding = () =>
      set.peer.sends({
        type: 'data',
        id: 1,
        payload: new Uint8Array(0),
        charge: 100,
        padding: 100,
        end: false,
      })
    expect(await until(set, 100, padding)).toBe(10)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'emptyData' })
  })

  test.each([
    ['its stream', 1, { initialWindow: 0 }],
    ['the session', 0, { initialWindow: 2 ** 20 }],
  ])('H08 a window of %s that is opened byte by byte', async (_what, id, settings) => {
    const handler = (stream: MuxStream) => {
      stream.reply({})
      return stream.write(new Uint8Array(70_000))
    }
    const set = await acquainted({ charts, handler, settings })
    set.peer.ignores({ type: 'reply' }, { type: 'data' })
    await set.peer.sends(frames.open(1, { end: true }))
    // What it begins with is not held against a stream.
    const last = Math.floor((set.session.limits.smallWindowBudget + 256) / 255)
    expect(await until(set, 1000, () => set.peer.sends(frames.window(id, 1)))).toBe(last)
    expect(await set.ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'smallWindow' })
    // §6.9.2: a window that is small by settings is served to its last byte as well.
    const small = await acquainted({ charts, handler, settings: { initialWindow: 1 } })
    small.peer.ignores({ type: 'reply' })
    await small.peer.sends(frames.open(1, { end: true }))
    await small.peer.wants({ type: 'data', id: 1, charge: 1 })
  })

  test('L02 H01 streams that nobody accepts wait in a line of bounded length', async () => {
    const limits = { maxInboundStreams: 1000, maxPendingAccepts: 50 }
    const set = strangers({ charts, limits })
    await set.peer.sends(frames.settings())
    for (let id = 1; id <= 101; id += 2) await set.peer.sends(frames.open(id))
    await set.peer.wants({ type: 'reset', id: 101, code: 'REFUSED_STREAM' })
    expect(set.session.streamCount).toBe(50)
  })

  test('RFC 9218 §7.1: urgencies of streams that never come are kept in a bounded number', async () => {
    const limits = { maxInboundStreams: 3, priorityBurst: 1000 }
    const { session, peer } = await acquainted({ charts, limits })
    for (let id = 1; id < 2000; id += 2) await peer.sends(frames.priority(id, 1))
    const next = session[Symbol.asyncIterator]()
    await peer.sends(frames.open(1, { priority: 5 }), frames.open(1999, { priority: 5 }))
    const priorities = [(await next.next()).value!.priority, (await next.next()).value!.priority]
    expect(priorities).toEqual([5, 1])
  })
})

describe.each(CHART_MODES)('RFC 9218 urgency, %s:', (charts) => {
  test('what the peer changes orders what we write, at once', async () => {
    const limits = { sendFrame: 100, sendFrameAlone: 100 }
    const set = await acquainted({
      charts,
      limits,
      handler: (stream) => void stream.write('x'.repeat(200), { end: true }),
    })
    const { peer } = set
    peer.ignores({ type: 'reply' })
    await peer.sends(
      frames.open(1, { priority: 3, end: true }),
      frames.open(3, { priority: 3, end: true }),
      frames.priority(3, 1, { incremental: true }),
    )
    for (const id of [3, 3, 1, 1]) await peer.wants({ type: 'data', id, charge: 100 })
  })

  test('our own is told to the peer where the protocol has a word for it', async () => {
    for (const priorityUpdate of [true, false]) {
      const { session, peer } = await acquainted({ charts, role: 'client', traits: { priorityUpdate } })
      const stream = await session.open()
      await peer.wants({ type: 'open', id: 1, priority: 3, incremental: true })
      stream.prioritise(0, false)
      if (priorityUpdate) await peer.wants({ type: 'priority', id: 1, urgency: 0, incremental: false })
      await peer.idle()
      expect(stream.priority).toBe(0)
      expect(() => stream.prioritise(8 as never)).toThrow(/from 0 to 7/)
    }
  })
})
