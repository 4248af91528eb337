import { describe, expect, test } from '@jest/globals'
import { expectTransition } from '../index.js'
import { door, input, messageOf, push, right, wrong } from './door.test.kit.js'

const claims = expectTransition(door, { input })

describe('expectTransition', () => {
  test('tells state and actions from a state value, and runs nothing', () => {
    claims
      .from({ leaf: 'shut', frame: 'sound' })
      .on(push)
      .goesTo({ leaf: 'open' })
      .goesTo('leaf.open')
      .runs(['creak', 'ring'])
  })

  test('starts after a path of messages', () => {
    claims.from([right]).on(right).goesTo({ leaf: 'shut', frame: 'sound' }).runs([])
    claims.from([]).on(wrong).stays()
  })

  test('says where it was, what came, what was wanted and what happened', () => {
    expect(messageOf(() => claims.from([]).on(wrong).goesTo('leaf.locked'))).toBe(
      'in (leaf.shut, frame.sound) on lock key="wrong": wanted it to go to leaf.locked, and it went to (leaf.shut, frame.sound)',
    )
    expect(messageOf(() => claims.from([]).on(push).runs(['ring']))).toBe(
      'in (leaf.shut, frame.sound) on push: wanted it to run ["ring"], and it ran ["creak", "ring"]',
    )
    expect(messageOf(() => claims.from([]).on(push).stays())).toContain('wanted it to stay')
  })
})
