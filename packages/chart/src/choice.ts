/** Which transitions does an event select? Rows of one source in order, regions side by side, inner states first. */
import type { Guard } from './guards.js'
import type { Step } from './step.js'
import type { Turn } from './turn.js'
import type { State, Transition } from './xstate.js'

/** A row that may be selected, and the step it leads to if it is selected alone (built when first needed). */
export interface Row {
  readonly transition: Transition
  readonly guard: Guard | undefined
  step: Step | undefined
}

/**
 * Rows to try in order; the first whose guard holds is selected. If there are regions, their rows come first: only
 * when no region selects anything the choice's own rows are tried.
 */
export interface Choice {
  readonly regions: readonly Choice[]
  readonly rows: readonly Row[]
  /** Steps of selections of several rows, by the rows in order. Only the outermost choice uses it. */
  readonly combined: Combination
}

/** A way into the steps of a choice, one row at a time. */
export class Combination {
  step: Step | undefined
  readonly #next = new Map<Transition, Combination>()

  and(transition: Transition): Combination {
    let next = this.#next.get(transition)
    if (!next) this.#next.set(transition, (next = new Combination()))
    return next
  }
}

/** Regions without rows do not count; one region and its parent are a single list; nothing after a row without guard can be reached. */
export function choose(regions: readonly (Choice | undefined)[], rows: readonly Row[]): Choice | undefined {
  const asked = regions.filter((region) => region !== undefined)
  if (!asked.length && !rows.length) return undefined
  const [only] = asked
  if (only && asked.length === 1)
    return { ...only, rows: reachable([...only.rows, ...rows]), combined: new Combination() }
  return { regions: asked, rows: reachable(rows), combined: new Combination() }
}

function reachable(rows: readonly Row[]): readonly Row[] {
  const last = rows.findIndex((row) => !row.guard)
  return last < 0 ? rows : rows.slice(0, last + 1)
}

/** The first row whose guard holds. */
export function firstHolding(rows: readonly Row[], turn: Turn): Row | undefined {
  for (const row of rows) if (!row.guard || row.guard(turn.guardArgs, turn.snapshot)) return row
  return undefined
}

/** Adds the selected transitions of all regions, or of the choice itself; false if nothing was selected. */
export function select({ regions, rows }: Choice, turn: Turn, selected: Transition[]): boolean {
  let inside = false
  for (const region of regions) inside = select(region, turn, selected) || inside
  if (inside) return true
  const row = firstHolding(rows, turn)
  if (!row) return false
  selected.push(row.transition)
  return true
}

/** Does an event of this type meet this descriptor: itself, `*`, or `a.b.*` for anything from `a.b` downwards? */
export function describes(descriptor: string, type: string): boolean {
  if (descriptor === type || descriptor === '*') return true
  if (!descriptor.endsWith('.*')) return false
  const prefix = descriptor.slice(0, -2)
  return type.startsWith(prefix) && (type.length === prefix.length || type[prefix.length] === '.')
}

/** The transitions of one state for an event type: exact rows, then wildcards, longer descriptors first. */
export function candidatesOf(state: State, type: string): Transition[] {
  const wild = [...state.transitions.keys()]
    .filter((descriptor) => descriptor !== type && describes(descriptor, type))
    .sort((a, b) => b.length - a.length)
  return [type, ...wild].flatMap((descriptor) => state.transitions.get(descriptor) ?? [])
}
