/** What happens when these transitions are taken here? Computed once, then only run. */
import type { Action } from './actions.js'
import type { Configuration } from './configuration.js'
import { type Entrance, entranceOf, exitsOf, initialStates, isDone, withoutConflicts } from './moves.js'
import type { Table } from './table.js'
import type { Turn } from './turn.js'
import { type State, stateDone, type Transition } from './xstate.js'

/** Leave, act, enter, as one list of actions; and where that leads. */
export interface Step {
  /** The selected transitions, as an inspector is told. */
  readonly transitions: readonly Transition[]
  readonly actions: readonly Action[]
  readonly next: Configuration
}

/** The step from `from` by the transitions that an event, or none if `eventless`, selected there. */
export function stepBy(
  table: Table,
  from: Configuration,
  selected: readonly Transition[],
  eventless: boolean,
): Step {
  const taken = withoutConflicts(selected, from.states)
  const active = new Set(from.states)
  const exits = exitsOf(taken, from.states)
  for (const state of exits) active.delete(state)

  const actions = exits.flatMap((state) => table.actionsAt(state).exit)
  actions.push(...taken.flatMap((transition) => table.actionsOf(transition)))
  const done = enter(table, entranceOf(taken), active, actions)
  if (done) leaveAll(table, active, actions)

  const unchanged = active.size === from.states.length && from.states.every((state) => active.has(state))
  const next = unchanged ? from : table.configuration([...active])
  return { transitions: eventless ? taken : selected, actions, next }
}

/** The very first step, from nothing into the initial states. */
export function firstStep(table: Table, root: State): Step {
  const states = initialStates(root).sort((a, b) => a.order - b.order)
  const active = new Set<State>([root])
  const actions: Action[] = []
  const done = enter(table, { states, byDefault: new Set(states) }, active, actions)
  if (done) leaveAll(table, active, actions)
  return { transitions: [], actions, next: table.configuration([...active]) }
}

/** Adds the entered states to `active` and what they do to `actions`; true if that brought the whole chart to its end. */
function enter(table: Table, entrance: Entrance, active: Set<State>, actions: Action[]): boolean {
  const announced = new Set<State>()
  let done = false
  for (const state of entrance.states) {
    active.add(state)
    const { entry, initial } = table.actionsAt(state)
    actions.push(...entry)
    if (entrance.byDefault.has(state)) actions.push(...initial)
    if (state.type !== 'final') continue

    const { parent } = state
    if (parent?.type === 'compound') actions.push(announce(parent, state))
    let above = parent?.type === 'parallel' ? parent : parent?.parent
    let completed = above ?? state
    while (above?.type === 'parallel' && !announced.has(above) && isDone(above, active)) {
      announced.add(above)
      actions.push(announce(above, undefined))
      completed = above
      above = above.parent
    }
    if (above) continue
    actions.push(finish(completed))
    done = true
  }
  return done
}

/** A chart at its end leaves all its states, innermost first. */
function leaveAll(table: Table, active: Set<State>, actions: Action[]): void {
  const states = [...active].sort((a, b) => b.order - a.order)
  actions.push(...states.flatMap((state) => table.actionsAt(state).exit))
  active.clear()
  for (const state of states) active.add(state)
}

/** Raises the done event of `parent`, whose child `final`, if there is a single one, says with what output. */
function announce(parent: State, final: State | undefined): Action {
  const { type } = stateDone(parent.id)
  return (turn) => turn.raise({ type, output: final && outputOf(final, turn, turn.event) })
}

/** Ends the chart with its output. */
function finish(completed: State): Action {
  const { root } = completed.machine
  return (turn) => {
    turn.done = true
    turn.output = undefined
    if (root.output === undefined) return
    const output = completed.parent && outputOf(completed, turn, turn.event)
    turn.output = outputOf(root as State, turn, stateDone(completed.id, output))
  }
}

function outputOf({ output }: State, { context, scope }: Turn, event: object): unknown {
  return typeof output === 'function' ? output({ context, event, self: scope.self } as never) : output
}
