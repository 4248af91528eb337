import type { AnyMachineSnapshot, AnyStateMachine, EventFromLogic, StateValue } from 'xstate'
import { getShortestPaths, getSimplePaths } from 'xstate/graph'
import { showFrame } from '../peer/show.js'
import { type MachineOptions, outcomeOf, showState, snapshotAt } from './outcome.js'

export interface SweepOptions<Machine extends AnyStateMachine> extends MachineOptions<Machine> {
  /**
   * The messages to try, as many of a type as its guards tell apart. Default: one of each type that the machine lists,
   * without a payload.
   */
  readonly events?: readonly EventFromLogic<Machine>[]
  /** What makes two snapshots the same; default their state value, for charts whose context holds no counters. */
  readonly keyOf?: (snapshot: AnyMachineSnapshot) => string
  /** States after which it is an error that there are still more. Default 10,000. */
  readonly maxStates?: number
}

/** One state and one message. */
export interface SweepRow {
  readonly from: StateValue
  readonly on: { readonly type: string }
  readonly to: StateValue
  readonly runs: readonly string[]
}

/** Every state that the messages can reach, with every message, and what it does there. Final states get none. */
export function sweep<Machine extends AnyStateMachine>(
  machine: Machine,
  options: SweepOptions<Machine> = {},
): SweepRow[] {
  const { events = eventsOf(machine), keyOf = keyByValue, maxStates = 10_000 } = options
  const rows: SweepRow[] = []
  const seen = new Map<string, AnyMachineSnapshot>()
  const note = (snapshot: AnyMachineSnapshot) => {
    const key = keyOf(snapshot)
    if (!seen.has(key)) seen.set(key, snapshot)
    if (seen.size > maxStates) throw new Error(`more than ${maxStates} states: keyOf tells too many apart`)
  }
  note(snapshotAt(machine, [], options))
  // A Map visits what is added while it is walked.
  for (const snapshot of seen.values()) {
    if (snapshot.status !== 'active') continue
    for (const event of events) {
      const { to, actions } = outcomeOf(machine, snapshot, event)
      rows.push({ from: snapshot.value, on: event, to: to.value, runs: actions })
      note(to)
    }
  }
  return rows
}

/** A sweep as text, a line for each row: fit for a snapshot that a reader can check. */
export function showSweep(rows: readonly SweepRow[]): string {
  return rows
    .map(({ from, on, to, runs }) => {
      const [before, after] = [showState(from), showState(to)]
      const step = `${before} on ${showFrame(on)}${before === after ? '' : ` → ${after}`}`
      return runs.length === 0 ? step : `${step}: ${runs.join(', ')}`
    })
    .join('\n')
}

/** A way through a chart. */
export interface ChartPath<Machine extends AnyStateMachine> {
  readonly to: StateValue
  readonly events: readonly EventFromLogic<Machine>[]
}

export interface PathOptions<Machine extends AnyStateMachine>
  extends Pick<SweepOptions<Machine>, 'input' | 'events' | 'keyOf'> {
  /** The shortest way to each state, or every way that visits no state twice. Default `shortest`. */
  readonly kind?: 'shortest' | 'simple'
}

/** The ways from the start to every state that the messages can reach. */
export function paths<Machine extends AnyStateMachine>(
  machine: Machine,
  options: PathOptions<Machine> = {},
): ChartPath<Machine>[] {
  const { events = eventsOf(machine), keyOf = keyByValue } = options
  const find = options.kind === 'simple' ? getSimplePaths : getShortestPaths
  const found = find<AnyStateMachine>(machine, {
    events: [...events],
    input: options.input as never,
    serializeState: (snapshot) => keyOf(snapshot as AnyMachineSnapshot),
  })
  return found.map(({ state, steps }) => ({
    to: (state as AnyMachineSnapshot).value,
    // The first step is XState's own: the start.
    events: steps.map(({ event }) => event as EventFromLogic<Machine>).filter(isNoStart),
  }))
}

function isNoStart({ type }: { readonly type: string }): boolean {
  return type !== 'xstate.init'
}

function eventsOf<Machine extends AnyStateMachine>(machine: Machine): EventFromLogic<Machine>[] {
  const types = machine.events.filter((type) => !type.includes('*') && !type.startsWith('xstate.'))
  return types.map((type) => ({ type }) as EventFromLogic<Machine>)
}

function keyByValue({ value }: AnyMachineSnapshot): string {
  return JSON.stringify(value)
}
