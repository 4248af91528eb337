/** Which rows of a chart ran, and which never did? */
import type { AnyStateMachine, InspectionEvent } from 'xstate'
import { nameOfAction, nameOfEvent, nameOfGuard, pathOf } from './names.js'
import { tables } from './table.js'
import type { State, Transition } from './xstate.js'

/** One transition as it is written in the chart. */
export interface TransitionRow {
  /** Unique in the chart and the same in all its `provide`d variants: `stream.live.receiving.flowing on recvEnd [1]`. */
  readonly id: string
  /** Path of the state that owns the row. */
  readonly source: string
  /** Event type or wildcard; `always` and `onDone` for rows under these words. */
  readonly event: string
  /** Position among the rows of the same source and event. */
  readonly index: number
  /** The guard in words; undefined if the row always applies. */
  readonly guard: string | undefined
  /** Paths of the targets; empty if the chart stays where it is. */
  readonly targets: readonly string[]
  /** The actions in words, in order. */
  readonly actions: readonly string[]
}

/** All rows of a chart, in the order in which they are written. */
export function transitionsOf(machine: AnyStateMachine): TransitionRow[] {
  return [...rowsOf(machine).values()]
}

/** Counts rows while actors run; made by {@link recordCoverage}. */
export interface Coverage {
  readonly rows: readonly TransitionRow[]
  /** How often the row was selected so far. */
  count(row: TransitionRow): number
  /** The rows no event has selected yet. */
  missing(): TransitionRow[]
  /** For people: one line with the sum, then one for each missing row. */
  report(): string
  /** For actors under XState's interpreter: `createActor(machine, { inspect: coverage.inspect })`. Compiled ones need nothing. */
  readonly inspect: (notice: InspectionEvent) => void
  /** Ends the recording of compiled charts; the counts stay. */
  stop(): void
}

/**
 * Counts which rows of a chart its actors select from now on.
 *
 * @param chart a machine, compiled or not; its rows are the ones counted
 * @param variants `provide`d variants of the same chart, whose rows count as the chart's
 */
export function recordCoverage(chart: AnyStateMachine, ...variants: AnyStateMachine[]): Coverage {
  const rows = transitionsOf(chart)
  const counts = new Map(rows.map((row) => [row.id, 0]))
  const ids = new Map<Transition, string>()
  const count = (transitions: readonly Transition[]) => {
    for (const transition of transitions) {
      const id = ids.get(transition)
      if (id !== undefined) counts.set(id, counts.get(id)! + 1)
    }
  }
  const watched = [chart, ...variants].map((logic) => {
    for (const [transition, { id }] of rowsOf(logic)) if (counts.has(id)) ids.set(transition, id)
    return tables.get(logic)
  })
  for (const table of watched) table?.watchers.add(count)
  const missing = () => rows.filter((row) => !counts.get(row.id))

  return {
    rows,
    count: (row) => counts.get(row.id) ?? 0,
    missing,
    report: () =>
      [`${rows.length - missing().length} of ${rows.length} rows ran`, ...missing().map(line)].join('\n'),
    inspect(notice) {
      if (notice.type !== '@xstate.microstep') return
      const { logic } = notice.actorRef as unknown as { logic: AnyStateMachine }
      if (!tables.has(logic)) count(notice._transitions)
    },
    stop() {
      for (const table of watched) table?.watchers.delete(count)
    },
  }
}

function rowsOf(machine: AnyStateMachine): Map<Transition, TransitionRow> {
  const rows = new Map<Transition, TransitionRow>()
  const visit = (state: State) => {
    for (const transitions of [...state.transitions.values(), state.always ?? []]) {
      for (const [index, transition] of transitions.entries()) rows.set(transition, rowOf(transition, index))
    }
    for (const child of Object.values(state.states)) visit(child)
  }
  visit(machine.root as State)
  return rows
}

function rowOf(transition: Transition, index: number): TransitionRow {
  const source = pathOf(transition.source)
  const event = nameOfEvent(transition)
  return {
    id: `${source} on ${event} [${index}]`,
    source,
    event,
    index,
    guard: transition.guard ? nameOfGuard(transition.guard) : undefined,
    targets: (transition.target ?? []).map(pathOf),
    actions: transition.actions.map(nameOfAction),
  }
}

const line = ({ id, guard, targets }: TransitionRow): string =>
  `  never: ${id}${guard ? ` if ${guard}` : ''}${targets.length ? ` → ${targets.join(', ')}` : ''}`
