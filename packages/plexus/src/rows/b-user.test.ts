import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { MuxStream, SessionEvent, StreamHandler } from '@plexus/contract'
import type { Session } from '@plexus/engine'
import { frames } from '@plexus/testkit'
import { echo } from './couple.test.kit.js'
import { bareStage, CHART_MODES, failureOf, stage } from './stage.test.kit.js'
import { Waits } from './waits.test.kit.js'

// The runner fails a test in which anything is thrown past everybody or rejects with nobody to see it.

afterEach(() => {
  jest.restoreAllMocks()
})

/** What a user's callback may do to the stream it is about, and to the session. */
const deeds: Readonly<Record<string, (session: Session, stream: MuxStream) => unknown>> = {
  'destroys the session': (session) => session.destroy(),
  'destroys the session, twice': (session) => {
    session.destroy('INTERNAL_ERROR')
    session.destroy()
  },
  'closes the session': (session) => session.close({ timeoutMs: 500 }),
  'resets the stream, twice': (_session, stream) => {
    stream.reset()
    stream.reset()
  },
  'resets every stream': (session) => {
    for (const stream of [...session.table]) stream.reset()
  },
  'closes the stream, twice': (_session, stream) => {
    stream.close().catch(() => {})
    stream.close().catch(() => {})
  },
  'reads twice at once': (_session, stream) => {
    void stream.read()
    void stream.read()
  },
  'replies twice': (_session, stream) => {
    stream.reply()
    stream.reply()
  },
  'writes after the end': (_session, stream) => {
    void stream.close()
    void stream.write('late')
  },
  'opens a stream': (session) => session.open(),
  'pings 300 times': (session) => {
    for (let i = 0; i < 300; i += 1) void session.ping()
  },
  'writes a megabyte': (_session, stream) => stream.write(new Uint8Array(1_000_000)).catch(() => {}),
}
const endsAll = (deed: string) => deed.includes('session') || deed === 'resets every stream'

/** Where a user's code is called. */
type Act = (stream: MuxStream) => unknown
const places: Readonly<
  Record<string, (act: Act) => { handler?: StreamHandler; observer?: (event: SessionEvent) => void }>
> = {
  'a handler': (act) => ({ handler: (stream) => void act(stream) }),
  'a handler that never ends': (act) => ({
    handler: (stream) => {
      act(stream)
      return new Promise(() => {})
    },
  }),
  'an observer': (act) => ({
    observer: (event) => 'stream' in event && event.stream.id === 1 && act(event.stream),
  }),
  'an abort listener': (act) => ({
    handler: (stream) => stream.signal.addEventListener('abort', () => act(stream)),
  }),
  'a reader': (act) => ({
    handler: (stream) =>
      void stream.read().then(
        () => act(stream),
        () => act(stream),
      ),
  }),
  'a writer': (act) => ({ handler: (stream) => void stream.write('x').then(() => act(stream)) }),
  'one who waits for the end': (act) => ({ handler: (stream) => void stream.closed.then(() => act(stream)) }),
}

const pairs = Object.keys(places).flatMap((place) => Object.keys(deeds).map((deed) => ({ place, deed })))

describe.each(CHART_MODES)('what a user does, %s', (charts) => {
  test.each(pairs)('B11 $place that $deed harms no neighbour', async ({ place, deed }) => {
    const waits = new Waits()
    let acted = 0
    const { handler, observer } = places[place]!((stream) => {
      acted += 1
      return deeds[deed]!(set.session, stream)
    })
    const set = bareStage({
      charts,
      handler(stream) {
        void waits.watch(`${stream.id} closed`, stream.closed)
        return stream.id === 1 && handler !== undefined ? handler(stream) : echo(stream)
      },
    })
    const { session, peer, clock } = set
    void waits.watch('session closed', session.closed)
    if (observer !== undefined) session.events.observe(observer)
    await peer.sends(frames.open(1), frames.data(1, 'x'), frames.open(3), frames.data(3, 'hello'))
    await peer.sends(frames.reset(1))
    await peer.sends(frames.data(3, '', { end: true }))
    expect(acted).toBeGreaterThan(0)
    if (!endsAll(deed))
      expect(peer.frames).toContainEqual(expect.objectContaining({ type: 'data', id: 3, end: true }))
    session.destroy()
    await clock.advance(2000)
    expect([waits.unsettled, session.streamCount, clock.pending]).toEqual([[], 0, 0])
    expect((await session.closed)?.blame).not.toBe('us')
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('oops')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
    ['rejects with nothing', () => Promise.reject()],
  ] as const)('B11 a handler that %s costs its own stream', async (_name, fail) => {
    const handler: StreamHandler = (stream) => (stream.id === 1 ? fail() : echo(stream))
    const { session, peer } = await stage({ charts, handler })
    await peer.sends(frames.open(1), frames.open(3))
    await peer.wantsAny([{ type: 'reset', id: 1, code: 'INTERNAL_ERROR' }])
    await peer.sends(frames.data(3, 'hello', { end: true }))
    await peer.wants({ type: 'reply', id: 3 })
    await peer.wantsPayload(3, 'hello', { end: true })
    expect(session.streamCount).toBe(0)
  })

  test('B11 a handler that hangs keeps its place, and gives it back with the session', async () => {
    const limits = { maxInboundStreams: 1 }
    const { session, peer, clock } = await stage({ charts, limits, handler: () => new Promise(() => {}) })
    await peer.sends(frames.open(1), frames.reset(1), frames.open(3))
    await peer.wants({ type: 'reset', id: 3, code: 'REFUSED_STREAM' })
    session.destroy()
    await clock.advance(2000)
    expect(await session.closed).toBeUndefined()
    expect(clock.pending).toBe(0)
  })

  test('B11 what an observer throws is reported as it is, and the next event is told all the same', async () => {
    const reports: (() => void)[] = []
    const { session, peer } = await stage({ charts, handler: echo })
    const seen: string[] = []
    session.events.observe(({ type }) => {
      seen.push(type)
      throw new Error(`oops at ${type}`)
    })
    jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((report) => void reports.push(report))
    await peer.sends(frames.open(1), frames.data(1, 'x', { end: true }))
    expect(seen).toEqual(['opened', 'replied', 'ended'])
    expect(reports.length).toBe(3)
    for (const [i, report] of reports.entries()) expect(report).toThrow(`oops at ${seen[i]}`)
    await peer.wants({ type: 'reply', id: 1 })
    await peer.wantsPayload(1, 'x', { end: true })
  })

  test('B11 an iteration that is left by a throw leaves the stream to its owner', async () => {
    const { peer, begin } = await stage({ charts })
    const stream = await begin()
    await peer.sends(frames.data(1, 'first'))
    await expect(
      (async () => {
        for await (const _chunk of stream) throw new Error('oops')
      })(),
    ).rejects.toThrow('oops')
    await peer.sends(frames.data(1, 'second', { end: true }))
    expect(await stream.read()).toHaveLength(6)
  })

  test('B11 an open that is given up in place, before, while it waits, and after', async () => {
    const { session, peer, clock } = await stage({ charts, role: 'client' })
    await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
    const [before, during, after] = [new AbortController(), new AbortController(), new AbortController()]
    before.abort()
    expect(await failureOf(session.open({ signal: before.signal }))).toMatchObject({
      code: 'CANCEL',
      processed: 'no',
    })
    const open = await session.open({ signal: after.signal })
    const waiting = failureOf(session.open({ signal: during.signal }))
    during.abort(Object.create(null))
    expect(await waiting).toMatchObject({ code: 'CANCEL', processed: 'no' })
    after.abort('enough')
    expect(await open.closed).toMatchObject({ code: 'CANCEL', blame: 'application' })
    await clock.settle()
    expect([session.pendingOpens, session.streamCount]).toEqual([0, 0])
  })
})
