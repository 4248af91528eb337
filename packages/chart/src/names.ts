/** What people call the guards, actions and events of a chart, in pictures and reports. */
import { and, not, or, stateIn } from 'xstate'
import type { State, Transition } from './xstate.js'

/** A state's path for people: the machine's id and the keys down to the state. */
export const pathOf = (state: State): string => [state.machine.id, ...state.path].join('.')

/** The event of a row; `always` and `onDone` where the row is written under that word. */
export function nameOfEvent({ eventType, source }: Transition): string {
  if (eventType === '') return 'always'
  return eventType === `xstate.done.state.${source.id}` ? 'onDone' : eventType
}

/** A guard in words: `hasRoom`, `above(3)`, `not isEmpty`, `isOpen and (hasRoom or isLast)`, `in live.open`. */
export function nameOfGuard(guard: unknown): string {
  if (typeof guard === 'string') return guard
  if (typeof guard !== 'function') return withParams(guard as Named)
  const { name, check, guards = [], stateValue } = guard as GuardFunction
  const inner = guards.map((each) => (isCompound(each) ? `(${nameOfGuard(each)})` : nameOfGuard(each)))
  if (check === checkOf(not(''))) return `not ${inner[0]}`
  if (check === checkOf(and(['']))) return inner.join(' and ') || 'true'
  if (check === checkOf(or(['']))) return inner.join(' or ') || 'false'
  if (check === checkOf(stateIn('')))
    return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`
  return name || 'inline'
}

/** An action in words: `wakeReader`, `count(2)`, `raise done`, `send windowUpdate`, `assign`. */
export function nameOfAction(action: unknown): string {
  if (typeof action === 'string') return action
  if (typeof action !== 'function') return withParams(action as Named)
  const { name, type, resolve, event } = action as unknown as ActionFunction
  if (!resolve) return name || 'inline'
  const verb = VERBS[type] ?? type.replace(/^xstate\./, '')
  const sent = (event as Named | undefined)?.type
  return sent === undefined ? verb : `${verb} ${sent}`
}

function withParams({ type, params }: Named): string {
  if (params === undefined) return type
  return typeof params === 'function' ? `${type}(…)` : `${type}(${JSON.stringify(params)})`
}

const isCompound = (guard: unknown): boolean =>
  typeof guard === 'function' && ((guard as GuardFunction).guards?.length ?? 0) > 1

const checkOf = (guard: unknown) => (guard as GuardFunction).check

const VERBS: Readonly<Record<string, string>> = { 'xstate.sendTo': 'send' }

interface Named {
  readonly type: string
  readonly params?: unknown
}

interface GuardFunction {
  readonly name: string
  readonly check?: unknown
  readonly guards?: readonly unknown[]
  readonly stateValue?: unknown
}

interface ActionFunction {
  readonly name: string
  readonly type: string
  readonly resolve?: unknown
  readonly event?: unknown
}
