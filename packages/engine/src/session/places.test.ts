import { expect, test } from '@jest/globals'
import { frames } from '@plexus/testkit'
import { type LineStageOptions, lineStage } from '../testing/line-stage.test.kit.js'

/** A client, its peer, and how often it was told that its places changed. */
function watched(options: LineStageOptions = {}) {
  const stage = lineStage({ role: 'client', ...options })
  stage.peer.ignores({ type: 'settings' }, { type: 'window', id: 0 }, { type: 'open' })
  const told: number[] = []
  const unwatch = stage.session.onPlaces(() => told.push(stage.session.places))
  return { ...stage, told, unwatch }
}

test('DG-3 places: what the peer allows, less what is open, and less what waits to be', async () => {
  const { session, peer, clock, told } = watched()
  await peer.sends(frames.settings({ maxConcurrentStreams: 2 }))
  expect([session.places, told]).toEqual([2, [2]])
  const first = await session.open()
  void session.open()
  expect(session.places).toBe(0)
  session.open().catch(() => {})
  expect([session.places, session.pendingOpens]).toEqual([0, 1])
  first.reset()
  await clock.settle()
  // The one that waited has it.
  expect([session.places, session.pendingOpens, told]).toEqual([0, 0, [2, 0]])
  await peer.sends(frames.settings({ maxConcurrentStreams: 5 }))
  expect([session.places, told]).toEqual([3, [2, 0, 3]])
  await peer.sends(frames.settings({ maxConcurrentStreams: 0 }))
  expect(session.places).toBe(0)
  session.destroy()
})

test('what ends in one turn is told once, and not to whom hears no more', async () => {
  const { session, clock, told, unwatch } = watched()
  const streams = await Promise.all([session.open(), session.open(), session.open()])
  for (const stream of streams) stream.reset()
  await clock.settle()
  expect(told.length).toBe(1)
  unwatch()
  ;(await session.open()).reset()
  await clock.settle()
  expect(told.length).toBe(1)
  session.destroy()
})

test('DG-3 a session that the peer leaves has no place and no id any more, and says so at once', async () => {
  const { session, peer, told } = watched()
  await session.open()
  await peer.sends(frames.goAway(1))
  expect([session.places, session.idsLeft, told]).toEqual([0, 0, [0]])
  session.destroy()
})

test('H43 ids that are left are counted down to none', async () => {
  const { session } = watched({ traits: { maxStreamId: 6 } })
  const left = [session.idsLeft]
  for (let i = 0; i < 3; i++) {
    await session.open()
    left.push(session.idsLeft)
  }
  expect([left, session.places]).toEqual([[3, 2, 1, 0], 0])
  await expect(session.open()).rejects.toMatchObject({ code: 'REFUSED_STREAM', processed: 'no' })
  session.destroy()
})
