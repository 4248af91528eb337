/** How does a chart get from one snapshot to the next? The loop of SCXML over the steps of a table. */
import type { AnyEventObject, AnyMachineSnapshot, MachineContext, SnapshotStatus } from 'xstate'
import { noSpawn } from './actions.js'
import { type Choice, firstHolding, select } from './choice.js'
import type { Configuration } from './configuration.js'
import { tellMicrostep } from './inspection.js'
import { ChartSnapshot } from './snapshot.js'
import type { Step } from './step.js'
import type { Table } from './table.js'
import { Turn } from './turn.js'
import { ERROR_FROM_ACTOR, INIT, type Scope, STOP, type Transition } from './xstate.js'

/** Reads one event and all it raises, until the chart is at rest, at its end, or failed. */
export function read(
  table: Table,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  scope: Scope,
): AnyMachineSnapshot {
  const { type } = event
  const at = ChartSnapshot.configurationOf(snapshot) ?? table.configuration(snapshot._nodes)
  const turn = new Turn(scope, snapshot, at, event)
  if (type === STOP) return end(table, turn, 'stopped', snapshot.error)
  if (type !== INIT) {
    const step = stepOn(table, turn)
    if (!step && type.startsWith(ERROR_FROM_ACTOR)) return end(table, turn, 'error', event.error)
    take(table, turn, step)
  }
  return settle(table, turn)
}

/** Enters the initial states. A failure is a snapshot with the status `error`: the actor reports it when it starts. */
export function begin(table: Table, scope: Scope, input: unknown): AnyMachineSnapshot {
  const event = { type: INIT, input }
  const given = table.machine.config.context
  const before = table.configuration([table.root])
  let context: MachineContext = typeof given === 'function' ? {} : (given ?? {})
  try {
    if (typeof given === 'function') {
      context = { ...given({ spawn: noSpawn(table.machine.id), input, self: scope.self } as never) }
    }
    const turn = new Turn(scope, snapshotAt(table, before, context), before, event)
    perform(table, turn, table.first)
    return settle(table, turn)
  } catch (error) {
    return snapshotAt(table, before, context, 'error', undefined, error)
  }
}

/** A snapshot of the chart at this configuration; charts whose context never changes share it. */
export function snapshotAt(
  table: Table,
  at: Configuration,
  context: MachineContext,
  status: SnapshotStatus = 'active',
  output?: unknown,
  error?: unknown,
): AnyMachineSnapshot {
  const shareable = context === table.constant && status === 'active'
  if (shareable && at.shared) return at.shared
  const snapshot = new ChartSnapshot(
    table.machine,
    at,
    context,
    status,
    output,
    error,
  ) as never as AnyMachineSnapshot
  if (shareable) at.shared = snapshot
  return snapshot
}

/** Steps that need no event, then raised events one by one, until neither is left. */
function settle(table: Table, turn: Turn): AnyMachineSnapshot {
  let moved = true
  let steps = 0
  const most = table.machine.options.maxIterations ?? Number.POSITIVE_INFINITY
  while (turn.snapshot.status === 'active') {
    if (++steps > most)
      throw new Error(`${table.machine.id} took more than ${most} steps on '${turn.event.type}'`)
    const before = turn.snapshot
    const { eventless } = turn.at
    const step = moved && eventless ? chosen(table, turn, eventless, true) : undefined
    if (step) {
      take(table, turn, step)
      // A row without effect would be selected for ever.
      moved = turn.snapshot !== before
      continue
    }
    if (!turn.raised.length) break
    turn.readRaised()
    take(table, turn, stepOn(table, turn))
    moved = true
  }
  return turn.snapshot
}

/** The step the current event selects, if any. */
function stepOn(table: Table, turn: Turn): Step | undefined {
  const { type } = turn.event
  const choice = table.choice(turn.at, type)
  if (!choice) return undefined
  try {
    return chosen(table, turn, choice, false)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`A guard of ${table.machine.id} threw when '${type}' came:\n${message}`, { cause })
  }
}

function chosen(table: Table, turn: Turn, choice: Choice, eventless: boolean): Step | undefined {
  if (!choice.regions.length) {
    const row = firstHolding(choice.rows, turn)
    return row && table.stepOf(row, turn.at, eventless)
  }
  const selected: Transition[] = []
  select(choice, turn, selected)
  return selected.length ? table.stepOfAll(selected, choice, turn.at, eventless) : undefined
}

/** Takes a step (or stays, if nothing was selected) and tells an inspector. */
function take(table: Table, turn: Turn, step: Step | undefined): void {
  if (step) {
    perform(table, turn, step)
    if (table.watchers.size) for (const watch of table.watchers) watch(step.transitions)
  }
  const { scope, event, snapshot } = turn
  tellMicrostep(scope.system, scope.self, event, snapshot, step ? step.transitions : NONE)
}

function perform(table: Table, turn: Turn, step: Step): void {
  for (const action of step.actions) action(turn)
  const { snapshot } = turn
  if (turn.done) {
    turn.snapshot = snapshotAt(table, step.next, turn.context, 'done', turn.output, snapshot.error)
  } else if (step.next !== turn.at || turn.context !== snapshot.context) {
    turn.snapshot = snapshotAt(
      table,
      step.next,
      turn.context,
      snapshot.status,
      snapshot.output,
      snapshot.error,
    )
  }
  turn.at = step.next
}

function end(table: Table, turn: Turn, status: SnapshotStatus, error: unknown): AnyMachineSnapshot {
  turn.snapshot = snapshotAt(table, turn.at, turn.context, status, turn.snapshot.output, error)
  take(table, turn, undefined)
  return turn.snapshot
}

const NONE: readonly Transition[] = []
