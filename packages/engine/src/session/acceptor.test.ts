import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { type Limits, type MuxStream, resolveLimits, type StreamHandler } from '@plexus/contract'
import { frames, VirtualClock } from '@plexus/testkit'
import type { Stream } from '../stream/mux-stream.js'
import { lineStage } from '../testing/line-stage.test.kit.js'
import { Acceptor } from './acceptor.js'

/** As much of a stream as the acceptor knows; it writes down what is done to it. */
function streamOf(name = 'stream') {
  const deeds: string[] = []
  const stream = {
    name,
    hasHandler: false,
    wasReset: false,
    isOver: false,
    outbox: { isEnding: false },
    async close() {
      deeds.push('close')
      stream.outbox.isEnding = true
    },
    dropUnread: () => void deeds.push('dropUnread'),
    fail: (code: string, blame: string, message: string) =>
      void deeds.push(`fail ${code} by ${blame}: ${message}`),
  }
  return { stream: stream as unknown as Stream & typeof stream, deeds }
}

function acceptorWith(handler?: StreamHandler, limits: Partial<Limits> = {}) {
  const clock = new VirtualClock()
  const handled: Stream[] = []
  const acceptor = new Acceptor({
    limits: resolveLimits(limits),
    clock,
    handler,
    onHandled: (stream) => void handled.push(stream),
  })
  return { acceptor, clock, handled }
}

const nameOf = (stream: MuxStream | undefined) => (stream as { name?: string } | undefined)?.name

describe('B11 a handler', () => {
  /** What becomes of one stream that `handler` gets. */
  async function handle(handler: StreamHandler) {
    const { acceptor, clock, handled } = acceptorWith(handler)
    const { stream, deeds } = streamOf()
    acceptor.offer(stream)
    await clock.settle()
    return { deeds, isDone: handled.length === 1, hasHandler: stream.hasHandler }
  }

  const failed = 'fail INTERNAL_ERROR by application: a handler that ends well, it failed: '

  test('that throws costs its stream, nothing else', async () => {
    const { deeds, isDone } = await handle(() => {
      throw new Error('oops')
    })
    expect([deeds, isDone]).toEqual([[`${failed}oops`], true])
  })

  test('that rejects costs its stream, nothing else', async () => {
    const { deeds, isDone } = await handle(async () => {
      throw new Error('oops')
    })
    expect([deeds, isDone]).toEqual([[`${failed}oops`], true])
  })

  test.each([['a text'], [undefined], [null], [Symbol('odd')], [Object.create(null)]])(
    'may throw what is no error: %p',
    async (thrown) => {
      const { deeds, isDone } = await handle(() => {
        throw thrown
      })
      expect([deeds.length, isDone]).toEqual([1, true])
    },
  )

  test('that returns at once leaves the stream to whoever has it', async () => {
    expect(await handle(() => {})).toEqual({ deeds: [], isDone: true, hasHandler: false })
  })

  test('DM-20 that ends without a word has its stream closed, and what is unread dropped', async () => {
    const { deeds, isDone } = await handle(async () => {})
    expect([deeds, isDone]).toEqual([['close', 'dropUnread'], true])
  })

  test('that has closed its stream is not closed for again', async () => {
    const { deeds } = await handle(async (stream) => void (await stream.close()))
    expect(deeds).toEqual(['close', 'dropUnread'])
  })

  test('L01 that hangs keeps its place', async () => {
    const { isDone, hasHandler } = await handle(() => new Promise(() => {}))
    expect([isDone, hasHandler]).toEqual([false, true])
  })

  test('H48 never runs inside the call that brought its stream', async () => {
    const calls: string[] = []
    const { acceptor, clock } = acceptorWith(() => void calls.push('handler'))
    acceptor.offer(streamOf().stream)
    calls.push('offered')
    await clock.settle()
    expect(calls).toEqual(['offered', 'handler'])
  })

  test('gets the streams of one turn in their order, whatever became of the first', async () => {
    const names: unknown[] = []
    const { acceptor, clock, handled } = acceptorWith((stream) => {
      names.push(nameOf(stream))
      throw new Error('oops')
    })
    for (const name of ['a', 'b', 'c']) acceptor.offer(streamOf(name).stream)
    await clock.settle()
    expect(names).toEqual(['a', 'b', 'c'])
    expect(handled).toHaveLength(3)
  })

  test('is offered streams that come in its call, in a later turn', async () => {
    const names: unknown[] = []
    const { acceptor, clock } = acceptorWith((stream) => {
      names.push(nameOf(stream))
      if (names.length === 1) acceptor.offer(streamOf('b').stream)
    })
    acceptor.offer(streamOf('a').stream)
    await clock.settle()
    expect(names).toEqual(['a', 'b'])
  })
})

describe('without a handler', () => {
  test('streams wait in their order, and whoever waits for streams is served in order, too', async () => {
    const { acceptor } = acceptorWith()
    const first = acceptor.accept()
    for (const name of ['a', 'b', 'c']) acceptor.offer(streamOf(name).stream)
    const streams = [await first, await acceptor.accept(), await acceptor.accept()]
    expect(streams.map(nameOf)).toEqual(['a', 'b', 'c'])
  })

  test.each([
    [-1, false],
    [0, true],
  ])('L02 there is room for one more until the line has its limit: at %d full is %p', (beyond, isFull) => {
    const { acceptor } = acceptorWith()
    for (let waiting = 0; waiting < resolveLimits().maxPendingAccepts + beyond; waiting += 1)
      acceptor.offer(streamOf().stream)
    expect(acceptor.isFull).toBe(isFull)
  })

  test('L02 a stream that was reset leaves the line at once, one that ended stays to be read', async () => {
    const { acceptor } = acceptorWith(undefined, { maxPendingAccepts: 2 })
    const [reset, ended] = [streamOf('reset').stream, streamOf('ended').stream]
    acceptor.offer(reset)
    acceptor.offer(ended)
    reset.wasReset = true
    acceptor.withdraw(reset)
    acceptor.withdraw(ended)
    expect(acceptor.isFull).toBe(false)
    expect(nameOf(await acceptor.accept())).toBe('ended')
  })

  test('DM-3 whoever waits for streams is let go when the session goes; what came before can still be had', async () => {
    const { acceptor } = acceptorWith()
    const waits = [acceptor.accept(), acceptor.accept()]
    acceptor.offer(streamOf('a').stream)
    acceptor.end()
    expect((await Promise.all(waits)).map(nameOf)).toEqual(['a', undefined])

    const late = acceptorWith().acceptor
    late.offer(streamOf('b').stream)
    late.end()
    expect([nameOf(await late.accept()), await late.accept()]).toEqual(['b', undefined])
  })

  test('a handler has no line that could be full', () => {
    const { acceptor } = acceptorWith(() => {}, { maxPendingAccepts: 0 })
    expect(acceptor.isFull).toBe(false)
  })
})

test('B11 a handler that gives back a promise of another realm is waited for like any other', async () => {
  const { session, peer } = lineStage({ handler: () => runInNewContext('Promise.reject(new Error("oops"))') })
  peer.ignores({ type: 'settings' }, { type: 'window' })
  await peer.sends(frames.open(1))
  await peer.wants({ type: 'reset', id: 1, code: 'INTERNAL_ERROR' })
  expect(session.streamCount).toBe(0)
})
