import { describe, test } from '@jest/globals'
import { door, input, messageOf, push, right, wrong } from './chart/door.test.kit.js'
import { frames, VirtualClock } from './index.js'
import { expect } from './jest.js'

describe('toTransition', () => {
  test('holds for what the chart does, and not for anything else', () => {
    expect(door).toTransition({ input, from: [], on: push, to: 'leaf.open', runs: ['creak', 'ring'] })
    expect(door).toTransition({ input, from: [right], on: wrong })
    expect(door).not.toTransition({ input, from: [], on: push, to: 'leaf.locked' })
    expect(door).not.toTransition({ input, from: [], on: push })
    expect(door).not.toTransition({ input, from: [], on: right, to: 'leaf.locked', runs: ['ring'] })
  })

  test('says what it did instead', () => {
    const claim = () => expect(door).toTransition({ input, from: [], on: push })
    expect(messageOf(claim)).toContain('wanted it to stay, and it went to (leaf.open, frame.sound)')
  })
})

describe('toEmitFrames', () => {
  const came = [frames.ping(1), frames.data(3, 'hi', { end: true })]

  test('wants all frames, in order, each by what is said of it', () => {
    expect(came).toEmitFrames([{ type: 'ping' }, { type: 'data', payload: 'hi' }])
    expect(came).not.toEmitFrames([{ type: 'ping' }])
    expect(came).not.toEmitFrames([{ type: 'data' }, { type: 'ping' }])
    expect(came).not.toEmitFrames([{ type: 'ping' }, { type: 'data' }, { type: 'ping' }])
  })

  test('marks the first that is wrong', () => {
    const claim = () => expect(came).toEmitFrames([{ type: 'ping' }, { type: 'data', id: 5 }])
    expect(messageOf(claim)).toBe('wanted\n  ping\n> data 5\nand got\n  ping token=1\n> data 3 "hi" end')
  })
})

test('a clock is at rest when no timer is set', () => {
  const clock = new VirtualClock()
  expect(clock).toBeAtRest()
  const timer = clock.setTimer(() => undefined, 5)
  expect(clock).not.toBeAtRest()
  expect(messageOf(() => expect(clock).toBeAtRest())).toContain('the next for 5 ms')
  clock.clearTimer(timer)
  expect(clock).toBeAtRest()
})
