/**
 * Where does a set of transitions lead? Pure questions about the tree of states: which states a step leaves, which it
 * enters and in what order, following the algorithm of SCXML (appendix D) as XState reads it.
 */
import type { State, Transition } from './xstate.js'

/** States to enter in document order; `byDefault` are those whose `initial` actions run, too. */
export interface Entrance {
  readonly states: readonly State[]
  readonly byDefault: ReadonlySet<State>
}

/** Real children of a state, in document order. */
export const childrenOf = (state: State): State[] => Object.values(state.states)

/** True if `state` lies strictly below `ancestor`; below nothing lies everything. */
export function isWithin(state: State, ancestor: State | undefined): boolean {
  if (!ancestor) return true
  for (let above = state.parent; above; above = above.parent) if (above === ancestor) return true
  return false
}

/** The states `active` that these transitions leave, innermost and latest first. */
export function exitsOf(transitions: readonly Transition[], active: Iterable<State>): State[] {
  const left = new Set<State>()
  for (const transition of transitions) {
    if (!transition.target?.length) continue
    const domain = domainOf(transition)
    for (const state of active) if (isWithin(state, domain)) left.add(state)
  }
  return [...left].sort((a, b) => b.order - a.order)
}

/** Of transitions that would leave the same state, the one from further inside wins, else the earlier one. */
export function withoutConflicts(transitions: readonly Transition[], active: readonly State[]): Transition[] {
  const kept = new Set<Transition>()
  for (const transition of transitions) {
    const left = exitsOf([transition], active)
    const rivals = [...kept].filter((other) => exitsOf([other], active).some((state) => left.includes(state)))
    const firstStronger = rivals.find((other) => !isWithin(transition.source, other.source))
    if (firstStronger) continue
    for (const rival of rivals) kept.delete(rival)
    kept.add(transition)
  }
  return [...kept]
}

/** The states these transitions enter. */
export function entranceOf(transitions: readonly Transition[]): Entrance {
  const entered = new Set<State>()
  const byDefault = new Set<State>()

  const enterByDefault = (state: State) => {
    entered.add(state)
    byDefault.add(state)
    enterBelow(state)
  }
  const isUntouched = (region: State) => ![...entered].some((state) => isWithin(state, region))

  function enterBelow(state: State): void {
    if (state.type === 'compound') enterByDefault(state.initial.target[0]!)
    if (state.type === 'parallel') {
      for (const region of childrenOf(state)) if (isUntouched(region)) enterByDefault(region)
    }
  }

  function enterAbove(target: State, domain: State | undefined): void {
    const above = properAncestors(target, domain)
    if (domain?.type === 'parallel') above.push(domain)
    for (const state of above) {
      if (isWithin(state, domain)) entered.add(state)
      if (state.type !== 'parallel') continue
      for (const region of childrenOf(state)) {
        if (!isUntouched(region)) continue
        entered.add(region)
        enterBelow(region)
      }
    }
  }

  for (const transition of transitions) {
    const { source, target = [], reenter } = transition
    const domain = domainOf(transition)
    for (const state of target) {
      if (state === source && source === domain && !reenter) enterBelow(state)
      else enterByDefault(state)
    }
    for (const state of target) enterAbove(state, domain)
  }
  return { states: [...entered].sort((a, b) => a.order - b.order), byDefault }
}

/** What is active at the start: the root and its initial states all the way down. */
export function initialStates(root: State): State[] {
  const below =
    root.type === 'compound' ? [root.initial.target[0]!] : root.type === 'parallel' ? childrenOf(root) : []
  return [root, ...below.flatMap(initialStates)]
}

/** True if `state` has come to its end, given the states `active`. */
export function isDone(state: State, active: ReadonlySet<State>): boolean {
  if (state.type === 'parallel') return childrenOf(state).every((region) => isDone(region, active))
  if (state.type === 'compound')
    return childrenOf(state).some((child) => child.type === 'final' && active.has(child))
  return state.type === 'final'
}

/** The innermost state that stays active while the transition runs; undefined if even the root is left. */
function domainOf({ source, target = [], reenter }: Transition): State | undefined {
  if (!reenter && target.every((state) => state === source || isWithin(state, source))) return source
  const [first, ...others] = [...target, source]
  const common = properAncestors(first!).find((above) => others.every((state) => isWithin(state, above)))
  return common ?? (reenter ? undefined : source.machine.root)
}

/** Ancestors from the parent upwards, as far as `limit`, which is left out. */
function properAncestors(state: State, limit?: State): State[] {
  const above: State[] = []
  if (state === limit) return above
  for (let next = state.parent; next && next !== limit; next = next.parent) above.push(next)
  return above
}
