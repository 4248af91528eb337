import { describe, expect, test } from '@jest/globals'
import type { MuxStream, SessionEvent } from '@plexus/contract'
import { frames, lineProtocol, memoryPair, scriptedPeer, virtualHost } from '@plexus/testkit'
import { HTTP2_LIKE } from '../testing/http2-like.test.kit.js'
import { CHART_MODES } from '../testing/line-stage.test.kit.js'
import { Session } from './session.js'

/** What a user may do inside of whatever calls him. */
const DEEDS: Readonly<Record<string, (stream: MuxStream | undefined, session: Session) => unknown>> = {
  'resets the stream': (stream) => stream?.reset(),
  'closes the stream': (stream) => stream?.close(),
  'writes to it': (stream) => stream?.write('x'.repeat(100_000)).catch(() => undefined),
  'writes its last': (stream) => stream?.write('bye', { end: true }).catch(() => undefined),
  'replies to it': (stream) => (stream?.initiator === 'peer' ? stream.reply() : undefined),
  'reads from it': (stream) => stream?.read().catch(() => undefined),
  'changes its urgency': (stream) => stream?.prioritise(0, false),
  'opens another': (_, session) => session.open({ end: true }).catch(() => undefined),
  pings: (_, session) => session.ping().catch(() => undefined),
  'closes the session': (_, session) => session.close({ timeoutMs: 100 }),
  'ends the session': (_, session) => session.destroy('INTERNAL_ERROR'),
}

/** All that calls a user's code: the handler, events, and what his promises and signals bring about. */
const CALLBACKS = [
  'handler',
  'observer',
  'abort',
  'places',
  'read',
  'replied',
  'closed',
  'write',
  'inform',
] as const

/** A conversation with everything in it, in which `callback` does the deed each time it is called, up to 20 times. */
async function converse(
  callback: (typeof CALLBACKS)[number],
  deed: (typeof DEEDS)[string],
  charts: 'compiled' | 'interpreted',
) {
  const host = virtualHost()
  const { clock } = host
  const protocol = lineProtocol({ ...HTTP2_LIKE })
  const [carrier, far] = memoryPair({ clock, highWater: 50_000 })
  const peer = scriptedPeer({ protocol, role: 'client', carrier: far, clock })
  let depth = 0
  let calls = 0
  let deepest = 0
  const strike = (which: string, stream?: MuxStream) => {
    if (which !== callback || calls >= 20) return
    calls += 1
    depth += 1
    deepest = Math.max(deepest, depth)
    void deed(stream, session)
    depth -= 1
  }
  const watch = (stream: MuxStream) => {
    stream.signal.addEventListener('abort', () => strike('abort', stream))
    stream.closed.then(() => strike('closed', stream))
    stream.replied.then(
      () => strike('replied', stream),
      () => strike('replied', stream),
    )
    stream.readInform().then(
      () => strike('inform', stream),
      () => undefined,
    )
    stream.read().then(
      () => strike('read', stream),
      () => strike('read', stream),
    )
    if (stream.state !== 'half-closed (local)')
      stream.write('y'.repeat(80_000)).then(
        () => strike('write', stream),
        () => strike('write', stream),
      )
  }
  const handler = (stream: MuxStream) => {
    strike('handler', stream)
    if (stream.state !== 'closed') watch(stream)
  }
  const observe = (event: SessionEvent) => strike('observer', 'stream' in event ? event.stream : undefined)
  const session: Session = new Session({ protocol, carrier, role: 'server', host, handler, observe, charts })
  session.onPlaces(() => strike('places'))
  await peer.sends(frames.settings({ initialWindow: 10_000, maxConcurrentStreams: 2 }))
  await peer.sends(frames.open(1), frames.data(1, 'hello'), frames.open(3, { end: true }), frames.open(5))
  session.open().then(watch, () => undefined)
  await clock.settle()
  await peer.sends(frames.inform(2), frames.reply(2), frames.data(2, 'news'), frames.window(1, 50_000))
  await peer.sends(frames.window(0, 50_000), frames.settings({ initialWindow: 0 }), frames.reset(5))
  await peer.sends(frames.data(1, 'bye', { end: true }), frames.settings({ maxConcurrentStreams: 1 }))
  await peer.sends(frames.settings({ initialWindow: 100_000 }), frames.goAway(2))
  await clock.advance(100)
  void session.close({ timeoutMs: 200 })
  await clock.advance(20_000)
  return { session, calls, deepest, pending: clock.pending, peer }
}

const cases = CALLBACKS.flatMap((callback) => Object.keys(DEEDS).map((deed) => ({ callback, deed })))

describe.each(CHART_MODES)('H48 a user who acts inside of a callback, %s:', (charts) => {
  test.each(cases)('$callback $deed', async ({ callback, deed }) => {
    const { session, calls, deepest, pending, peer } = await converse(callback, DEEDS[deed]!, charts)
    expect(calls).toBeGreaterThan(0)
    // Queued, never re-entered: nobody's code runs inside a call of his own.
    expect(deepest).toBe(1)
    expect([session.actor.getSnapshot().status, session.streamCount, pending]).toEqual(['done', 0, 0])
    const error = await session.closed
    if (error?.blame === 'us' && error.code === 'INTERNAL_ERROR')
      throw new Error(`${error.message}\n${peer.dialogue}`)
  })
})
