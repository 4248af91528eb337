/** What is true while these states are active? One object per set of active states, shared by all actors of a chart. */
import type { AnyMachineSnapshot, StateValue } from 'xstate'
import type { Choice } from './choice.js'
import { initialStates } from './moves.js'
import type { State } from './xstate.js'

/**
 * Active states in the order XState would list them: what stayed comes before what was entered last. The order shows
 * in the order of actions of parallel regions, so the same states in another order are another configuration.
 */
export class Configuration {
  readonly states: State[]
  readonly value: StateValue
  readonly tags: Set<string>
  /** What each event type met so far may do here; undefined means nothing. */
  readonly choices = new Map<string, Choice | undefined>()
  /** The same for types that no row names, by the set of wildcards they meet. */
  readonly wildChoices = new Map<number, Choice | undefined>()
  /** What may happen here without an event, after every step. */
  eventless: Choice | undefined
  /** The snapshot of all actors that are here and share the chart's constant context. */
  shared: AnyMachineSnapshot | undefined

  constructor(root: State, states: readonly State[]) {
    this.states = [...states]
    this.value = stateValue(root, this.states)
    this.tags = new Set(this.states.flatMap((state) => state.tags))
  }
}

/** The children of `state` among `active`, in the order their regions are asked for transitions. */
export function activeChildren(state: State, active: readonly State[]): State[] {
  const keys = active.filter((each) => each.parent === state).map((each) => each.key)
  return inKeyOrder(keys).map((key) => state.states[key]!)
}

function stateValue(state: State, active: readonly State[]): StateValue {
  let children = active.filter((each) => each.parent === state)
  // Only before the very first step is a state active without its children.
  if (!children.length) children = initialStates(state).filter((each) => each.parent === state)
  const [only] = children
  if (state.type === 'compound' && (only?.type === 'atomic' || only?.type === 'final')) return only.key
  return Object.fromEntries(children.map((child) => [child.key, stateValue(child, active)]))
}

// Keys that look like integers come first in every JavaScript object, and XState walks the state value as an object.
const inKeyOrder = (keys: readonly string[]): string[] =>
  Object.keys(Object.fromEntries(keys.map((key) => [key, 0])))
