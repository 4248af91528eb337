import type { AnyStateMachine, EventFromLogic, StateValue } from 'xstate'
import { type Case, claim } from '../cases/case.js'
import { showFrame } from '../peer/show.js'
import { expectTransition } from './expect-transition.js'
import { type Place, showState, snapshotAt } from './outcome.js'
import { type SweepOptions, sweep } from './sweep.js'

/** One row: in this state, on this message. */
export interface TransitionRow<Machine extends AnyStateMachine> {
  readonly from: Place<Machine>
  readonly on: EventFromLogic<Machine>
  /** Where it goes; left out: it stays. */
  readonly to?: StateValue
  /** What it runs; left out: nothing. */
  readonly runs?: readonly string[]
}

/**
 * A chart as a table: a case for each row, one that no row stands there twice, and one that every state the messages
 * reach meets every type of message. `events` are what completeness is judged by; default: those of the rows.
 */
export function transitionTable<Machine extends AnyStateMachine>(
  machine: Machine,
  rows: readonly TransitionRow<Machine>[],
  options: SweepOptions<Machine> = {},
): Case[] {
  const placeOf = ({ from }: TransitionRow<Machine>) => showState(snapshotAt(machine, from, options).value)
  const nameOf = (row: TransitionRow<Machine>) => `in ${placeOf(row)} on ${showFrame(row.on)}`
  const rowCases = rows.map((row) => ({
    name: `${nameOf(row)} it ${row.to === undefined ? 'stays' : `goes to ${showState(row.to)}`}`,
    run: async () => {
      const transition = expectTransition(machine, options).from(row.from).on(row.on)
      if (row.to === undefined) transition.stays()
      else transition.goesTo(row.to)
      transition.runs(row.runs ?? [])
    },
  }))
  const once: Case = {
    name: 'no state meets the same message twice',
    run: async () => {
      const names = rows.map(nameOf)
      const twice = names.filter((name, i) => names.indexOf(name) !== i)
      claim(twice.length === 0, () => `these rows stand there twice:\n  ${twice.join('\n  ')}`)
    },
  }
  const every: Case = {
    name: 'every state meets every message',
    run: async () => {
      const events = options.events ?? rows.map(({ on }) => on)
      const met = new Set(rows.map((row) => `${placeOf(row)} on ${row.on.type}`))
      const pairs = sweep(machine, { ...options, events }).map(
        ({ from, on }) => `${showState(from)} on ${on.type}`,
      )
      const missing = [...new Set(pairs)].filter((pair) => !met.has(pair))
      claim(missing.length === 0, () => `there is no row for\n  ${missing.join('\n  ')}`)
    },
  }
  return [...rowCases, once, every]
}
