import { describe, expect, jest, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { acquainted } from '../testing/http2-like.test.kit.js'
import { CHART_MODES, failureOf, lineStage } from '../testing/line-stage.test.kit.js'

const MAX = 2 ** 31 - 1

describe.each(CHART_MODES)('a client whose server goes away, %s,', (charts) => {
  /** Streams 1, 3 and 5 are asked for. */
  async function asking() {
    const set = await acquainted({ charts, role: 'client' })
    set.peer.ignores({ type: 'open' })
    const streams = await Promise.all([1, 3, 5].map(() => set.session.open({ end: true })))
    await set.clock.settle()
    return { ...set, streams: streams as [(typeof streams)[0], (typeof streams)[0], (typeof streams)[0]] }
  }

  test('DG-13 having taken nothing, may try all of it elsewhere', async () => {
    const { session, peer, streams, ended } = await asking()
    await peer.sends(frames.goAway(0))
    for (const stream of streams)
      expect(await stream.closed).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no', blame: 'peer' })
    expect(await failureOf(session.open())).toMatchObject({ processed: 'no' })
    expect(await ended()).toBeUndefined()
  })

  test('DG-14 having taken some, gets all of those to their ends, and the others back at once', async () => {
    const { session, peer, streams, ended } = await asking()
    await peer.sends(frames.reply(1), frames.goAway(3))
    expect(await streams[2].closed).toMatchObject({ processed: 'no' })
    expect(session.streamCount).toBe(2)
    for (const id of [1, 3]) {
      if (id === 3) await peer.sends(frames.reply(3))
      for (const part of ['first ', 'second ']) await peer.sends(frames.data(id, part))
      await peer.sends(frames.data(id, 'third', { end: true }))
    }
    for (const stream of streams.slice(0, 2)) {
      let text = ''
      for await (const chunk of stream) text += Buffer.from(chunk).toString()
      expect([text, await stream.closed]).toEqual(['first second third', undefined])
    }
    expect(await ended()).toBeUndefined()
  })

  test('DG-15 twice, as a graceful server does, loses nothing by the first and the rest by the second', async () => {
    const { session, peer, streams } = await asking()
    await peer.sends(frames.goAway(MAX))
    expect(session.streamCount).toBe(3)
    expect(await failureOf(session.open())).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    await peer.sends(frames.goAway(1))
    expect(await streams[1].closed).toMatchObject({ processed: 'no' })
    expect(session.streamCount).toBe(1)
    await peer.sends(frames.reply(1, { end: true }))
    expect(await streams[0].closed).toBeUndefined()
  })

  test('H44 twice with the same id goes on', async () => {
    const { session, peer } = await asking()
    await peer.sends(frames.goAway(3), frames.goAway(3))
    expect(session.streamCount).toBe(2)
  })

  test('H44 with an id that rises is at fault: what was given up may run elsewhere by now', async () => {
    const { peer, ended } = await asking()
    await peer.sends(frames.goAway(1), frames.goAway(3))
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    expect(await ended()).toMatchObject({ event: 'goAwayRises', blame: 'peer' })
  })

  test('H44 with an id of its own parity counts as said, and as an oddity', async () => {
    const { session, peer, events } = await asking()
    await peer.sends(frames.goAway(2))
    expect(session.streamCount).toBe(1)
    expect(events).toContainEqual(expect.objectContaining({ type: 'oddity', what: 'goAwayParity' }))
  })

  test('still takes what the server pushes until it goes away itself', async () => {
    const { session, peer } = await asking()
    const pushed = session[Symbol.asyncIterator]().next()
    await peer.sends(
      frames.goAway(3),
      frames.open(2, { parent: 1, unidirectional: true }),
      frames.data(2, 'pushed', { end: true }),
    )
    const { value: stream } = await pushed
    expect(Buffer.from((await stream!.read())!).toString()).toBe('pushed')
    void session.close()
    await peer.sends(frames.open(4, { parent: 1, unidirectional: true }))
    expect(session.stats.streamsAccepted).toBe(1)
  })
})

describe.each(CHART_MODES)('a server that goes away, %s,', (charts) => {
  test('DG-15 says so twice, takes what was on its way, and lets all of it end', async () => {
    const { session, peer, ended } = await acquainted({ charts, handler: (stream) => stream.reply() })
    await peer.sends(frames.open(1))
    await peer.wants({ type: 'reply', id: 1 })
    const closed = session.close()
    await peer.wants({ type: 'goAway', lastId: MAX, code: 'NO_ERROR' })
    const { token } = await peer.wants({ type: 'ping', ack: false })
    await peer.sends(frames.open(3))
    await peer.wants({ type: 'reply', id: 3 })
    await peer.sends(frames.ping(token, { ack: true }), frames.open(5))
    await peer.wants({ type: 'goAway', lastId: 3, code: 'NO_ERROR' })
    await peer.idle()
    await peer.sends(frames.reset(1))
    expect(session.streamCount).toBe(1)
    await peer.sends(frames.reset(3))
    await peer.ends()
    expect(await ended()).toBeUndefined()
    await closed
  })

  test('says it once where it is a client: nothing of the server’s can be on its way that it has not heard of', async () => {
    const { session, peer } = await acquainted({ charts, role: 'client' })
    await session.open()
    await peer.wants({ type: 'open', id: 1 })
    void session.close()
    await peer.wants({ type: 'goAway', lastId: 0 })
    await peer.idle()
  })
})

describe.each(CHART_MODES)('H44 after our own error, %s,', (charts) => {
  test('nothing is parsed any more, and the carrier is gone within a second', async () => {
    const { session, peer, clock, carrier } = await acquainted({ charts })
    const destroy = jest.spyOn(carrier, 'destroy')
    await peer.sends(frames.data(9, 'idle'), frames.open(1), frames.open(3))
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR', lastId: 0 })
    const { framesReceived } = session.stats
    for (let i = 0; i < 9; i += 1) {
      await peer.sends(frames.open(5 + 2 * i), frames.ping(i))
      await clock.advance(100)
    }
    expect([session.stats.framesReceived, session.stats.streamsAccepted]).toEqual([framesReceived, 0])
    await clock.advance(100)
    expect([session.actor.getSnapshot().status, destroy.mock.calls.length]).toEqual(['done', 1])
    expect(clock.pending).toBe(0)
  })

  test.each(['silent', 'abrupt', 'told'] as const)(
    'told or not (%s), a carrier that never says it is gone is not waited for',
    async (manner) => {
      const { session, carrier, clock } = await acquainted({ charts })
      carrier.destroy = () => undefined
      carrier.end = () => undefined
      session.fail({ code: 'PROTOCOL_ERROR', blame: 'peer', message: 'for a test' }, manner)
      await clock.advance(999)
      expect(session.actor.getSnapshot().status).toBe('active')
      await clock.advance(1)
      expect(await session.closed).toMatchObject({ code: 'PROTOCOL_ERROR' })
    },
  )
})

describe.each(CHART_MODES)('H43 B20 ids that run out, %s,', (charts) => {
  test('let what is open end, and refuse what comes after, unprocessed', async () => {
    const traits = { maxStreamId: 5 }
    const { session, peer } = await acquainted({ charts, role: 'client', traits })
    const told: number[] = []
    session.onPlaces(() => told.push(session.idsLeft))
    const streams = [await session.open(), await session.open(), await session.open({ end: true })]
    expect(streams.map(({ id }) => id)).toEqual([1, 3, 5])
    expect(await failureOf(session.open())).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    await peer.sends(frames.reply(5, { end: true }))
    expect(await streams[2]!.closed).toBeUndefined()
    expect([session.streamCount, session.idsLeft, session.places]).toEqual([2, 0, 0])
    expect(told.at(-1)).toBe(0)
  })

  test('refuse those that waited for a place as well', async () => {
    const traits = { maxStreamId: 1 }
    const { session, peer } = await acquainted({
      charts,
      role: 'client',
      traits,
      settings: { maxConcurrentStreams: 1 },
    })
    const first = await session.open({ end: true })
    const second = failureOf(session.open())
    await peer.sends(frames.reply(first.id, { end: true }))
    expect(await second).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
  })
})

describe.each(CHART_MODES)('a graceful close, %s,', (charts) => {
  const PATIENT = { keepaliveIntervalMs: 0, streamIdleTimeoutMs: 0, halfClosedTimeoutMs: 0 }

  test('that is forced says so, to the session and to the streams it cut', async () => {
    const { session, clock } = lineStage({ charts, role: 'client', limits: PATIENT })
    const stream = await session.open()
    const closed = session.close({ timeoutMs: 500 })
    await clock.advance(2000)
    await closed
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'application' })
    expect(await stream.closed).toMatchObject({ code: 'TIMEOUT', scope: 'session' })
  })

  test.each([
    ['hastened by', 30_000, 500, 600],
    ['not put off by', 500, 30_000, 500],
  ])('is %s a second call', async (_what, first, second, endsAt) => {
    const { session, clock } = lineStage({ charts, role: 'client', limits: PATIENT })
    await session.open()
    void session.close({ timeoutMs: first })
    await clock.advance(100)
    void session.close({ timeoutMs: second })
    await clock.advance(endsAt - 101)
    expect(session.streamCount).toBe(1)
    await clock.advance(1)
    expect(session.streamCount).toBe(0)
  })
})

describe.each(CHART_MODES)('a stream with a parent, %s,', (charts) => {
  test.each(['of another session', 'that is over'])(
    '%s is its caller’s error, and costs no id',
    async (what) => {
      const { session } = await acquainted({ charts, role: 'client' })
      const other = await acquainted({ charts, role: 'client' })
      const parent = await (what === 'that is over' ? session : other.session).open()
      if (what === 'that is over') parent.reset()
      else await session.open()
      const { nextId } = session.table
      expect(await failureOf(session.open({ parent }))).toMatchObject({
        scope: 'request',
        blame: 'application',
      })
      expect(session.table.nextId).toBe(nextId)
    },
  )
})
