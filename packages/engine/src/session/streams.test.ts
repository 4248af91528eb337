import { describe, expect, test } from '@jest/globals'
import { PlexusError } from '@plexus/contract'
import {
  frames,
  lineProtocol,
  memoryPair,
  type ScriptedPeer,
  scriptedPeer,
  virtualHost,
} from '@plexus/testkit'
import { Budget } from '../flow/budget.js'
import { CHART_MODES, failureOf, lineStage } from '../testing/line-stage.test.kit.js'
import { Session } from './session.js'

/** The peer has heard the greeting and of the first stream. */
async function opened(peer: ScriptedPeer): Promise<void> {
  await peer.wants({ type: 'settings' })
  await peer.wants({ type: 'window', id: 0 })
  await peer.wants({ type: 'open', id: 1 })
}

describe.each(CHART_MODES)('the streams of a session, %s:', (charts) => {
  test('one that was reset with bytes unread gets no credit after its reset', async () => {
    const { session, peer, clock } = lineStage({ charts })
    await peer.sends(frames.open(1), frames.data(1, 'x'.repeat(20_000)))
    const { value: stream } = await session[Symbol.asyncIterator]().next()
    stream!.reset()
    await clock.advance(10)
    const heard = peer.frames.map((frame) => ('id' in frame ? `${frame.type} ${frame.id}` : frame.type))
    expect(heard).toEqual(['settings', 'window 0', 'reset 1'])
  })

  test('one that is read to its end after it was over leaves nothing behind, no timer either', async () => {
    const { session, peer, clock } = lineStage({ charts, role: 'client' })
    const stream = await session.open({ end: true })
    await opened(peer)
    const timers = session.wheel.size
    await peer.sends(frames.reply(1), frames.data(1, 'whole', { end: true }))
    await clock.settle()
    expect([session.streamCount, session.wheel.size]).toEqual([0, timers])
    expect(await stream.read()).toHaveLength(5)
    expect(await stream.read()).toBeUndefined()
    expect(session.wheel.size).toBe(timers - 1)
  })

  test.each([
    ['a priority that is none', { priority: 8 }],
    ['a priority that is no number', { priority: '3' }],
    ['a header without a value', { headers: { a: null } }],
    ['headers that are a number', { headers: 5 }],
  ])('one opened with %s is its caller’s error, and costs no id', async (_what, options) => {
    const { session } = lineStage({ charts, role: 'client' })
    const error = await failureOf(session.open(options as never))
    expect(error).toBeInstanceOf(PlexusError)
    expect(error).toMatchObject({ scope: 'request', blame: 'application', processed: 'no' })
    expect([(await session.open()).id, session.streamCount]).toEqual([1, 1])
  })

  test('what is written and is no bytes is its writer’s error, and the books stay right', async () => {
    const { session } = lineStage({ charts, role: 'client' })
    const stream = await session.open()
    expect(await failureOf(stream.write({} as never))).toMatchObject({
      scope: 'request',
      blame: 'application',
    })
    expect(stream).toMatchObject({ outbox: { size: 0, hasMore: false } })
  })

  test('the process’s budget that others have spent keeps nobody waiting who has sent all that he had', async () => {
    const host = virtualHost()
    const budget = new Budget(1000)
    const begin = async () => {
      const [carrier, far] = memoryPair({ clock: host.clock })
      far.start({ receive() {}, drain() {}, end() {}, closed() {} })
      const session = new Session({ protocol: lineProtocol(), carrier, role: 'client', host, charts, budget })
      return { carrier, stream: await session.open() }
    }
    const stuck = await begin()
    const free = await begin()
    stuck.carrier.outgoing.stall()
    void stuck.stream.write(new Uint8Array(1000))
    const settled: string[] = []
    void free.stream.write(new Uint8Array(10)).then(() => settled.push('first'))
    await host.clock.advance(10)
    void free.stream.write(new Uint8Array(10)).then(() => settled.push('second'))
    await host.clock.advance(10)
    expect([settled, budget.used]).toEqual([['first', 'second'], 1000])
  })

  test('what is complete and unread when its session ends weighs on the process no more, and can be read', async () => {
    const host = virtualHost()
    const { clock } = host
    const budget = new Budget(1000)
    const protocol = lineProtocol()
    const [carrier, far] = memoryPair({ clock })
    const peer = scriptedPeer({ protocol, role: 'client', carrier: far, clock })
    const session = new Session({ protocol, carrier, role: 'server', host, charts, budget })
    await peer.sends(frames.open(1), frames.data(1, 'abc', { end: true }))
    const { value: stream } = await session[Symbol.asyncIterator]().next()
    stream!.reply(undefined, { end: true })
    expect([await stream!.closed, budget.used]).toEqual([undefined, 3])
    session.destroy()
    await clock.advance(2000)
    expect(budget.used).toBe(0)
    expect(Buffer.from((await stream!.read())!).toString()).toBe('abc')
    expect([await stream!.read(), budget.used]).toEqual([undefined, 0])
  })

  test('L03 those that a full carrier keeps from being told wait in line, not as bytes; all are opened once it takes more', async () => {
    const { session, carrier, clock } = lineStage({
      charts,
      role: 'client',
      traits: { initialMaxConcurrentStreams: Number.POSITIVE_INFINITY },
    })
    await clock.settle()
    carrier.outgoing.stall()
    const headers = { filler: 'x'.repeat(1000) }
    const opened: number[] = []
    for (let i = 0; i < 1000; i += 1) {
      void session.open({ headers }).then((stream) => opened.push(stream.id))
      if (i % 100 === 0) await clock.settle()
    }
    await clock.settle()
    expect(session.pump.out.length).toBeLessThan(66 * 1024)
    expect([opened.length + session.pendingOpens, session.pendingOpens > 900]).toEqual([1000, true])
    carrier.outgoing.unstall()
    await clock.advance(10)
    expect([opened.length, session.pendingOpens]).toEqual([1000, 0])
    expect(opened).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i + 1))
  })

  test('a push for a stream that is over is cancelled, and the session lives', async () => {
    const { session, peer } = lineStage({ charts, role: 'client', traits: { push: true } })
    const stream = await session.open()
    await opened(peer)
    stream.reset()
    await peer.wants({ type: 'reset', id: 1 })
    await peer.sends(frames.open(2, { parent: 1, unidirectional: true }))
    await peer.wants({ type: 'reset', id: 2 })
    expect(session.streamCount).toBe(0)
  })

  test('H19 header blocks that cannot be sent are bounded as unread ones are: at −1, 0 and +1', async () => {
    const { session, peer } = lineStage({ charts, role: 'client', limits: { maxHeldHeaderBlocks: 4 } })
    const stream = await session.open()
    await opened(peer)
    await stream.write(new Uint8Array(65_536))
    void stream.write('!')
    await peer.wants({ type: 'data', id: 1, payload: new Uint8Array(65_536) })
    for (let block = 0; block < 4; block += 1) stream.writeHeaders({ block: String(block) })
    expect(() => stream.writeHeaders({ block: '4' })).toThrow(/at most 4 unsent header blocks/)
    await peer.sends(frames.window(0, 10), frames.window(1, 10))
    await peer.wants({ type: 'data', id: 1 })
    await peer.wants({ type: 'headers', id: 1 })
    expect(() => stream.writeHeaders({ block: '5' })).not.toThrow()
  })
})
