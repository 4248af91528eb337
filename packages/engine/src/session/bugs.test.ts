import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { Codec } from '@plexus/contract'
import { frames, type MemoryCarrier } from '@plexus/testkit'
import { Pump } from '../out-framer/pump.js'
import { Stream } from '../stream/mux-stream.js'
import { CHART_MODES, type LineStage, lineStage } from '../testing/line-stage.test.kit.js'
import { Keepalive } from './keepalive.js'
import { Phases } from './phases.js'
import { Streams } from './streams.js'

afterEach(() => {
  jest.restoreAllMocks()
})

/** Every kind of wait there is, each with somebody in it, then an end. @returns the names of waits that never settle. */
async function unsettledIn({ session, peer, clock }: LineStage): Promise<string[]> {
  const waiting = new Set<string>()
  const watch = (name: string, promise: Promise<unknown>) => {
    waiting.add(name)
    const done = () => void waiting.delete(name)
    promise.then(done, done)
  }
  const attempt = async (deed: () => unknown) => {
    try {
      await deed()
    } catch {
      // Whoever asks when the bug has struck is told so; the waits are what this is about.
    }
  }
  watch('session closed', session.closed)
  await attempt(() => watch('ping', session.ping({ timeoutMs: 0 })))
  for (const id of [1, 3, 5]) {
    void session[Symbol.asyncIterator]()
      .next()
      .then(({ value: stream }) => {
        if (stream === undefined) return
        watch(`${id} closed`, stream.closed)
        watch(`${id} headers`, stream.readHeaders())
        watch(`${id} read`, stream.read())
        if (id === 5) return stream.reset()
        watch(`${id} write`, stream.write(new Uint8Array(200_000)))
        watch(`${id} close`, stream.close())
      })
      .catch(() => undefined)
  }
  watch('accept', session[Symbol.asyncIterator]().next())
  const opened = session.open()
  watch('open', opened)
  void attempt(async () => {
    const stream = await opened
    watch('2 replied', stream.replied)
    watch('2 closed', stream.closed)
    watch('2 write', stream.write('hello', { end: true }))
  })
  await attempt(() =>
    peer.sends(frames.open(1), frames.open(3), frames.data(3, 'x'.repeat(20_000)), frames.open(5)),
  )
  await attempt(() => peer.sends(frames.reply(2), frames.headers(1, { a: 'b' }), frames.ping(7)))
  await attempt(() =>
    peer.sends(frames.window(1, 1000), frames.window(0, 1000), frames.settings({ initialWindow: 9 })),
  )
  await attempt(() =>
    peer.sends(frames.data(1, 'news'), frames.data(3, 'last', { end: true }), frames.reset(3)),
  )
  await attempt(() => watch('close', session.close({ timeoutMs: 500 })))
  await clock.advance(60_000)
  return [...waiting]
}

/** Has the `nth` call of `name` throw. @returns how often it threw. */
function spoil(parts: object, name: string, nth: number): () => number {
  const real = Reflect.get(parts, name) as (...args: unknown[]) => unknown
  let calls = 0
  jest.spyOn(parts as Record<string, () => unknown>, name).mockImplementation(function (
    this: unknown,
    ...args
  ) {
    calls += 1
    if (calls === nth) throw new Error(`${name} fails`)
    return real.apply(this, args as unknown[])
  })
  return () => (calls >= nth ? 1 : 0)
}

/** All that a chart or a session calls and that could throw, were it wrong: by whose it is. */
const FALLIBLE: readonly [whose: string, parts: (set: LineStage) => object, names: string][] = [
  [
    'a stream',
    () => Stream.prototype,
    'openInbox gateUntilReply endInbox openOutbox endOutbox wakeReader settleReply takeHeaders noteBlocked ' +
      'noteUnblocked settleReset sayFin noteSent dropUnread',
  ],
  [
    'the session',
    () => Phases.prototype,
    'acceptStream forgetStream applySettings answerPing startDrain limitDrain sendGoAway startClosing noteWindowEmpty ' +
      'abandonCarrier settleClosed shutGate',
  ],
  [
    'the streams',
    () => Streams.prototype,
    'accept forget writeReply writeReset requestWrite noteRead fin wake',
  ],
  [
    'the outFramer',
    () => Pump.prototype,
    'awaitRequest schedulePump noteStall dropAll control answer request leave flush',
  ],
  ['the keepalive', () => Keepalive.prototype, 'sendPing stop'],
  ['the codec', ({ session }) => session.codec as Codec, 'decode encode encodeData close'],
  ['the carrier', ({ carrier }) => carrier as MemoryCarrier, 'write end resume destroy'],
]

const cases = FALLIBLE.flatMap(([whose, parts, names]) =>
  names.split(' ').map((name) => ({ whose, parts, name })),
)

describe.each(CHART_MODES)('B14 when something throws once that never should, %s:', (charts) => {
  test.each(cases)('$name of $whose', async ({ parts, name }) => {
    let struck = 0
    for (const nth of [1, 2, 3, 5]) {
      const set = lineStage({ charts, limits: { keepaliveIntervalMs: 100 } })
      const count = spoil(parts(set), name, nth)
      expect([nth, await unsettledIn(set)]).toEqual([nth, []])
      expect([nth, set.session.streamCount, set.clock.pending]).toEqual([nth, 0, 0])
      struck += count()
      jest.restoreAllMocks()
    }
    expect(struck).toBeGreaterThan(0)
  })
})
