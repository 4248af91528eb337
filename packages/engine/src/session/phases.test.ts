import { describe, expect, test } from '@jest/globals'
import { ByteWriter, type CarrierSink } from '@plexus/contract'
import { bytesOf, frames, lineProtocol, virtualHost } from '@plexus/testkit'
import { CHART_MODES, failureOf, type LineStageOptions, lineStage } from '../testing/line-stage.test.kit.js'
import { Session } from './session.js'

/** What the two sides say to get acquainted is not what these dialogues are about. */
const QUIET = [{ type: 'settings' }, { type: 'window', id: 0 }] as const

function dialogue(options: LineStageOptions) {
  const set = lineStage(options)
  set.peer.ignores(...QUIET)
  return set
}

describe.each(CHART_MODES)('a session that waits for a greeting, %s,', (charts) => {
  const greeted = (more: LineStageOptions = {}) =>
    dialogue({ charts, ...more, traits: { greeting: true, ...more.traits } })

  test.each([
    ['a stream', frames.open(1)],
    ['a ping', frames.ping(7)],
    ['an acknowledgement', frames.settings({}, { ack: true })],
  ])('blames the peer for %s that comes before it', async (_what, early) => {
    const { peer, ended } = greeted()
    await peer.sends(early)
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    expect(await ended()).toMatchObject({
      code: 'PROTOCOL_ERROR',
      blame: 'peer',
      event: 'beforeGreeting',
    })
  })

  test('opens what it was asked to open when the greeting has come, and not before', async () => {
    const { session, peer } = greeted({ role: 'client' })
    const opened = session.open()
    expect([session.pendingOpens, session.streamCount]).toEqual([1, 0])
    await peer.sends(frames.settings({}))
    await peer.wants({ type: 'open', id: 1 })
    expect((await opened).id).toBe(1)
  })

  test('H46 ends when none came in time', async () => {
    const { session, clock, ended } = greeted({ role: 'client' })
    const opened = failureOf(session.open())
    await clock.advance(9_999)
    expect(session.actor.getSnapshot().matches({ live: { phase: 'greeting' } })).toBe(true)
    await clock.advance(1_001)
    expect(await ended()).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
    expect(await opened).toMatchObject({ code: 'TIMEOUT', processed: 'no' })
  })

  test('is no orderly end where the peer hangs up instead', async () => {
    const { session, peer, ended } = greeted({ role: 'client' })
    const opened = failureOf(session.open())
    await peer.ends()
    expect(await ended()).toMatchObject({ code: 'CONNECTION_LOST', blame: 'peer' })
    expect(await opened).toMatchObject({ code: 'CONNECTION_LOST', processed: 'no' })
  })
})

describe.each(CHART_MODES)('a session whose settings are acknowledged, %s,', (charts) => {
  const acknowledged = () => dialogue({ charts, traits: { settingsAck: true } })

  test('H45 ends when they are not, in time', async () => {
    const { session, peer, clock, ended } = acknowledged()
    await clock.advance(9_999)
    expect(session.actor.getSnapshot().matches({ live: { settings: 'inFlight' } })).toBe(true)
    await clock.advance(1)
    await peer.wants({ type: 'goAway', code: 'SETTINGS_TIMEOUT' })
    expect(await ended()).toMatchObject({ code: 'SETTINGS_TIMEOUT', blame: 'peer' })
    expect(clock.pending).toBe(0)
  })

  test('H45 waits no more once they are', async () => {
    const { session, peer, clock } = acknowledged()
    await peer.sends(frames.settings({}, { ack: true }))
    await clock.advance(20_000)
    expect(session.actor.getSnapshot().matches({ live: { phase: 'open', settings: 'settled' } })).toBe(true)
  })

  test('H45 takes acknowledgements that nobody asked for as oddities, as long as the bucket lasts', async () => {
    const { session, peer, ended } = acknowledged()
    const ack = frames.settings({}, { ack: true })
    await peer.sends(...Array.from({ length: 101 }, () => ack))
    expect(session.actor.getSnapshot().status).toBe('active')
    await peer.sends(ack)
    expect(await ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'oddity' })
  })
})

describe.each(CHART_MODES)('a session that goes away twice, %s,', (charts) => {
  test('counts the round trip by its own ping, not by one that was on its way before', async () => {
    const { session, peer, ended } = dialogue({ charts, traits: { goAwayTwice: true } })
    const asked = session.ping()
    await peer.wants({ type: 'ping', token: 2, ack: false })
    const closed = session.close()
    await peer.wants({ type: 'goAway', lastId: 2 ** 31 - 1 })
    await peer.wants({ type: 'ping', token: 4, ack: false })
    await peer.sends(frames.ping(2, { ack: true }), frames.open(1))
    expect(await asked).toBeGreaterThanOrEqual(0)
    expect(session.streamCount).toBe(1)
    await peer.idle()
    await peer.sends(frames.ping(4, { ack: true }), frames.open(3))
    await peer.wants({ type: 'goAway', lastId: 1 })
    await peer.wants({ type: 'reset', id: 3, code: 'REFUSED_STREAM' })
    await peer.sends(frames.reset(1))
    await peer.ends()
    expect(await ended()).toBeUndefined()
    await closed
  })
})

describe.each(CHART_MODES)('the end of a session that was closed, %s,', (charts) => {
  test('is an error where the carrier is reset before the peer has ended it', async () => {
    const { session, carrier, ended } = dialogue({ charts })
    void session.close()
    carrier.incoming.cut('reset')
    expect(await ended()).toMatchObject({ scope: 'session', code: 'CONNECTION_LOST', blame: 'carrier' })
  })

  test('is an error where the last bytes found nobody to read them', async () => {
    const { session, clock, carrier } = dialogue({ charts })
    await clock.advance(10)
    carrier.outgoing.stall()
    void session.close()
    await clock.advance(5000)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
  })

  test('is none where the peer only takes longer to end than we wait', async () => {
    const { session, ended } = dialogue({ charts })
    void session.close()
    expect(await ended()).toBeUndefined()
  })

  test('is none where we destroyed it, and the carrier broke on the way', async () => {
    const { session, carrier, ended } = dialogue({ charts })
    session.destroy()
    carrier.incoming.cut('reset')
    expect(await ended()).toBeUndefined()
  })
})

describe.each(CHART_MODES)('H31 a larger initial window, %s,', (charts) => {
  const LARGEST = 2 ** 31 - 1
  /** Stream 1 has the initial 65,536 bytes and `credit` on top. */
  const credited = async (credit: number) => {
    const set = dialogue({ charts })
    await set.peer.sends(frames.open(1), frames.window(1, credit))
    return set
  }

  test('that lifts a stream’s window over the largest there is ends the session at once', async () => {
    const { peer, ended } = await credited(1000)
    await peer.sends(frames.settings({ initialWindow: LARGEST - 999 }))
    await peer.wants({ type: 'goAway', code: 'FLOW_CONTROL_ERROR' })
    expect(await ended()).toMatchObject({
      code: 'FLOW_CONTROL_ERROR',
      blame: 'peer',
      event: 'settingsWindow',
    })
  })

  test('that lifts it to the largest there is does not', async () => {
    const { session, peer } = await credited(1000)
    await peer.sends(frames.settings({ initialWindow: LARGEST - 1000 }))
    expect(session.table.get(1)?.sendWindow.available).toBe(LARGEST)
  })

  test('is judged by the streams that are open, not by those that were', async () => {
    const { session, peer } = await credited(1000)
    await peer.sends(frames.reset(1), frames.open(3), frames.settings({ initialWindow: LARGEST }))
    expect(session.table.get(3)?.sendWindow.available).toBe(LARGEST)
  })
})

describe.each(CHART_MODES)('a session and its carrier’s end, %s:', (charts) => {
  test('what came before the end and the loss of the carrier is read before either', async () => {
    const protocol = lineProtocol()
    const host = virtualHost()
    let sink!: CarrierSink
    const nothing = () => undefined
    const carrier = {
      ...{ label: 'both directions at once', room: 1e6, queued: 0 },
      start: (given: CarrierSink) => void (sink = given),
      ...{ write: nothing, pause: nothing, resume: nothing, end: nothing, destroy: nothing },
    }
    const limits = { framesPerTurn: 2 }
    const session = new Session({ protocol, carrier, role: 'server', host, charts, limits })
    const stream = session[Symbol.asyncIterator]().next()
    const codec = protocol.create({ role: 'client', limits: session.limits })
    const out = new ByteWriter()
    codec.encode(frames.open(1), out)
    for (const word of ['one ', 'two ', 'three ', 'four'])
      codec.encodeData(1, bytesOf(word), word === 'four', out)
    sink.receive(Buffer.concat(out.take()))
    sink.end()
    sink.closed()
    await host.clock.advance(10)
    let text = ''
    for await (const chunk of (await stream).value!) text += Buffer.from(chunk).toString()
    expect(text).toBe('one two three four')
    expect(await session.closed).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('a peer that answers no ping, and talks, leaves no pings behind', async () => {
    const { session, peer, clock } = dialogue({
      charts,
      limits: { keepaliveIntervalMs: 1000, keepaliveTimeoutMs: 500 },
    })
    for (let round = 0; round < 300; round += 1) {
      await clock.advance(1100)
      await peer.sends(frames.settings())
    }
    await clock.advance(2)
    expect(session.actor.getSnapshot().status).toBe('active')
    const asked = session.ping({ timeoutMs: 100 }).catch((error: { code: string }) => error.code)
    await clock.advance(200)
    expect(await asked).toBe('TIMEOUT')
  })

  test('H44 a flood of go-aways ends in calm', async () => {
    const { peer, ended } = dialogue({ charts })
    await peer.sends(frames.open(1), ...Array.from({ length: 101 }, () => frames.goAway(0)))
    expect(await ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'oddity' })
  })
})

describe.each(CHART_MODES)('a session whose peer went away, %s,', (charts) => {
  const PATIENT = { keepaliveIntervalMs: 0, streamIdleTimeoutMs: 0, halfClosedTimeoutMs: 0 }

  test('AM-7 gives the streams that the peer still serves all the time they need', async () => {
    const { session, peer, clock, ended } = dialogue({ charts, role: 'client', limits: PATIENT })
    const stream = await session.open({ end: true })
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.reply(1), frames.goAway(1))
    await clock.advance(600_000)
    await peer.sends(frames.data(1, 'late', { end: true }))
    expect(Buffer.from((await stream.read())!).toString()).toBe('late')
    expect(await stream.closed).toBeUndefined()
    expect(await ended()).toBeUndefined()
  })

  test('gives them its own time only once it goes away itself', async () => {
    const { session, peer, clock } = dialogue({ charts, role: 'client', limits: PATIENT })
    const stream = await session.open({ end: true })
    await peer.wants({ type: 'open', id: 1 })
    await peer.sends(frames.reply(1), frames.goAway(1))
    await clock.advance(600_000)
    void session.close()
    await clock.advance(29_999)
    expect(stream.state).toBe('half-closed (local)')
    await clock.advance(1_001)
    expect(await stream.closed).toMatchObject({ scope: 'session' })
  })
})

describe.each(CHART_MODES)('a session whose peer has ended the connection, %s,', (charts) => {
  test.each(['before', 'after'] as const)(
    'fails a stream at once that is out of credit, %s the end: none can come any more',
    async (when) => {
      const { session, peer, clock } = dialogue({ charts })
      await peer.sends(frames.open(1, { end: true }))
      const { value: stream } = await session[Symbol.asyncIterator]().next()
      const write = () => failureOf(stream!.write(new Uint8Array(200_000)))
      const early = when === 'before' ? write() : undefined
      await clock.advance(10)
      await peer.ends()
      const failure = await (early ?? write())
      await clock.advance(10)
      expect(failure).toMatchObject({ code: 'CONNECTION_LOST', blame: 'peer' })
      expect([session.streamCount, (await stream!.closed)?.code]).toEqual([0, 'CONNECTION_LOST'])
    },
  )

  test('lets a stream end that has all the credit it needs', async () => {
    const { session, peer, ended } = dialogue({ charts })
    await peer.sends(frames.open(1, { end: true }))
    const { value: stream } = await session[Symbol.asyncIterator]().next()
    await peer.ends()
    await stream!.write('bye', { end: true })
    expect(await stream!.closed).toBeUndefined()
    expect(await ended()).toBeUndefined()
  })
})
