import { describe, expect, test } from '@jest/globals'
import { spdy } from '@plexus/codec-spdy'
import type { StreamHandler } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CASTS, CHART_MODES, stage, withTraits } from './stage.test.kit.js'

const { faults } = spdy().traits

/** SPDY as the ancestor took it: the first id, and each that follows, is the only one that will do. */
const STRICT = withTraits(spdy(), {
  strictIds: true,
  faults: { ...faults, openSkips: { scope: 'session', code: 'PROTOCOL_ERROR' } },
})

/** The ids of streams of the peer, first to third and one that skips. */
const IDS = { server: [1, 3, 5, 7], client: [2, 4, 6, 8] } as const

describe.each(CASTS)('what a peer may not do, $charts, as $role', (cast) => {
  const [first, second, third, fourth] = IDS[cast.role]

  test('DM-11 stream ids may skip', async () => {
    const { peer, accept } = await stage(cast)
    await peer.sends(frames.open(second), frames.open(fourth))
    expect([(await accept()).id, (await accept()).id]).toEqual([second, fourth])
    await peer.idle()
  })

  test.each([
    ['of our parity', [first + 1], 0],
    ['that is zero', [0], 0],
    ['lower than one before', [second, first], second],
    ['lower than one before that is gone', [first, third, second], third],
  ])('DM-11 a stream id %s ends the session, which names the last good one', async (_, ids, lastId) => {
    const { session, peer } = await stage(cast)
    await peer.sends(...ids.map((id) => frames.open(id)))
    await peer.wants({ type: 'goAway', lastId, code: 'PROTOCOL_ERROR' })
    await peer.ends()
    expect(await session.closed).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer' })
  })

  test('DM-11 a stream id that is open resets its stream, and no other', async () => {
    const { peer, accept } = await stage(cast)
    await peer.sends(frames.open(first), frames.open(second), frames.open(second))
    await peer.wants({ type: 'reset', id: second, code: 'PROTOCOL_ERROR' })
    ;(await accept()).reply()
    await peer.wants({ type: 'reply', id: first })
  })

  test('DM-11 with strict ids each follows the one before', async () => {
    const { peer, accept } = await stage({ ...cast, protocol: STRICT })
    await peer.sends(frames.open(first), frames.open(second), frames.open(third))
    for (const id of [first, second, third]) expect((await accept()).id).toBe(id)
    await peer.idle()
  })

  test.each([
    ['that skips', [first, third], first],
    ['that skips the first', [second], 0],
  ])('DM-11 with strict ids one %s ends the session', async (_, ids, lastId) => {
    const { peer } = await stage({ ...cast, protocol: STRICT })
    await peer.sends(...ids.map((id) => frames.open(id)))
    await peer.wants({ type: 'goAway', lastId, code: 'PROTOCOL_ERROR' })
  })

  test('DM-12 the hundred and first stream is refused, and the hundred go on', async () => {
    const { session, peer, accept } = await stage(cast)
    const ids = Array.from({ length: 101 }, (_, i) => first + 2 * i)
    await peer.sends(...ids.map((id) => frames.open(id, { end: true })))
    await peer.wants({ type: 'reset', id: ids[100]!, code: 'REFUSED_STREAM' })
    expect(session.streamCount).toBe(100)
    for (const id of ids.slice(0, 100)) {
      ;(await accept()).reply({}, { end: true })
      await peer.wants({ type: 'reply', id, end: true })
    }
  })

  test('DM-12 the limit is the one that was announced, and an ended stream frees its place', async () => {
    const { peer, accept } = await stage({ ...cast, limits: { maxInboundStreams: 1 } })
    expect(peer.frames[0]).toMatchObject({ type: 'settings', settings: { maxConcurrentStreams: 1 } })
    await peer.sends(frames.open(first, { end: true }), frames.open(second))
    await peer.wants({ type: 'reset', id: second, code: 'REFUSED_STREAM' })
    ;(await accept()).reply({}, { end: true })
    await peer.wants({ type: 'reply', id: first })
    await peer.sends(frames.open(third))
    expect((await accept()).id).toBe(third)
  })

  test('DM-14 data for a stream nobody opened resets that id', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sendsBytes('00000063 00000002 6869')
    await peer.wants({ type: 'reset', id: 0x63, code: 'INVALID_STREAM' })
    await begin()
  })

  test('DM-14 data after the end of its sender resets the stream', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sendsBytes('00000001 01000002 6869')
    await peer.sendsBytes('00000001 00000002 6869')
    await peer.wants({ type: 'reset', id: 1, code: 'STREAM_CLOSED' })
    expect(await stream.closed).toMatchObject({ code: 'STREAM_CLOSED', blame: 'peer' })
    await begin()
  })

  test('DM-14 a frame over the stream window resets the stream before its bytes are here', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sendsBytes('00000001 00010001 00')
    await peer.wants({ type: 'reset', id: 1, code: 'FLOW_CONTROL_ERROR' })
    expect(await stream.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR', blame: 'peer' })
    await peer.sendsBytes(new Uint8Array(65_536))
    await begin()
  })

  test('DM-14 a window that is used to the last byte is no fault', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    await peer.sends(frames.data(1, new Uint8Array(65_536)), frames.data(1, '', { end: true }))
    await peer.idle()
    expect(stream.state).toBe('half-closed (remote)')
  })

  test('DM-14 a frame over the session window ends the session', async () => {
    const { session, peer, begin } = await stage({ ...cast, limits: { sessionReceive: 65_536 } })
    await begin()
    await begin()
    await peer.sends(frames.data(1, new Uint8Array(65_536)), frames.data(3, 'x'))
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    await peer.ends()
    expect(await session.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR', blame: 'peer' })
  })

  test('DM-14 data on stream zero ends the session', async () => {
    const { peer } = await stage(cast)
    await peer.sendsBytes('00000000 00000002 6869')
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
  })
})

const REQUEST = {
  ':method': 'GET',
  ':path': '/',
  ':version': 'HTTP/1.1',
  ':host': 'a.example',
  ':scheme': 'https',
}

const failures: Readonly<Record<string, StreamHandler>> = {
  throws: () => {
    throw new Error('no')
  },
  'throws what is no error': () => {
    throw undefined
  },
  rejects: async () => {
    throw new Error('no')
  },
  'rejects after it replied': async (stream) => {
    stream.reply()
    await stream.write('some of it')
    throw new Error('no')
  },
}

describe.each(CHART_MODES)('handlers, with %s charts', (charts) => {
  test.each(Object.keys(REQUEST))(
    'DM-13 a request without %s reaches the handler, which answers',
    async (name) => {
      const handler: StreamHandler = (stream) => {
        const isWhole = Object.keys(REQUEST).every((one) => stream.headers.has(one))
        stream.reply({ ':status': isWhole ? '200' : '400', ':version': 'HTTP/1.1' }, { end: true })
      }
      const { peer } = await stage({ charts, handler })
      await peer.sends(frames.open(1, { headers: { ...REQUEST, [name]: undefined }, end: true }))
      await peer.wants({ type: 'reply', id: 1, headers: { ':status': '400' }, end: true })
      await peer.sends(frames.open(3, { headers: REQUEST, end: true }))
      await peer.wants({ type: 'reply', id: 3, headers: { ':status': '200' }, end: true })
    },
  )

  test('DM-20 a handler that writes nothing gives a reply and an end', async () => {
    const { session, peer } = await stage({ charts, handler: async () => {} })
    await peer.sends(frames.open(1, { end: true }))
    await peer.wants({ type: 'reply', id: 1, end: true })
    await peer.idle()
    expect(session.streamCount).toBe(0)
  })

  test('DM-20 a handler that only replies gives the end behind it', async () => {
    const { peer } = await stage({ charts, handler: async (stream) => stream.reply({ ':status': '204' }) })
    await peer.sends(frames.open(1, { end: true }))
    await peer.wants({ type: 'reply', id: 1, headers: { ':status': '204' }, end: false })
    await peer.wants({ type: 'data', id: 1, payload: '', end: true })
  })

  test.each(Object.keys(failures))(
    'DM-20 a handler that %s resets its stream, and nothing else',
    async (how) => {
      const fails = failures[how]!
      const handler: StreamHandler = (stream) => (stream.id === 1 ? fails(stream) : stream.reply())
      const { session, peer, events } = await stage({ charts, handler })
      peer.ignores({ type: 'reply', id: 1 }, { type: 'data', id: 1 })
      await peer.sends(frames.open(1), frames.open(3))
      await peer.wantsAny([
        { type: 'reset', id: 1, code: 'INTERNAL_ERROR' },
        { type: 'reply', id: 3 },
      ])
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'reset', error: expect.objectContaining({ blame: 'application' }) }),
      )
      expect(session.streamCount).toBe(1)
      await peer.sends(frames.open(5))
      await peer.wants({ type: 'reply', id: 5 })
    },
  )
})
