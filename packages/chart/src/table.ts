/** A chart as a table: what each state does, what each row does, and every configuration met so far. */
import type { AnyStateMachine, MachineContext } from 'xstate'
import { type Action, compileActions } from './actions.js'
import { type Choice, type Combination, candidatesOf, choose, describes, type Row } from './choice.js'
import { activeChildren, Configuration } from './configuration.js'
import { UnsupportedChartError } from './errors.js'
import { compileGuard, type Guard } from './guards.js'
import { pathOf } from './names.js'
import { firstStep, type Step, stepBy } from './step.js'
import { type State, stateDone, type Transition } from './xstate.js'

/** Which of so many are met fits into one number. */
const MAX_WILDCARDS = 52

/** Filled while the chart runs: configurations, choices and steps are computed when they are first needed. */
export class Table {
  /** Whose implementations run and whose snapshots are made. */
  readonly machine: AnyStateMachine
  readonly root: State
  /** The context object all actors begin with, if the chart gives one instead of a factory. */
  readonly constant: MachineContext | undefined
  /** Called with the transitions of each step, for those who count them. */
  readonly watchers = new Set<(transitions: readonly Transition[]) => void>()
  readonly #states = new Map<State, StateActions>()
  readonly #transitions = new Map<Transition, CompiledTransition>()
  readonly #configurations = new Map<string, Configuration>()
  /** Event types that rows name, and those the chart raises itself. */
  readonly #named = new Set<string>()
  /** Wildcards of all rows, without doubles. */
  readonly #wildcards: string[] = []
  #first: Step | undefined

  /** @throws {UnsupportedChartError} a state uses what a compiled chart cannot do */
  constructor(machine: AnyStateMachine) {
    this.machine = machine
    this.root = machine.root as State
    const { context } = machine.config
    this.constant = typeof context === 'function' ? undefined : context
    this.#compile(this.root)
    if (this.#wildcards.length > MAX_WILDCARDS) {
      throw new UnsupportedChartError(pathOf(this.root), 'wildcards', `use at most ${MAX_WILDCARDS} of them`)
    }
  }

  /** The step every actor of the chart begins with. */
  get first(): Step {
    return (this.#first ??= firstStep(this, this.root))
  }

  /** The one object for these active states in this order. */
  configuration(states: readonly State[]): Configuration {
    const key = states.map((state) => state.order).join()
    let known = this.#configurations.get(key)
    if (!known) {
      known = new Configuration(this.root, states)
      known.eventless = this.#eventless(known)
      this.#configurations.set(key, known)
    }
    return known
  }

  /** What an event of this type may select here; undefined means nothing. */
  choice(at: Configuration, type: string): Choice | undefined {
    if (!this.#named.has(type)) return this.#wildChoice(at, type)
    const known = at.choices.get(type)
    if (known || at.choices.has(type)) return known
    const choice = this.#choiceBelow(this.root, at, type)
    at.choices.set(type, choice)
    return choice
  }

  /** The step of a single selected row. */
  stepOf(row: Row, at: Configuration, eventless: boolean): Step {
    return (row.step ??= stepBy(this, at, [row.transition], eventless))
  }

  /** The step of several selected rows. */
  stepOfAll(selected: readonly Transition[], choice: Choice, at: Configuration, eventless: boolean): Step {
    let combination: Combination = choice.combined
    for (const transition of selected) combination = combination.and(transition)
    return (combination.step ??= stepBy(this, at, selected, eventless))
  }

  actionsAt(state: State): StateActions {
    return this.#states.get(state)!
  }

  actionsOf(transition: Transition): readonly Action[] {
    return this.#transitions.get(transition)!.actions
  }

  // Types that no row names are told apart by the wildcards they meet only: there is no end of them, such as the done
  // events of ten thousand children, and each would otherwise be remembered.
  #wildChoice(at: Configuration, type: string): Choice | undefined {
    let met = 0
    for (let i = 0; i < this.#wildcards.length; i += 1)
      if (describes(this.#wildcards[i]!, type)) met += 2 ** i
    const known = at.wildChoices.get(met)
    if (known || at.wildChoices.has(met)) return known
    const choice = this.#choiceBelow(this.root, at, type)
    at.wildChoices.set(met, choice)
    return choice
  }

  #choiceBelow(state: State, at: Configuration, type: string): Choice | undefined {
    const regions = activeChildren(state, at.states).map((child) => this.#choiceBelow(child, at, type))
    return choose(regions, this.#rows(candidatesOf(state, type)))
  }

  // Each innermost state looks for an `always` row of its own and then further and further out, apart from the others.
  #eventless({ states }: Configuration): Choice | undefined {
    const innermost = states.filter((state) => state.type === 'atomic' || state.type === 'final')
    const regions = innermost.map((state) => {
      const rows: Transition[] = []
      for (let at: State | undefined = state; at; at = at.parent) rows.push(...(at.always ?? []))
      return choose([], this.#rows(rows))
    })
    return choose(regions, [])
  }

  #rows(transitions: readonly Transition[]): Row[] {
    return transitions.map((transition) => {
      const { guard } = this.#transitions.get(transition)!
      return { transition, guard, step: undefined }
    })
  }

  #compile(state: State): void {
    const where = pathOf(state)
    const { config, type } = state
    this.#named.add(stateDone(state.id).type)
    if (type === 'history') throw new UnsupportedChartError(where, 'history', 'name the state to return to')
    if (state.invoke.length)
      throw new UnsupportedChartError(where, 'invoke', 'make the actor with createChild')
    if (config.after)
      throw new UnsupportedChartError(where, 'after', 'let the owner of the clock send an event')
    const compile = (actions: readonly unknown[]) => compileActions(this.machine, actions, where)
    this.#states.set(state, {
      entry: compile(state.entry),
      exit: compile(state.exit),
      initial: compile(state.initial.actions),
    })
    for (const descriptor of state.transitions.keys()) {
      const isWild = descriptor === '*' || descriptor.endsWith('.*')
      if (!isWild) this.#named.add(descriptor)
      else if (!this.#wildcards.includes(descriptor)) this.#wildcards.push(descriptor)
    }
    for (const transition of [...state.transitions.values()].flat().concat(state.always ?? [])) {
      this.#transitions.set(transition, {
        guard: transition.guard ? compileGuard(this.machine, transition.guard, where) : undefined,
        actions: compile(transition.actions),
      })
    }
    for (const child of Object.values(state.states)) this.#compile(child)
  }
}

/** The table of each compiled chart. */
export const tables = new WeakMap<AnyStateMachine, Table>()

interface StateActions {
  readonly entry: readonly Action[]
  readonly exit: readonly Action[]
  /** Run after `entry` when the state was entered without one of its children being named. */
  readonly initial: readonly Action[]
}

interface CompiledTransition {
  readonly guard: Guard | undefined
  readonly actions: readonly Action[]
}
