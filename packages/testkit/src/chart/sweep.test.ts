import { describe, expect, test } from '@jest/globals'
import { expectTransition, paths, showSweep, sweep } from '../index.js'
import { door, input, kick, messageOf, push, right, wrong } from './door.test.kit.js'

describe('sweep', () => {
  test('meets every state that can be reached with every message', () => {
    expect(showSweep(sweep(door, { input, events: [push, kick, right, wrong] }))).toBe(
      [
        '(leaf.shut, frame.sound) on push → (leaf.open, frame.sound): creak, ring',
        '(leaf.shut, frame.sound) on kick',
        '(leaf.shut, frame.sound) on lock key="right" → (leaf.locked, frame.sound)',
        '(leaf.shut, frame.sound) on lock key="wrong"',
        '(leaf.open, frame.sound) on push → (leaf.shut, frame.sound)',
        '(leaf.open, frame.sound) on kick',
        '(leaf.open, frame.sound) on lock key="right"',
        '(leaf.open, frame.sound) on lock key="wrong"',
        '(leaf.locked, frame.sound) on push',
        '(leaf.locked, frame.sound) on kick → (leaf.shut, frame.jammed)',
        '(leaf.locked, frame.sound) on lock key="right" → (leaf.shut, frame.sound)',
        '(leaf.locked, frame.sound) on lock key="wrong"',
        '(leaf.shut, frame.jammed) on push → (leaf.open, frame.jammed): creak, ring',
        '(leaf.shut, frame.jammed) on kick',
        '(leaf.shut, frame.jammed) on lock key="right" → (leaf.locked, frame.jammed)',
        '(leaf.shut, frame.jammed) on lock key="wrong"',
        '(leaf.open, frame.jammed) on push → (leaf.shut, frame.jammed)',
        '(leaf.open, frame.jammed) on kick',
        '(leaf.open, frame.jammed) on lock key="right"',
        '(leaf.open, frame.jammed) on lock key="wrong"',
        '(leaf.locked, frame.jammed) on push',
        '(leaf.locked, frame.jammed) on kick → (leaf.shut, frame.jammed)',
        '(leaf.locked, frame.jammed) on lock key="right" → (leaf.shut, frame.jammed)',
        '(leaf.locked, frame.jammed) on lock key="wrong"',
      ].join('\n'),
    )
  })

  test('tries one message of each type that the chart lists where none are given', () => {
    const types = new Set(sweep(door, { input }).map(({ on }) => on.type))
    expect([...types].sort()).toEqual(['kick', 'lock', 'push'])
  })

  test('gives up on a chart whose states never end', () => {
    let count = 0
    const message = messageOf(() => sweep(door, { input, keyOf: () => String(count++), maxStates: 20 }))
    expect(message).toBe('more than 20 states: keyOf tells too many apart')
  })
})

describe('paths', () => {
  const events = [push, kick, right]

  test('are the shortest to each state', () => {
    const found = paths(door, { input, events }).map((path) => path.events.map(({ type }) => type).join(' '))
    expect(found.sort()).toEqual(['', 'lock', 'lock kick', 'lock kick lock', 'lock kick push', 'push'])
  })

  test('lead where they say', () => {
    const claims = expectTransition(door, { input })
    for (const { to, events: steps } of paths(door, { input, events, kind: 'simple' })) {
      if (steps.length > 0) claims.from(steps.slice(0, -1)).on(steps.at(-1)!).goesTo(to)
    }
  })
})
