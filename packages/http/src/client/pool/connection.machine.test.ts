import { describe, expect, test } from '@jest/globals'
import { compareWithInterpreter, compile, recordCoverage } from '@plexus/chart'
import { sweep, type TransitionRow, transitionTable } from '@plexus/testkit'
import fc from 'fast-check'
import { createActor } from 'xstate'
import { type ConnectionMessage, type ConnectionParts, connectionMachine } from './connection.machine.js'

const TYPES = ['dialled', 'failed', 'filled', 'freed', 'retire', 'emptied', 'shut', 'kill', 'lost'] as const
const EVENTS: ConnectionMessage[] = TYPES.map((type) => ({ type }))
const input = {} as ConnectionParts

type Cell = string | undefined
type Row = TransitionRow<typeof connectionMachine>

const OVER = '→ closed: stopWatching, leavePool'

/** A row for each state, a cell for each message: `→ next: what runs`; undefined: refused; '': nothing happens. */
const TABLE: Record<string, Record<(typeof TYPES)[number], Cell>> = {
  connecting: {
    dialled: '→ ready: watch, offerPlaces',
    failed: OVER,
    filled: undefined,
    freed: undefined,
    retire: undefined,
    emptied: undefined,
    shut: '→ draining: giveUpDial',
    kill: '→ draining: giveUpDial',
    lost: undefined,
  },
  ready: {
    dialled: undefined,
    failed: undefined,
    filled: '→ busy',
    freed: undefined,
    retire: '→ draining: awaitEmpty',
    emptied: undefined,
    shut: '→ draining: closeSession',
    kill: '→ draining: destroySession',
    lost: OVER,
  },
  busy: {
    dialled: undefined,
    failed: undefined,
    filled: undefined,
    freed: '→ ready: offerPlaces',
    retire: '→ draining: awaitEmpty',
    emptied: undefined,
    shut: '→ draining: closeSession',
    kill: '→ draining: destroySession',
    lost: OVER,
  },
  draining: {
    dialled: ': watch, closeSession',
    failed: OVER,
    filled: undefined,
    freed: undefined,
    retire: '',
    emptied: ': closeSession',
    shut: ': closeSession',
    kill: ': destroySession',
    lost: OVER,
  },
}

const rows = Object.entries(TABLE).flatMap(([from, cells]) =>
  TYPES.map((type): Row => {
    const cell = cells[type] ?? ': refuseMessage'
    const [, to, deeds = ''] = /^(?:→ (\w+))?(?:: (.*))?$/.exec(cell)!
    const runs = deeds === '' ? [] : deeds.split(', ')
    return { from, on: { type }, ...(to !== undefined && { to }), runs }
  }),
)

describe('a connection of the pool', () => {
  for (const { name, run } of transitionTable(connectionMachine, rows, { input, events: EVENTS }))
    test(name, run)

  test('has no row that no message needs, and no state that none leads to', () => {
    const logic = compile(connectionMachine)
    const coverage = recordCoverage(logic)
    const reached = new Set(sweep(connectionMachine, { input, events: EVENTS }).map(({ to }) => String(to)))
    const parts = new Proxy({}, { get: () => () => undefined }) as ConnectionParts
    const ways = (length: number): ConnectionMessage[][] =>
      length === 0 ? [[]] : ways(length - 1).flatMap((way) => EVENTS.map((event) => [...way, event]))
    // The farthest row stands two from the start.
    for (const way of ways(3)) {
      const actor = createActor(logic, { input: parts }).start()
      for (const event of way) actor.send(event)
    }
    coverage.stop()
    expect(coverage.missing().map(({ id }) => id)).toEqual([])
    expect(reached).toEqual(new Set([...Object.keys(TABLE), 'closed']))
  })

  test('shows the same compiled and interpreted, whatever comes', () => {
    const parts = new Proxy({}, { get: () => () => undefined }) as ConnectionParts
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS)), (sequence) => {
        expect(compareWithInterpreter(connectionMachine, sequence, { input: () => parts })).toBeUndefined()
      }),
    )
  })
})
