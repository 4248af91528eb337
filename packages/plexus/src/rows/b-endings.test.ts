import { describe, expect, test } from '@jest/globals'
import { LIMITS, type MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CASTS, failureOf, type Stage, stage } from './stage.test.kit.js'
import { Waits } from './waits.test.kit.js'

/** What keeps the bytes of stream 1 from going out, and what lets them go. */
interface Hold {
  hold(set: Stage): Promise<void>
  free(set: Stage): Promise<void>
}

const holds: Readonly<Record<string, Hold>> = {
  'the stream window': {
    hold: ({ peer }) => peer.sends(frames.settings({ initialWindow: 0 })),
    free: ({ peer }) => peer.sends(frames.settings({ initialWindow: 65_536 })),
  },
  'the session window': {
    async hold({ peer, begin }) {
      await peer.sends(frames.settings({ initialWindow: 100_000 }))
      const other = await begin()
      void other.write('z'.repeat(65_536))
      await peer.wantsPayload(other.id, 'z'.repeat(65_536))
    },
    free: ({ peer }) => peer.sends(frames.window(0, 65_536)),
  },
  'the carrier': {
    async hold({ carrier }) {
      carrier.outgoing.stall()
    },
    async free({ carrier, clock }) {
      carrier.outgoing.unstall()
      await clock.settle()
    },
  },
}

/** What the peer has done with its half when we end ours. */
const peerHalves: Readonly<Record<string, (set: Stage, id: number) => Promise<void>>> = {
  open: async () => {},
  'ended, with data unread': ({ peer }, id) => peer.sends(frames.data(id, 'unread', { end: true })),
  'full, with data unread': async ({ peer, session }, id) => {
    const left = [...session.table].find((stream) => stream.id === id)!.receiveWindow.granted
    await peer.sends(frames.data(id, 'u'.repeat(left)))
  },
}

const halves = Object.keys(holds).flatMap((by) => Object.keys(peerHalves).map((half) => ({ by, half })))

describe.each(CASTS)('ends with data pending, $charts, as $role', (cast) => {
  test.each(halves)(
    'B06 what is held by $by goes out before its end, whether the peer’s half is $half',
    async ({ by, half }) => {
      const set = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
      const { peer, begin } = set
      const stream = await begin()
      await peerHalves[half]!(set, stream.id)
      await holds[by]!.hold(set)
      const writing = stream.write('the last words')
      const closing = stream.close()
      await peer.idle()
      expect(stream.state).not.toBe('closed')
      await holds[by]!.free(set)
      await peer.wants({ type: 'data', id: stream.id, payload: 'the last words', end: true })
      await Promise.all([writing, closing])
      expect(stream.state).toBe(half.startsWith('ended') ? 'closed' : 'half-closed (local)')
      if (half !== 'open') expect((await stream.read())?.length).toBeGreaterThan(5)
    },
  )

  test('B06 bytes that were written before the reply go out before the end, too', async () => {
    const { session, peer, accept } = await stage(cast)
    if (cast.role === 'server') await peer.sends(frames.open(1))
    const stream = cast.role === 'client' ? await session.open() : await accept()
    void stream.write('at once')
    await stream.close()
    await peer.wants(
      cast.role === 'client' ? { type: 'open', id: 1, end: false } : { type: 'reply', id: 1, end: false },
    )
    await peer.wants({ type: 'data', id: 1, payload: 'at once', end: true })
    expect(stream.state).toBe('half-closed (local)')
  })

  test('B06 an end of the peer while a reader waits, while none waits, and before our own', async () => {
    const { peer, begin } = await stage(cast)
    const [awaited, unread] = [await begin(), await begin()]
    const reading = awaited.read()
    await peer.sends(frames.data(1, '', { end: true }), frames.data(3, 'left', { end: true }))
    expect(await reading).toBeUndefined()
    expect(await unread.read()).toHaveLength(4)
    expect(await unread.read()).toBeUndefined()
    expect([awaited.state, unread.state]).toEqual(['half-closed (remote)', 'half-closed (remote)'])
    await Promise.all([awaited.close(), unread.close()])
    expect([await awaited.closed, await unread.closed]).toEqual([undefined, undefined])
  })
})

/** What is going on when the peer dies. */
const moments: Readonly<Record<string, (set: Stage, stream: MuxStream) => Promise<unknown>>> = {
  nothing: async () => {},
  'a head of which half came': ({ peer }) => peer.sendsBytes('80030006'),
  'a payload of which half came': ({ peer }) => peer.sendsBytes('00000001 00000010 616263'),
  'a write that waits for its window': async ({ peer }, stream) => {
    await peer.sends(frames.settings({ initialWindow: 10 }))
    void stream.write('x'.repeat(100_000)).catch(() => {})
  },
  'a write that waits for the carrier': async ({ carrier, peer }, stream) => {
    carrier.outgoing.stall()
    void stream.write('x'.repeat(100_000)).catch(() => {})
    await peer.sends()
  },
  'an end that waits': async ({ peer }, stream) => {
    await peer.sends(frames.settings({ initialWindow: 0 }))
    void stream.write('x', { end: true })
  },
  'a peer that ended its half': ({ peer }) => peer.sends(frames.data(1, 'x', { end: true })),
  'a half of ours that ended': (_set, stream) => stream.close(),
  'a full inbox': ({ peer }) => peer.sends(frames.data(1, 'x'.repeat(65_536))),
  'a close of ours': async ({ session }) => void session.close(),
  'a go-away of the peer': ({ peer }) => peer.sends(frames.goAway(1)),
}

describe.each(CASTS)('a peer that dies, $charts, as $role', (cast) => {
  test.each(Object.keys(moments))(
    'B07 in the middle of %s, everybody hears of it at once',
    async (moment) => {
      const set = await stage({ ...cast, limits: { keepaliveIntervalMs: 0 } })
      const { session, clock, carrier, begin } = set
      const stream = await begin()
      const waits = new Waits()
      await moments[moment]!(set, stream)
      void waits.watchStream('stream', stream)
      void waits.watch('write', stream.write('more'))
      void waits.watch('close', stream.close())
      void waits.watch('ping', session.ping({ timeoutMs: 0 }))
      void waits.watch('session closed', session.closed)
      carrier.incoming.cutNow('reset')
      await clock.settle()
      expect(waits.unsettled).toEqual([])
      expect((await session.closed)?.code).toBe('CONNECTION_LOST')
      expect([session.streamCount, clock.pending]).toEqual([0, 0])
    },
  )

  test('B07 the ends of its streams are told before the end of the session, and nothing after that', async () => {
    const { carrier, clock, events, begin } = await stage(cast)
    await begin()
    await begin()
    carrier.incoming.cut('reset')
    await clock.settle()
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['reset', 'reset', 'closed'])
  })

  test('B07 whoever waits for a place learns that nothing of it was done', async () => {
    const { session, peer, carrier } = await stage(cast)
    await peer.sends(frames.settings({ maxConcurrentStreams: 0 }))
    const waiting = failureOf(session.open())
    carrier.incoming.cut('reset')
    expect(await waiting).toMatchObject({ code: 'CONNECTION_LOST', processed: 'no' })
  })
})

describe.each(CASTS)('a peer that vanishes, $charts, as $role', (cast) => {
  const patience = LIMITS.keepaliveIntervalMs.value + LIMITS.keepaliveTimeoutMs.value

  test('B08 is found 45 s after it was last heard of, and not before', async () => {
    const { session, peer, clock, begin } = await stage(cast)
    const stream = await begin()
    expect(patience).toBe(45_000)
    await clock.advance(10_000)
    await peer.sends(frames.data(1, 'the last sign of life'))
    await clock.advance(patience - 1)
    expect(stream.state).toBe('open')
    await clock.advance(1)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT', scope: 'session' })
    expect([await stream.closed, clock.pending]).toMatchObject([{ code: 'TIMEOUT' }, 0])
  })

  test('B08 is found in that time though we write all the while', async () => {
    const { session, carrier, clock, begin } = await stage(cast)
    const stream = await begin()
    carrier.incoming.cut('silence')
    for (let second = 0; second < 44; second += 1) {
      void stream.write('x'.repeat(300)).catch(() => {})
      await clock.advance(1000)
    }
    expect(session.streamCount).toBe(1)
    await clock.advance(1000)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT' })
  })

  test('B08 is found in that time though the carrier takes nothing more', async () => {
    const { session, carrier, clock, begin } = await stage(cast)
    const stream = await begin()
    carrier.outgoing.stall()
    void stream.write('x'.repeat(200_000)).catch(() => {})
    await clock.advance(patience)
    expect(await session.closed).toMatchObject({ code: 'TIMEOUT' })
    expect(clock.pending).toBe(0)
  })

  test('B08 is found in the middle of our close', async () => {
    const { session, carrier, clock, begin } = await stage(cast)
    await begin()
    carrier.outgoing.cut('silence')
    carrier.incoming.cut('silence')
    const closing = session.close({ timeoutMs: 600_000 })
    await clock.advance(patience)
    await closing
    expect(clock.pending).toBe(0)
  })

  test('B08 a peer that answers pings and says nothing else is there', async () => {
    const { session, peer, clock, begin } = await stage(cast)
    await begin()
    for (let asked = 0; asked < 5; asked += 1) {
      await clock.advance(30_000)
      const ping = peer.frames.at(-1)
      if (ping?.type !== 'ping') throw new Error('expected a ping after each interval')
      await clock.advance(14_999)
      await peer.sends(frames.ping(ping.token, { ack: true }))
    }
    expect(session.streamCount).toBe(1)
  })
})
