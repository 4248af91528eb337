import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMachine, not } from 'xstate'
import { transitionsOf } from './coverage.js'
import { draw } from './draw.js'
import { build, chartPlan } from './equality.test.machines.js'
import type { State } from './xstate.js'

const stream = createMachine({
  id: 'stream',
  initial: 'live',
  on: { reset: '.dead', '*': { actions: 'complain' } },
  states: {
    live: {
      type: 'parallel',
      entry: 'register',
      onDone: 'dead',
      states: {
        receiving: {
          initial: 'open',
          states: {
            open: {
              entry: 'openGate',
              exit: 'shutGate',
              on: { recvData: { actions: 'wakeReader' }, recvEnd: 'ended' },
            },
            ended: { type: 'final' },
          },
        },
        sending: {
          initial: { target: 'ready', actions: 'greet' },
          states: {
            ready: {
              on: {
                stall: [
                  { guard: not('hasRoom'), target: 'blocked.onCarrier', actions: ['note', 'tell'] },
                  'ended',
                ],
              },
            },
            blocked: {
              initial: 'onWindow',
              states: { onWindow: {}, onCarrier: {} },
              on: { drain: { target: 'ready', reenter: true } },
            },
            ended: { type: 'final' },
          },
        },
      },
    },
    dead: { type: 'final' },
  },
})

describe('a picture', () => {
  test('shows hierarchy, regions, rows with guards and actions, and what states do', () => {
    expect(draw(stream)).toBe(`stateDiagram-v2
  state "stream<br/>* / complain" as stream {
    [*] --> stream_live
    state "live<br/>entry / register" as stream_live {
      state "receiving" as stream_live_receiving {
        [*] --> stream_live_receiving_open
        state "open" as stream_live_receiving_open
        stream_live_receiving_open : entry / openGate
        stream_live_receiving_open : exit / shutGate
        stream_live_receiving_open : recvData / wakeReader
        state "ended" as stream_live_receiving_ended
        stream_live_receiving_ended --> [*]
        stream_live_receiving_open --> stream_live_receiving_ended : recvEnd
      }
      --
      state "sending" as stream_live_sending {
        [*] --> stream_live_sending_ready : / greet
        state "ready" as stream_live_sending_ready
        state "blocked" as stream_live_sending_blocked {
          [*] --> stream_live_sending_blocked_onWindow
          state "onWindow" as stream_live_sending_blocked_onWindow
          state "onCarrier" as stream_live_sending_blocked_onCarrier
        }
        state "ended" as stream_live_sending_ended
        stream_live_sending_ended --> [*]
        stream_live_sending_ready --> stream_live_sending_ended : stall
        stream_live_sending_blocked --> stream_live_sending_ready : drain (reenter)
      }
    }
    state "dead" as stream_dead
    stream_dead --> [*]
    stream_live --> stream_dead : onDone
  }
  stream --> stream_dead : reset
  stream_live_sending_ready --> stream_live_sending_blocked_onCarrier : stall [not hasRoom] / note, tell
`)
  })

  test('quotes what has a meaning in Mermaid, and gives every path an id of its own', () => {
    const odd = createMachine({
      id: 'state',
      initial: 'a (b)',
      states: {
        'a (b)': { on: { 'x:y;z': 'a_b', '"q" {1} <b> #2%%\nend': 'a_b' } },
        a_b: {},
        a: { initial: 'b', states: { b: {} } },
      },
    })
    const picture = draw(odd)
    expect(picture).toContain('state_a_b --> state_a_b_2 : x#58;y#59;z')
    expect(picture).toContain(' : #34;q#34; #123;1#125; #60;b#62; #35;2#37;#37; end')
    expect(idsIn(picture)).toEqual(['state_', 'state_a_b', 'state_a_b_2', 'state_a', 'state_a_b_3'])
  })

  test('of any chart shows every state once and every row', () => {
    fc.assert(
      fc.property(chartPlan(), (plan) => {
        const machine = build(plan)
        const picture = draw(machine)
        expect(draw(build(plan))).toBe(picture)
        expect(idsIn(picture)).toHaveLength(statesOf(machine.root as State).length)
        expect(new Set(idsIn(picture)).size).toBe(idsIn(picture).length)
        expect(depthsOf(picture)).toEqual({ deepest: expect.any(Number), last: 0 })

        const rows = transitionsOf(machine)
        const arrows = picture.split('\n').filter((line) => / --> (?!\[)/.test(line) && !line.includes('[*]'))
        expect(arrows).toHaveLength(rows.flatMap(({ targets }) => targets).length)
        for (const { event, targets } of rows)
          expect(targets.length ? arrows.join('\n') : picture).toContain(event)
      }),
      { numRuns: 100 },
    )
  })
})

const idsIn = (picture: string) => [...picture.matchAll(/^ *state ".*" as (\w+)/gm)].map(([, id]) => id)

function statesOf(state: State): State[] {
  return [state, ...Object.values(state.states).flatMap(statesOf)]
}

function depthsOf(picture: string) {
  let depth = 0
  let deepest = 0
  for (const line of picture.split('\n')) {
    if (line.endsWith('{')) deepest = Math.max(deepest, ++depth)
    if (line.trim() === '}') depth--
  }
  return { deepest, last: depth }
}
