import { getEventListeners } from 'node:events'
import { expect, test } from '@jest/globals'
import { onAbort } from './abort.js'
import { failureOf, lineStage } from './testing/line-stage.test.kit.js'

const countOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

test('a hundred opens, pings and a close by one signal are one listener, and all of them are given up', async () => {
  const traits = { initialMaxConcurrentStreams: 50 }
  const { session, clock } = lineStage({ role: 'client', traits })
  const controller = new AbortController()
  const { signal } = controller
  const opens = Array.from({ length: 100 }, () => session.open({ signal }))
  const pings = [1, 2, 3].map(() => failureOf(session.ping({ signal })))
  const streams = await Promise.all(opens.slice(0, 50))
  const waiting = opens.slice(50).map(failureOf)
  void session.close({ signal: new AbortController().signal })
  expect(countOf(signal)).toBe(1)
  controller.abort()
  expect(countOf(signal)).toBe(0)
  for (const stream of streams) expect(await stream.closed).toMatchObject({ code: 'CANCEL' })
  for (const failure of waiting) expect(await failure).toMatchObject({ processed: 'no' })
  for (const ping of pings) expect(await ping).toMatchObject({ code: 'CANCEL' })
  session.destroy()
  await clock.advance(2000)
})

test('a signal that nobody waits by any more has no listener', async () => {
  const { session, clock } = lineStage({ role: 'client' })
  const { signal } = new AbortController()
  const streams = await Promise.all([1, 2, 3].map(() => session.open({ signal })))
  for (const stream of streams) stream.reset()
  await clock.advance(1)
  expect(countOf(signal)).toBe(0)
  session.destroy()
  await clock.advance(2000)
})

test('whoever leaves while the others are told is not told any more', () => {
  const controller = new AbortController()
  const told: string[] = []
  onAbort(controller.signal, () => {
    told.push('a')
    leave()
  })
  const leave = onAbort(controller.signal, () => told.push('b'))
  onAbort(controller.signal, () => told.push('c'))
  controller.abort()
  expect(told).toEqual(['a', 'c'])
})
