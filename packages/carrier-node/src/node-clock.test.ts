import { describe, expect, test } from '@jest/globals'
import { nodeClock, nodeHost } from './index.js'

const turn = () => new Promise(setImmediate)

describe('defer', () => {
  test('runs after the promise reactions that are due and before the next I/O, asked from a callback', async () => {
    const log: string[] = []
    await new Promise<void>((done) => {
      setImmediate(() => {
        nodeClock.defer(() => log.push('deferred'))
        setImmediate(() => (log.push('I/O'), done()))
        let chain = Promise.resolve()
        for (let i = 0; i < 20; i++) chain = chain.then(() => undefined)
        chain.then(() => log.push('reaction'))
      })
    })
    expect(log).toEqual(['reaction', 'deferred', 'I/O'])
  })

  test('runs after the promise reactions that are due, asked from one of them', async () => {
    const log: string[] = []
    Promise.resolve().then(() => {
      nodeClock.defer(() => log.push('deferred'))
      Promise.resolve()
        .then(() => undefined)
        .then(() => log.push('reaction'))
    })
    await turn()
    expect(log).toEqual(['reaction', 'deferred'])
  })
})

test('yield lets deferred work and timers that are due go first', async () => {
  const log: string[] = []
  await new Promise<void>((done) => {
    nodeClock.yield(() => (log.push('yielded'), done()))
    nodeClock.defer(() => log.push('deferred'))
  })
  expect(log).toEqual(['deferred', 'yielded'])
})

describe('a timer', () => {
  test('never runs early, not even after a turn that took long', async () => {
    const early: number[] = []
    for (let i = 0; i < 20; i++) {
      const busyUntil = performance.now() + 5
      while (performance.now() < busyUntil);
      const due = nodeClock.now() + 3
      await new Promise<void>((done) => void nodeClock.setTimer(done, 3))
      if (nodeClock.now() < due) early.push(due - nodeClock.now())
    }
    expect(early).toEqual([])
  })

  test('B12 of more than 2^31-1 ms does not run at once', async () => {
    let ran = 0
    const timers = [2 ** 31, 1e15, Number.POSITIVE_INFINITY].map((ms) => nodeClock.setTimer(() => ran++, ms))
    await new Promise((done) => setTimeout(done, 20))
    for (const timer of timers) nodeClock.clearTimer(timer)
    expect(ran).toBe(0)
  })

  test('that is cleared does not run', async () => {
    let ran = 0
    nodeClock.clearTimer(nodeClock.setTimer(() => ran++, 1))
    nodeClock.clearTimer(undefined)
    await new Promise((done) => setTimeout(done, 10))
    expect(ran).toBe(0)
  })
})

test('the host draws numbers from 0 to below 1', () => {
  for (let i = 0; i < 100; i++) expect(Math.floor(nodeHost.chance())).toBe(0)
})
