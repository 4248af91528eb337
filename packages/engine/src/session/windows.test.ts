import { describe, expect, test } from '@jest/globals'
import type { MuxStream } from '@plexus/contract'
import { frames } from '@plexus/testkit'
import fc from 'fast-check'
import type { Stream } from '../stream/mux-stream.js'
import { acquainted, answerTo, type Http2Options } from '../testing/http2-like.test.kit.js'
import { CHART_MODES, failureOf, type LineStage } from '../testing/line-stage.test.kit.js'

const WINDOW = 65_535

/** A client with `count` streams that have used their windows up and have more to send. */
async function stalled(count: number, options: Http2Options = {}) {
  const settings = { initialWindow: 100, ...options.settings }
  const set = await acquainted({ role: 'client', ...options, settings })
  const { session, peer } = set
  peer.ignores({ type: 'open' })
  await peer.sends(frames.window(0, 2 ** 20))
  const streams: Stream[] = []
  for (let i = 0; i < count; i += 1) {
    const stream = (await session.open()) as Stream
    void stream.write(new Uint8Array(300)).catch(() => undefined)
    streams.push(stream)
  }
  await set.clock.settle()
  for (const { id } of streams) await peer.wants({ type: 'data', id, charge: 100 })
  return { ...set, streams }
}

const sentOn = ({ peer }: LineStage, id: number) =>
  peer.frames.reduce((sum, frame) => sum + (frame.type === 'data' && frame.id === id ? frame.charge : 0), 0)

describe.each(CHART_MODES)('DG-18 H33 a window that settings take back, %s,', (charts) => {
  test('is below zero, and its stream goes on when credit has lifted it above', async () => {
    const { peer, streams } = await stalled(1, { charts })
    const [stream] = streams as [Stream]
    await peer.sends(frames.settings({ initialWindow: 0 }))
    expect(stream.sendWindow.available).toBe(-100)
    await peer.sends(frames.window(1, 100))
    expect([stream.sendWindow.available, stream.blocked?.on]).toEqual([0, 'streamWindow'])
    await peer.idle()
    await peer.sends(frames.window(1, 1))
    await peer.wants({ type: 'data', id: 1, charge: 1 })
    await peer.sends(frames.settings({ initialWindow: 250 }))
    await peer.wants({ type: 'data', id: 1, charge: 199 })
  })

  test.each(['at zero', 'below zero'])('lets an empty end out %s', async (where) => {
    const { session, peer, clock } = await acquainted({
      charts,
      role: 'client',
      settings: { initialWindow: 10 },
    })
    const stream = await session.open()
    await peer.wants({ type: 'open', id: 1 })
    await stream.write('0123456789')
    await peer.wants({ type: 'data', id: 1, charge: 10, end: false })
    if (where === 'below zero') await peer.sends(frames.settings({ initialWindow: 0 }))
    const closed = stream.close()
    await peer.wants({ type: 'data', id: 1, charge: 0, end: true })
    await closed
    expect(stream.state).toBe('half-closed (local)')
    await clock.settle()
  })

  test('lets trailers out as well, when the bytes before them are gone', async () => {
    const { session, peer } = await acquainted({ charts, role: 'client', settings: { initialWindow: 10 } })
    const stream = await session.open()
    await peer.wants({ type: 'open', id: 1 })
    void stream.write('0123456789')
    stream.writeHeaders({ checksum: '1' }, { end: true })
    await peer.wants({ type: 'data', id: 1, charge: 10 })
    await peer.wants({ type: 'headers', id: 1, end: true })
  })
})

describe.each(CHART_MODES)('H06 settings that move the windows of stalled streams, %s,', (charts) => {
  test('look at no stream when they shut windows, and at 64 a turn when they open them', async () => {
    const { session, peer, clock, streams } = await stalled(200, { charts, settings: {} })
    let looks = 0
    for (const stream of streams) {
      const { sendWindow } = stream
      Object.defineProperty(stream, 'sendWindow', { get: () => (looks++, sendWindow) })
    }
    await peer.sends(frames.settings({ initialWindow: 0 }))
    await clock.settle()
    expect(looks).toBe(0)
    // Opened, but for each stream still at zero or below: all are looked at once, none is served.
    await peer.sends(frames.settings({ initialWindow: 100 }))
    await clock.settle()
    expect(looks).toBe(200)
    expect(session.pump.toJSON()).toMatchObject({ onStreamWindow: 200 })
    await peer.sends(frames.settings({ initialWindow: 300 }))
    await clock.settle()
    for (const { id } of streams) expect(sentOn({ peer } as LineStage, id)).toBe(300)
  })

  test('are few: the 21st of a burst ends the session', async () => {
    const { peer, ended } = await stalled(3, { charts })
    // One was the greeting, one its acknowledgement, which costs nothing here.
    for (let i = 0; i < 19; i += 1)
      await peer.sends(frames.settings({ initialWindow: i % 2 === 0 ? 0 : 300 }))
    await peer.sends(frames.settings({ initialWindow: 0 }))
    expect(await ended()).toMatchObject({ code: 'ENHANCE_YOUR_CALM', event: 'settings' })
  })

  test('H31 end the session where they lift one window over the largest, and leave no stream behind', async () => {
    const { session, peer, streams, ended } = await stalled(3, { charts })
    await peer.sends(frames.window(3, 2 ** 31 - 1 - 100))
    await peer.sends(frames.settings({ initialWindow: 2 ** 31 - 1 }))
    await peer.sends()
    expect(await ended()).toMatchObject({
      code: 'FLOW_CONTROL_ERROR',
      event: 'settingsWindow',
      blame: 'peer',
    })
    expect(session.streamCount).toBe(0)
    for (const stream of streams)
      expect(await failureOf(stream.write('x'))).toMatchObject({ scope: 'session' })
  })
})

describe.each(CHART_MODES)('H34 a peer that exceeds our window, %s,', (charts) => {
  test('of a stream by one byte loses the stream, and the session’s books stay right', async () => {
    const set = await acquainted({ charts })
    await set.peer.sends(frames.open(1), frames.data(1, new Uint8Array(WINDOW)))
    expect(await answerTo(set, 1, frames.data(1, 'x'))).toBe('reset FLOW_CONTROL_ERROR')
    expect(set.session.receiver.unread.used).toBe(0)
    // All that came for it is the session's again: a whole window's worth fits for another stream, many times.
    for (let id = 3; id < 63; id += 2) {
      await set.peer.sends(frames.open(id), frames.data(id, new Uint8Array(WINDOW)), frames.reset(id))
      expect(set.session.actor.getSnapshot().status).toBe('active')
    }
  })

  test('of the session by one byte loses the session', async () => {
    const limits = { sessionReceive: 2 * WINDOW }
    const set = await acquainted({ charts, limits })
    await set.peer.sends(frames.open(1), frames.open(3), frames.open(5))
    for (const id of [1, 3]) await set.peer.sends(frames.data(id, new Uint8Array(WINDOW)))
    expect(await answerTo(set, 5, frames.data(5, 'x'))).toBe('session FLOW_CONTROL_ERROR')
    expect(await set.ended()).toMatchObject({ event: 'overSessionWindow', blame: 'peer' })
  })
})

describe.each(CHART_MODES)(
  'H35 what the peer may send, what is held and what is on its way, %s,',
  (charts) => {
    const deed = fc.record({
      what: fc.constantFrom(
        'open',
        'send',
        'send',
        'send',
        'read',
        'reset',
        'peerReset',
        'late',
        'end',
        'settings',
      ),
      who: fc.nat({ max: 3 }),
      bytes: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constant(WINDOW)),
    })

    test('are what was granted, after any mix of data, reads, resets and ends', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(deed, { maxLength: 40, size: 'max' }), async (deeds) => {
          const limits = { resetsReceivedBurst: 1000, settingsBurst: 1000, oddityBurst: 1000 }
          const { session, peer, clock } = await acquainted({ charts, limits })
          const accepted = session[Symbol.asyncIterator]()
          const held: { stream: MuxStream; id: number }[] = []
          let nextId = 1
          let sent = 0
          const granted = () =>
            peer.frames.reduce((sum, f) => sum + (f.type === 'window' && f.id === 0 ? f.delta : 0), WINDOW)
          const send = async (id: number, size: number, end = false) => {
            const room = Math.min(size, granted() - sent)
            if (room <= 0) return
            sent += room
            await peer.sends(frames.data(id, new Uint8Array(room), { end }))
          }
          for (const { what, who, bytes } of deeds) {
            const one = held[who]
            if (what === 'open' && held.length < 4) {
              await peer.sends(frames.open(nextId))
              held.push({ stream: (await accepted.next()).value!, id: nextId })
              nextId += 2
            } else if (one === undefined) continue
            else if (what === 'read') one.stream.poll()
            else if (what === 'settings') await peer.sends(frames.settings({ initialWindow: bytes }))
            else if (what === 'send' || what === 'end') {
              const own = (one.stream as Stream).receiveWindow.granted
              if (own > 0) await send(one.id, Math.min(bytes, own), what === 'end')
              if (what === 'end') held.splice(who, 1)
            } else {
              held.splice(who, 1)
              if (what === 'peerReset') await peer.sends(frames.reset(one.id))
              else one.stream.reset()
              // On its way when we reset it.
              if (what === 'late') await send(one.id, bytes)
            }
            await clock.settle()
            if (session.actor.getSnapshot().status !== 'active') throw new Error(peer.dialogue)
            const credit = granted() - sent
            const unread = session.receiver.unread.used
            const window = credit + unread
            // What was read and is not worth a frame yet is less than a quarter.
            const target = 2 ** 20
            if (window > target || window <= (target * 3) / 4)
              throw new Error(`${credit} to send, ${unread} unread, of ${target}\n${peer.dialogue}`)
          }
          session.destroy()
          await clock.advance(2000)
        }),
        { numRuns: 60 },
      )
    })
  },
)
