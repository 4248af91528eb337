import { describe, expect, test } from '@jest/globals'
import { compareWithInterpreter, compile, recordCoverage } from '@plexus/chart'
import { sweep, type TransitionRow, transitionTable } from '@plexus/testkit'
import fc from 'fast-check'
import { createActor } from 'xstate'
import { type ReverseMessage, type ReverseParts, reverseMachine } from './reverse.machine.js'

const TYPES = ['start', 'dialled', 'failed', 'lost', 'timeout', 'shut'] as const
const EVENTS: ReverseMessage[] = TYPES.map((type) => ({ type }))
const input = {} as ReverseParts

type Cell = string | undefined
type Row = TransitionRow<typeof reverseMachine>

/** A row for each state, a cell for each message: `→ next: what runs`; undefined: refused; '': nothing happens. */
const TABLE: Record<string, Record<(typeof TYPES)[number], Cell>> = {
  idle: {
    start: '→ dialling: dial',
    dialled: undefined,
    failed: undefined,
    lost: undefined,
    timeout: undefined,
    shut: '→ closed: settleClosed',
  },
  dialling: {
    start: undefined,
    dialled: '→ serving: serve',
    failed: '→ waiting: awaitRetry',
    lost: undefined,
    timeout: undefined,
    shut: '→ closing: closeDown',
  },
  serving: {
    start: undefined,
    dialled: undefined,
    failed: undefined,
    lost: '→ waiting: awaitRetry',
    timeout: undefined,
    shut: '→ closing: closeDown',
  },
  waiting: {
    start: undefined,
    dialled: undefined,
    failed: undefined,
    lost: undefined,
    timeout: '→ dialling: forgetRetry, dial',
    shut: '→ closed: forgetRetry, settleClosed',
  },
  closing: {
    start: undefined,
    dialled: ': serve, closeDown',
    failed: '→ closed: settleClosed',
    lost: '→ closed: settleClosed',
    timeout: undefined,
    shut: '',
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

describe('AM-13 a reverse connection', () => {
  for (const { name, run } of transitionTable(reverseMachine, rows, { input, events: EVENTS }))
    test(name, run)

  test('has no row that no message needs, and no state that none leads to', () => {
    const logic = compile(reverseMachine)
    const coverage = recordCoverage(logic)
    const reached = new Set(sweep(reverseMachine, { input, events: EVENTS }).map(({ to }) => String(to)))
    const parts = new Proxy({}, { get: () => () => undefined }) as ReverseParts
    // Every way of four messages: the farthest row stands three from the start.
    const ways = (length: number): ReverseMessage[][] =>
      length === 0 ? [[]] : ways(length - 1).flatMap((way) => EVENTS.map((event) => [...way, event]))
    for (const way of ways(4)) {
      const actor = createActor(logic, { input: parts }).start()
      for (const event of way) actor.send(event)
    }
    coverage.stop()
    expect(coverage.missing().map(({ id }) => id)).toEqual([])
    expect(reached).toEqual(new Set([...Object.keys(TABLE), 'closed']))
  })

  test('shows the same compiled and interpreted, whatever comes', () => {
    const parts = new Proxy({}, { get: () => () => undefined }) as ReverseParts
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS)), (sequence) => {
        expect(compareWithInterpreter(reverseMachine, sequence, { input: () => parts })).toBeUndefined()
      }),
    )
  })
})
