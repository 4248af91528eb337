import { describe, expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { acquainted, strangers } from '../testing/http2-like.test.kit.js'
import { CHART_MODES, failureOf, lineStage } from '../testing/line-stage.test.kit.js'

const phaseOf = (set: { session: ReturnType<typeof strangers>['session'] }) => {
  const { value } = set.session.actor.getSnapshot() as { value: { live?: { phase: unknown } } }
  return value.live?.phase ?? value
}

describe.each(CHART_MODES)('H46 the greeting of a peer, %s,', (charts) => {
  test.each([
    ['data', frames.data(1, 'early')],
    ['credit for the session', frames.window(0, 1)],
    ['credit for a stream', frames.window(1, 1)],
    ['headers', frames.headers(1, {})],
    ['a stream', frames.open(1)],
    ['a reset', frames.reset(1)],
    ['a ping', frames.ping(1)],
    ['another urgency', frames.priority(1, 0)],
    ['an acknowledgement', frames.settings({}, { ack: true })],
  ])('has to come before %s', async (_what, early) => {
    const { peer, session, ended } = strangers({ charts })
    await peer.sends(early, frames.settings(), frames.open(3))
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    expect(session.stats.streamsAccepted).toBe(0)
    expect(await ended()).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer', event: 'beforeGreeting' })
  })

  test('may be a goodbye instead: it opens nothing, and ends nothing', async () => {
    const set = strangers({ charts, role: 'client' })
    const opened = set.session.open({ end: true })
    await set.peer.sends(frames.goAway(0))
    await set.peer.wants({ type: 'open', id: 1 })
    expect(await (await opened).closed).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
    expect(await set.ended()).toBeUndefined()
  })

  test.each(['client', 'server'] as const)('of a %s is answered, and ours has gone before', async (role) => {
    const { peer, session } = lineStage({ charts, role, traits: { greeting: true, settingsAck: true } })
    await peer.wants({ type: 'settings', ack: false })
    await peer.wants({ type: 'window', id: 0 })
    await peer.sends(frames.settings())
    await peer.wants({ type: 'settings', ack: true })
    expect(phaseOf({ session })).toBe('open')
  })

  test.each([
    ['is silent', 0],
    ['says a byte a second', 1],
  ])('is waited for 10 s sharp: one that %s is gone then', async (_what, bytes) => {
    const { peer, session, clock } = strangers({ charts })
    for (let second = 0; second < 9; second += 1) {
      if (bytes > 0) await peer.sendsBytes(new Uint8Array(bytes).fill(0x20))
      await clock.advance(1000)
    }
    await clock.advance(999)
    expect(session.actor.getSnapshot().status).toBe('active')
    await clock.advance(1)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', blame: 'peer' })
    expect(clock.now()).toBe(10_000)
  })

  test('H45 an acknowledgement is awaited from the beginning, and no longer than it may take', async () => {
    const { peer, session, clock } = strangers({ charts })
    await clock.advance(5000)
    await peer.sends(frames.settings())
    await clock.advance(4999)
    expect(session.actor.getSnapshot().status).toBe('active')
    await clock.advance(1)
    await peer.wants({ type: 'goAway', code: 'SETTINGS_TIMEOUT' })
  })
})

describe.each(CHART_MODES)('DG-3 a client, %s,', (charts) => {
  test('opens streams before the peer has said a word: a hundred, and no more', async () => {
    const { peer, session, clock } = strangers({ charts, role: 'client' })
    const opened = Array.from({ length: 101 }, () => session.open({ end: true }))
    await clock.settle()
    expect([session.streamCount, session.pendingOpens, phaseOf({ session })]).toEqual([100, 1, 'greeting'])
    await peer.sends(frames.settings({ maxConcurrentStreams: 101 }))
    expect((await opened[100]!).id).toBe(201)
  })

  test('waits for the greeting where the protocol says so, and so does a server', async () => {
    for (const options of [
      { role: 'client', traits: { earlyOpens: false } },
      { role: 'server', traits: {} },
    ] as const) {
      const { peer, session } = strangers({ charts, ...options })
      const opened = session.open()
      expect(session.pendingOpens).toBe(1)
      await peer.sends(frames.settings())
      expect((await opened).state).toBe('open')
    }
  })

  test('that is closed before the greeting lets its early streams end', async () => {
    const { peer, session, ended } = strangers({ charts, role: 'client' })
    const stream = await session.open({ end: true })
    void session.close()
    expect(phaseOf({ session })).toEqual({ draining: { local: 'said' } })
    await peer.sends(frames.settings(), frames.reply(1, { headers: { a: 'b' }, end: true }))
    expect((await stream.replied).get('a')).toBe('b')
    expect(await ended()).toBeUndefined()
  })

  test('never calls an early stream unprocessed because the peer hung up', async () => {
    const { peer, session } = strangers({ charts, role: 'client' })
    const stream = await session.open({ end: true })
    await peer.ends()
    expect(await stream.closed).toMatchObject({ code: 'CONNECTION_LOST', processed: 'unknown' })
    expect(await session.closed).toMatchObject({ processed: 'unknown' })
  })

  test('does not idle while it waits for the greeting', async () => {
    const { session, clock } = strangers({ charts, role: 'client' })
    session.setIdleTimeout(100)
    await clock.advance(200)
    expect(phaseOf({ session })).toBe('greeting')
  })
})

describe.each(CHART_MODES)('settings of the peer, %s:', (charts) => {
  test('DG-25 H05 what a later frame does not name stays as it was', async () => {
    const { peer, session } = await acquainted({ charts, role: 'client' })
    await peer.sends(frames.settings({ maxConcurrentStreams: 7, initialWindow: 10, maxFrameSize: 20_000 }))
    await peer.sends(frames.settings({ initialWindow: 11 }))
    expect([session.places, session.pump.peerMaxFrame, session.windowBase.initial]).toEqual([7, 20_000, 11])
  })

  test('a frame size is kept from the frame behind it on, smaller or larger', async () => {
    const limits = { sendFrame: 40_000 }
    const { peer, session } = await acquainted({ charts, role: 'client', limits })
    const stream = await session.open()
    await peer.wants({ type: 'open', id: 1 })
    void stream.write(new Uint8Array(20_000))
    await peer.wants({ type: 'data', charge: 16_384 })
    await peer.wants({ type: 'data', charge: 3616 })
    await peer.sends(frames.settings({ maxFrameSize: 20_000 }))
    void stream.write(new Uint8Array(25_000))
    await peer.wants({ type: 'data', charge: 20_000 })
    await peer.wants({ type: 'data', charge: 5000 })
  })

  test.each([0, -1])(
    'H36 a frame size of %d, in which nothing fits, ends the session',
    async (maxFrameSize) => {
      const { peer, session, ended } = await acquainted({ charts, role: 'client' })
      const stream = await session.open()
      await peer.wants({ type: 'open', id: 1 })
      await peer.sends(frames.settings({ maxFrameSize }))
      await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
      expect(await failureOf(stream.write('anything'))).toMatchObject({ event: 'settingsFrameSize' })
      expect(await ended()).toMatchObject({ event: 'settingsFrameSize', blame: 'peer' })
    },
  )

  test('H22 streams over our limit are refused, acknowledged or not, and at last the session ends', async () => {
    const limits = { maxInboundStreams: 2 }
    const { peer, ended } = strangers({ charts, limits })
    await peer.sends(frames.settings(), frames.open(1), frames.open(3), frames.open(5))
    await peer.wants({ type: 'reset', id: 5, code: 'REFUSED_STREAM' })
    await peer.sends(frames.settings({}, { ack: true }))
    for (let id = 7; id < 7 + 2 * 99; id += 2) {
      await peer.sends(frames.open(id))
      await peer.wants({ type: 'reset', id, code: 'REFUSED_STREAM' })
    }
    await peer.sends(frames.open(301))
    await peer.wants({ type: 'goAway', code: 'ENHANCE_YOUR_CALM' })
    expect(await ended()).toMatchObject({ event: 'refusal' })
  })

  test.each([
    [2 ** 31 - 1, 'active'],
    [2 ** 31, 'done'],
    [2 ** 32 - 1, 'done'],
  ])('H30 an initial window of %d leaves the session %s', async (initialWindow, status) => {
    const { peer, session, clock } = await acquainted({ charts })
    await peer.sends(frames.settings({ initialWindow }))
    if (status === 'done') await peer.wants({ type: 'goAway', code: 'FLOW_CONTROL_ERROR' })
    await clock.advance(1000)
    expect(session.actor.getSnapshot().status).toBe(status)
  })
})
