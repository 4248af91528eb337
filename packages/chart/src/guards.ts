/** May this transition be taken? A guard of the chart, resolved to one function. */
import { type AnyMachineSnapshot, type AnyStateMachine, and, not, or, stateIn } from 'xstate'
import { UnsupportedChartError } from './errors.js'
import type { GuardArgs } from './xstate.js'

/** Answers for the given context and event; `snapshot` is where the chart stands, which `stateIn` asks for. */
export type Guard = (args: GuardArgs, snapshot: AnyMachineSnapshot) => unknown

/**
 * Resolves an inline, named, parameterised or combined guard against the machine's implementations.
 *
 * @param where path of the state that owns the guard, for errors
 * @throws {UnsupportedChartError} the guard is named, but nobody implements it
 */
export function compileGuard(machine: AnyStateMachine, guard: unknown, where: string): Guard {
  if (typeof guard === 'function') return compileFunction(machine, guard as GuardFunction, undefined, where)
  const { type, params } = typeof guard === 'string' ? { type: guard } : (guard as Parameterised)
  const named = (machine.implementations.guards as Record<string, unknown>)[type]
  if (!named) throw new UnsupportedChartError(where, type, 'nobody implements this guard')
  if (typeof named !== 'function') return compileGuard(machine, named, where)
  return compileFunction(machine, named as GuardFunction, params, where)
}

function compileFunction(
  machine: AnyStateMachine,
  guard: GuardFunction,
  params: unknown,
  where: string,
): Guard {
  const { check } = guard
  if (!check) return withParams(guard, params)
  if (check === NOT) {
    const inner = compileGuard(machine, guard.guards![0], where)
    return (args, snapshot) => !inner(args, snapshot)
  }
  if (check === AND || check === OR) {
    const inner = guard.guards!.map((each) => compileGuard(machine, each, where))
    return check === AND
      ? (args, snapshot) => inner.every((holds) => holds(args, snapshot))
      : (args, snapshot) => inner.some((holds) => holds(args, snapshot))
  }
  if (check === STATE_IN) return compileStateIn(machine, guard.stateValue)
  return (args, snapshot) => check(snapshot, args, guard)
}

function withParams(guard: GuardFunction, params: unknown): Guard {
  if (params === undefined) return (args) => guard(args, undefined)
  if (typeof params === 'function') return (args) => guard(args, params(args))
  return (args) => guard(args, params)
}

function compileStateIn(machine: AnyStateMachine, stateValue: unknown): Guard {
  if (typeof stateValue === 'string' && stateValue.startsWith('#')) {
    const state = machine.getStateNodeById(stateValue)
    return (_args, snapshot) => snapshot._nodes.includes(state)
  }
  return (_args, snapshot) => snapshot.matches(stateValue as never)
}

interface Parameterised {
  readonly type: string
  readonly params?: unknown
}

interface GuardFunction {
  (args: GuardArgs, params: unknown): unknown
  readonly check?: (snapshot: AnyMachineSnapshot, args: GuardArgs, guard: GuardFunction) => unknown
  readonly guards?: readonly unknown[]
  readonly stateValue?: unknown
}

// XState's combinators are told apart by the function each of them checks with.
const checkOf = (guard: unknown) => (guard as GuardFunction).check
const NOT = checkOf(not('any'))
const AND = checkOf(and(['any']))
const OR = checkOf(or(['any']))
const STATE_IN = checkOf(stateIn('any'))
