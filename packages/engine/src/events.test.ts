import { expect, jest, test } from '@jest/globals'
import type { SessionEvent } from '@plexus/contract'
import { VirtualClock } from '@plexus/testkit'
import { Events } from './events.js'

function observed(observer: (event: SessionEvent) => void = () => undefined) {
  const clock = new VirtualClock({ turns: 'byHand' })
  const events = new Events(clock)
  const told: string[] = []
  events.observe((event) => {
    told.push(`${event.type} ${'ms' in event ? event.ms : ''} at ${event.at}`)
    observer(event)
  })
  return { clock, events, told }
}

test('H48 what happens is told at the end of the turn, in order, with the time it happened', async () => {
  const { clock, events, told } = observed()
  events.emit({ type: 'pinged', ms: 1 })
  events.emit({ type: 'pinged', ms: 2 })
  expect(told).toEqual([])
  await clock.advance(0)
  expect(told).toEqual(['pinged 1 at 0', 'pinged 2 at 0'])
})

test('H48 what happens while it is told is told after it', async () => {
  const { clock, events, told } = observed((event) => {
    if ('ms' in event && event.ms === 1) events.emit({ type: 'pinged', ms: 3 })
  })
  events.emit({ type: 'pinged', ms: 1 })
  events.emit({ type: 'pinged', ms: 2 })
  await clock.advance(0)
  expect(told.map((line) => line.slice(0, 8))).toEqual(['pinged 1', 'pinged 2', 'pinged 3'])
})

test('B11 an observer that throws misses nothing, and the error surfaces where uncaught errors do', async () => {
  const reported: unknown[] = []
  Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) })
  try {
    const { clock, events, told } = observed(() => {
      throw new Error('oops')
    })
    events.emit({ type: 'pinged', ms: 1 })
    events.emit({ type: 'pinged', ms: 2 })
    await clock.advance(0)
    expect([told.length, reported.length]).toEqual([2, 2])
  } finally {
    Reflect.deleteProperty(globalThis, 'reportError')
  }
})

test('nothing is done while nobody observes', () => {
  const defer = jest.fn()
  const events = new Events({ defer, now: () => 0 } as never)
  events.emit({ type: 'draining' })
  expect([events.isObserved, defer.mock.calls.length]).toEqual([false, 0])
})
