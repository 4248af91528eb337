import { describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CASTS, type Stage, stage } from './stage.test.kit.js'

/** The largest window there is, and the first size of each, bytes. */
const MAX = 2 ** 31 - 1
const FIRST = 65_536

describe.each(CASTS)('flow control, $charts, as $role', (cast) => {
  test('DM-7 a writer goes on when its window opens from zero', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 1 }))
    const stream = await begin()
    void stream.write('hello', { end: true })
    await peer.wants({ type: 'data', id: 1, payload: 'h', end: false })
    await peer.idle(200)
    expect(stream.blocked).toEqual({ on: 'streamWindow', since: 0 })
    await peer.sends(frames.window(1, 100))
    await peer.wants({ type: 'data', id: 1, payload: 'ello', end: true })
  })

  test('DM-7 all writers go on when the session window opens from zero', async () => {
    const { peer, begin } = await stage(cast)
    const [first, second] = [await begin(), await begin()]
    void first.write('1'.repeat(FIRST))
    await peer.wantsPayload(1, '1'.repeat(FIRST))
    void first.write('more of one')
    void second.write('two')
    await peer.idle(200)
    expect([first.blocked?.on, second.blocked?.on]).toEqual(['streamWindow', 'sessionWindow'])
    await peer.sends(frames.window(1, 100), frames.window(0, 100))
    await peer.wantsAny([
      { type: 'data', id: 1, payload: 'more of one' },
      { type: 'data', id: 3, payload: 'two' },
    ])
  })

  test('DM-7 credit that comes before the writer is not lost', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 0 }))
    const stream = await begin()
    await peer.sends(frames.window(1, 2), frames.window(1, 3))
    void stream.write('hello and more')
    await peer.wants({ type: 'data', id: 1, payload: 'hello' })
    await peer.idle()
  })

  test('DM-7 an empty end needs no window', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 0 }))
    const stream = await begin()
    await stream.close()
    await peer.wants({ type: 'data', id: 1, payload: '', end: true })
  })

  test('DM-16 a new first window shifts open streams, below zero and back', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: 10 }))
    const stream = await begin()
    void stream.write('0123456789abcdefghij')
    await peer.wants({ type: 'data', id: 1, payload: '0123456789' })
    await peer.sends(frames.settings({ initialWindow: 0 }), frames.window(1, 10))
    await peer.idle(200)
    await peer.sends(frames.settings({ initialWindow: 3 }))
    await peer.wants({ type: 'data', id: 1, payload: 'abc' })
    await peer.sends(frames.settings({ initialWindow: 10 }))
    await peer.wants({ type: 'data', id: 1, payload: 'defghij' })
  })

  test('DM-16 the first window of streams is not that of the session', async () => {
    const { peer, begin } = await stage(cast)
    await peer.sends(frames.settings({ initialWindow: MAX }))
    const stream = await begin()
    void stream.write('x'.repeat(FIRST + 1))
    await peer.wantsPayload(1, 'x'.repeat(FIRST))
    await peer.idle(200)
    expect(stream.blocked?.on).toBe('sessionWindow')
  })

  test('DM-16 their stream limit bounds our streams: the next one waits for a place', async () => {
    const { session, peer } = await stage(cast)
    const [first, second] = cast.role === 'client' ? [1, 3] : [2, 4]
    await peer.sends(frames.settings({ maxConcurrentStreams: 1 }))
    const stream = await session.open({ end: true })
    const waiting = session.open()
    await peer.wants({ type: 'open', id: first })
    await peer.idle(200)
    expect(session.pendingOpens).toBe(1)
    await peer.sends(frames.reply(first, { end: true }))
    await peer.wants({ type: 'open', id: second })
    expect([(await stream.closed)?.code, (await waiting).id]).toEqual([undefined, second])
  })

  test('DM-16 a stream limit lowered to zero ends no stream, and raised again it lets ours go on', async () => {
    const { session, peer } = await stage(cast)
    const [first, second] = cast.role === 'client' ? [1, 3] : [2, 4]
    const stream = await session.open()
    await peer.wants({ type: 'open', id: first })
    await peer.sends(frames.settings({ maxConcurrentStreams: 0 }), frames.reply(first))
    void session.open()
    void stream.write('still here')
    await peer.wants({ type: 'data', id: first, payload: 'still here' })
    await peer.idle(200)
    await peer.sends(frames.settings({ maxConcurrentStreams: 2 }))
    await peer.wants({ type: 'open', id: second })
  })

  test('DM-16 their stream limit does not bound their own streams', async () => {
    const { peer, accept } = await stage(cast)
    const id = cast.role === 'client' ? 2 : 1
    await peer.sends(frames.settings({ maxConcurrentStreams: 0 }), frames.open(id))
    ;(await accept()).reply()
    await peer.wants({ type: 'reply', id })
  })

  test('DM-17 credit that lifts a stream over the largest window resets that stream, and no other', async () => {
    const { peer, begin } = await stage(cast)
    const [stream, other] = [await begin(), await begin()]
    await peer.sends(frames.window(1, MAX - FIRST))
    await peer.idle()
    await peer.sends(frames.window(1, 1))
    await peer.wants({ type: 'reset', id: 1, code: 'FLOW_CONTROL_ERROR' })
    expect(await stream.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR', blame: 'peer', scope: 'stream' })
    await other.write('unharmed')
    await peer.wants({ type: 'data', id: 3, payload: 'unharmed' })
  })

  test('DM-17 two updates of the largest size are one too many, whatever was sent between them', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    void stream.write('x'.repeat(FIRST))
    await peer.wantsPayload(1, 'x'.repeat(FIRST))
    await peer.sends(frames.window(1, MAX), frames.window(1, MAX))
    await peer.wants({ type: 'reset', id: 1, code: 'FLOW_CONTROL_ERROR' })
    await peer.idle()
  })

  test('DM-17 credit that lifts the session over the largest window ends the session', async () => {
    const { session, peer } = await stage(cast)
    await peer.sends(frames.window(0, MAX - FIRST))
    await peer.idle()
    await peer.sends(frames.window(0, 1))
    // SPDY has no number of GOAWAY for it.
    await peer.wants({ type: 'goAway', code: 'PROTOCOL_ERROR' })
    await peer.ends()
    expect(await session.closed).toMatchObject({ code: 'FLOW_CONTROL_ERROR', blame: 'peer' })
  })

  test('DM-19 credit goes back once a quarter of the window is read, and then all of it', async () => {
    const { peer, begin } = await stage(cast)
    const stream = await begin()
    await feed(peer, 15)
    expect(readAll(stream)).toBe(15 * KIB)
    await peer.idle(200)
    await feed(peer, 1)
    expect(readAll(stream)).toBe(KIB)
    await peer.wants({ type: 'window', id: 1, delta: 16 * KIB })
    await peer.idle(200)
  })

  test('DM-19 what is not read earns no credit', async () => {
    const { peer, begin } = await stage(cast)
    await begin()
    await feed(peer, 64)
    await peer.idle(200)
  })

  test('DM-19 after the end of the peer a stream gets no credit, and the session gets its own', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { sessionReceive: FIRST } })
    const stream = await begin()
    await feed(peer, 63)
    await peer.sends(frames.data(1, new Uint8Array(KIB), { end: true }))
    expect(readAll(stream)).toBe(64 * KIB)
    for (let quarter = 0; quarter < 4; quarter += 1)
      await peer.wants({ type: 'window', id: 0, delta: FIRST / 4 })
    await peer.idle(200)
  })

  test('DM-19 bytes for a stream that is gone cost the session no credit', async () => {
    const { peer, begin } = await stage({ ...cast, limits: { sessionReceive: FIRST } })
    const stream = await begin()
    stream.reset()
    await peer.wants({ type: 'reset', id: 1 })
    await feed(peer, 32)
    await peer.wants({ type: 'window', id: 0, delta: 16 * KIB })
    await peer.wants({ type: 'window', id: 0, delta: 16 * KIB })
    await peer.idle()
  })

  test('DM-19 a reader that owes credit to a peer that does not read holds up nobody', async () => {
    const { peer, carrier, begin } = await stage(cast)
    const [stream, other] = [await begin(), await begin()]
    carrier.outgoing.stall()
    await feed(peer, 64)
    expect(readAll(stream)).toBe(64 * KIB)
    const reading = other.read()
    await peer.sends(frames.data(3, 'hello'), frames.reset(1))
    expect(new TextDecoder().decode(await reading)).toBe('hello')
    expect((await stream.closed)?.blame).toBe('peer')
    carrier.outgoing.unstall()
    await peer.wants({ type: 'window', id: 1 })
  })
})

const KIB = 1024

/** So many data frames of a kibibyte on stream 1. */
async function feed(peer: Stage['peer'], count: number): Promise<void> {
  await peer.sends(...Array.from({ length: count }, () => frames.data(1, new Uint8Array(KIB))))
}

/** Reads what is there. @returns how many bytes that was. */
function readAll(stream: MuxStream): number {
  let size = 0
  for (let bytes = stream.poll(); bytes !== undefined; bytes = stream.poll()) size += bytes.length
  return size
}
