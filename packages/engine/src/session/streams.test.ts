import { describe, expect, test } from '@jest/globals'
import { PlexusError } from '@plexus/contract'
import { frames, lineProtocol, memoryPair, scriptedPeer, virtualHost } from '@plexus/testkit'
import { Budget } from '../flow/budget.js'
import { CHART_MODES, failureOf, lineStage } from '../testing/line-stage.test.kit.js'
import { Session } from './session.js'

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
})
