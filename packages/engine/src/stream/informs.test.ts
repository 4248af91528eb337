import { describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import { CHART_MODES, failureOf, type LineStageOptions, lineStage } from '../testing/line-stage.test.kit.js'

/** Settings and credit are of no interest here. */
function stage(options: LineStageOptions) {
  const set = lineStage(options)
  set.peer.ignores({ type: 'settings' }, { type: 'window' })
  return set
}

/** A client with stream 1 open. */
async function asking(options: LineStageOptions) {
  const set = stage({ ...options, role: 'client' })
  const stream = await set.session.open({ end: true })
  await set.peer.wants({ type: 'open', id: 1 })
  return { ...set, stream }
}

describe.each(CHART_MODES)('an interim reply, %s,', (charts) => {
  test('is read in its order, and the last read of all says that the reply is there', async () => {
    const { stream, peer } = await asking({ charts })
    const first = stream.readInform()
    await peer.sends(frames.inform(1, { ':status': '100' }), frames.inform(1, { ':status': '103' }))
    const next = [(await first)?.get(':status'), (await stream.readInform())?.get(':status')]
    const last = stream.readInform()
    await peer.sends(frames.reply(1, { end: true }))
    expect([...next, await last, await stream.readInform()]).toEqual(['100', '103', undefined, undefined])
    expect(await stream.closed).toBeUndefined()
  })

  test('that nobody read before the reply can be read behind it', async () => {
    const { stream, peer } = await asking({ charts })
    await peer.sends(frames.inform(1, { ':status': '103' }), frames.reply(1))
    expect((await stream.readInform())?.get(':status')).toBe('103')
    expect(await stream.readInform()).toBeUndefined()
  })

  test('never ends a stream, whatever it brings', async () => {
    const { stream, peer, session } = await asking({ charts })
    await peer.sends({ ...frames.inform(1, {}), end: true } as never)
    expect([stream.state, session.streamCount]).toEqual(['half-closed (local)', 1])
    await peer.sends(frames.reply(1, { headers: { a: 'b' }, end: true }))
    expect((await stream.replied).get('a')).toBe('b')
  })

  test('that does not come settles its reader with the end of the stream', async () => {
    const { stream, peer } = await asking({ charts })
    const read = failureOf(stream.readInform())
    await peer.sends(frames.reset(1, 'REFUSED_STREAM'))
    expect(await read).toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
  })

  test('S09 is taken ten times, read or not, and not once more', async () => {
    const { stream, peer, session, ended } = await asking({ charts })
    for (let i = 0; i < 10; i += 1) {
      const read = i % 2 === 0 ? stream.readInform() : undefined
      await peer.sends(frames.inform(1))
      await read
    }
    expect(session.actor.getSnapshot().status).toBe('active')
    await peer.sends(frames.inform(1))
    expect(await ended()).toMatchObject({ code: 'PROTOCOL_ERROR', blame: 'peer', event: 'informTooMany' })
  })

  test('S09 behind the reply is a fault of the peer’s', async () => {
    const { stream, peer } = await asking({ charts })
    await peer.sends(frames.reply(1), frames.inform(1))
    await peer.wants({ type: 'reset', id: 1, code: 'PROTOCOL_ERROR' })
    expect(await stream.closed).toMatchObject({ event: 'informAfterReply', blame: 'peer' })
  })

  test('H16 counts with the headers that nobody reads, until the stream is over', async () => {
    const { stream, peer, session } = await asking({ charts, limits: { sessionHeldHeaders: 100 } })
    await peer.sends(frames.inform(1, { a: 'x'.repeat(50) }), frames.inform(1, { a: 'x'.repeat(50) }))
    await peer.wants({ type: 'reset', id: 1, code: 'ENHANCE_YOUR_CALM' })
    expect(await stream.closed).toMatchObject({ blame: 'peer' })
    const next = await session.open({ end: true })
    await peer.sends(frames.inform(3, { a: 'x'.repeat(50) }))
    expect(next.state).toBe('half-closed (local)')
  })
})

describe.each(CHART_MODES)('who answers, %s,', (charts) => {
  /** A server whose handler gets stream 1. */
  async function answering(handler: (stream: MuxStream) => void, options: LineStageOptions = {}) {
    const set = stage({ ...options, charts, handler })
    await set.peer.sends(frames.open(1, { end: true }))
    return set
  }

  test('informs as long as it has not replied', async () => {
    const said: unknown[] = []
    const { peer } = await answering((stream) => {
      stream.inform({ ':status': '103' })
      stream.reply({ ':status': '200' }, { end: true })
      try {
        stream.inform({ ':status': '103' })
      } catch (error) {
        said.push(error)
      }
    })
    await peer.wants({ type: 'inform', id: 1, headers: { ':status': '103' } })
    await peer.wants({ type: 'reply', id: 1, end: true })
    await peer.idle()
    expect(said).toMatchObject([{ scope: 'request', blame: 'application' }])
  })

  test.each([
    ['a protocol without interim replies', { traits: { inform: false } }, 0],
    ['more than ten', {}, 10],
  ] as const)('is told that there is no %s', async (_what, options, most) => {
    const failed: unknown[] = []
    const { peer } = await answering((stream) => {
      try {
        for (let i = 0; i <= most; i += 1) stream.inform({})
      } catch (error) {
        failed.push(error)
      }
      stream.reply(undefined, { end: true })
    }, options)
    for (let i = 0; i < most; i += 1) await peer.wants({ type: 'inform', id: 1 })
    await peer.wants({ type: 'reply', id: 1 })
    expect(failed).toMatchObject([{ scope: 'request', blame: 'application' }])
  })

  test('has nothing to inform of on a stream of its own, and nothing to read on another’s', async () => {
    const read: unknown[] = []
    const { session } = await answering((stream) => void stream.readInform().then((one) => read.push(one)))
    const own = await session.open({})
    expect(() => own.inform({})).toThrow(/a reply to come/)
    expect(read).toEqual([undefined])
  })
})
