import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, Snapshot } from 'xstate'
import { begin, read, snapshotAt } from './run.js'
import { Table, tables } from './table.js'
import type { Scope } from './xstate.js'

/**
 * Makes a table of a chart: the returned machine is the given one in every respect (definition, types, snapshots,
 * actions, inspection), but its actors step through the table instead of interpreting the chart for each event.
 *
 * Supported: hierarchy, parallel regions, entry, exit, guards with `and`, `or`, `not` and `stateIn`, `always`, final
 * states, `onDone` and output, wildcards, tags, meta, `reenter`, several targets; `assign`, `raise`, `sendTo`,
 * `sendParent`, `forwardTo`, `emit`, `log`, `enqueueActions` without delays, and custom actions. An actor of a compiled
 * chart has no children and no timers of its own: `invoke`, `after`, `spawn`, `stopChild`, `cancel`, delays and history
 * states are refused.
 *
 * The table is filled while actors run and shared by all of them, so compile a chart once, not per actor.
 *
 * @throws {UnsupportedChartError} the chart uses a refused feature, or a guard nobody implements
 */
export function compile<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const logic: AnyStateMachine = Object.create(machine)
  const table = new Table(logic)
  tables.set(logic, table)
  return Object.assign(logic, {
    transition: (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: Scope) =>
      read(table, snapshot, event, scope),
    getInitialSnapshot: (scope: Scope, input: unknown) => begin(table, scope, input),
    restoreSnapshot(persisted: Snapshot<unknown>, scope: Scope) {
      const { _nodes, context, status, output, error } = machine.restoreSnapshot(persisted, scope as never)
      return snapshotAt(table, table.configuration(_nodes), context, status, output, error)
    },
    // XState's own starts the children of the snapshot; there are none.
    start: () => {},
    provide: (implementations: Parameters<Machine['provide']>[0]) =>
      compile(machine.provide(implementations)),
  }) as never
}
