/** What does this action do? Each action of the chart, resolved to one function of the turn it runs in. */
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  assign as assignAction,
  cancel,
  emit as emitAction,
  raise as raiseAction,
  sendParent,
  sendTo as sendToAction,
  spawnChild,
  stopChild,
} from 'xstate'
import { UnsupportedChartError } from './errors.js'
import { compileGuard } from './guards.js'
import { type Performed, tellAction } from './inspection.js'
import type { Turn } from './turn.js'
import { type Args, actorFailed, ERROR } from './xstate.js'

/** Runs within a turn: changes its context, raises events, or has an effect. */
export type Action = (turn: Turn) => void

/**
 * Resolves actions as a chart lists them: functions, names, `{type, params}`, and XState's built-in ones.
 * A name nobody implements stays, as in XState, an action that does nothing but show up in the inspector.
 *
 * @param where path of the state that owns the actions, for errors
 * @throws {UnsupportedChartError} a built-in action that needs timers or children of XState's own
 */
export function compileActions(
  machine: AnyStateMachine,
  actions: readonly unknown[],
  where: string,
): Action[] {
  return actions.map((action) => compileAction(machine, action, where))
}

/** What context factories and `assign` get as `spawn`. */
export const noSpawn = (where: string) => (): never => {
  throw new UnsupportedChartError(where, 'spawn', ADVICE['xstate.spawnChild']!)
}

function compileAction(machine: AnyStateMachine, action: unknown, where: string): Action {
  const inline = typeof action === 'function'
  const { type, params } = inline ? INLINE : typeof action === 'string' ? { type: action } : (action as Named)
  const run = inline ? action : (machine.implementations.actions as Record<string, unknown>)[type]
  const definition = run as Definition | undefined
  if (definition?.resolve) return compileBuiltIn(machine, definition, paramsFrom(params), where)
  return custom(inline ? action.name || '(anonymous)' : type, run as CustomAction | undefined, params)
}

function custom(type: string, run: CustomAction | undefined, given: unknown): Action {
  const paramsOf = typeof given === 'function' ? (given as (args: object) => unknown) : undefined
  const always: Performed = { type, params: given }
  return (turn) => {
    const { args, running, scope } = turn
    const performed = paramsOf
      ? { type, params: paramsOf({ context: args.context, event: args.event }) }
      : always
    if (running) {
      tellAction(scope.system, scope.self, performed)
      run?.(args, performed.params)
    } else {
      scope.actionExecutor({ type, info: args, params: performed.params as object, exec: run })
    }
  }
}

function compileBuiltIn(
  machine: AnyStateMachine,
  action: Definition,
  params: ParamsOf,
  where: string,
): Action {
  if (action.delay !== undefined) {
    throw new UnsupportedChartError(where, `${action.type} with a delay`, NO_TIMERS)
  }
  switch (action.type) {
    case 'xstate.assign':
      return assign(action, params, where)
    case 'xstate.raise':
      return raise(action, params)
    case 'xstate.sendTo':
      return sendTo(machine, action, params, where)
    case 'xstate.emit':
      return emit(action, params)
    case 'xstate.log':
      return log(action, params)
    case 'xstate.enqueueActions':
      return enqueueActions(machine, action, params, where)
  }
  throw new UnsupportedChartError(where, action.type, ADVICE[action.type] ?? 'nobody taught it this action')
}

function assign({ assignment }: Definition, paramsOf: ParamsOf, where: string): Action {
  const spawn = noSpawn(where)
  return (turn) => {
    const params = paramsOf(turn)
    const args = { ...turn.args, spawn }
    const change =
      typeof assignment === 'function'
        ? assignment(args, params)
        : Object.fromEntries(
            Object.entries(assignment as object).map(([key, given]) => [key, resolve(given, args, params)]),
          )
    turn.assign({ ...turn.context, ...change })
  }
}

function raise({ type, event: given, id }: Definition, paramsOf: ParamsOf): Action {
  return (turn) => {
    const event = resolve(given, turn.args, paramsOf(turn)) as AnyEventObject
    turn.raise(event)
    turn.perform(type, { event, id, delay: undefined }, nothing)
  }
}

function emit({ type, event: given }: Definition, paramsOf: ParamsOf): Action {
  return (turn) => {
    const event = resolve(given, turn.args, paramsOf(turn)) as AnyEventObject
    const { scope } = turn
    turn.perform(type, { event }, () => scope.defer(() => scope.emit(event)))
  }
}

function log({ type, value: given, label }: Definition, paramsOf: ParamsOf): Action {
  return (turn) => {
    const value = resolve(given, turn.args, paramsOf(turn))
    const { logger } = turn.scope
    turn.perform(type, { value, label }, () => (label ? logger(label, value) : logger(value)))
  }
}

function sendTo(machine: AnyStateMachine, action: Definition, paramsOf: ParamsOf, where: string): Action {
  const { type, to: addressee, event: message, id } = action
  if (typeof addressee === 'string' && addressee !== PARENT && addressee !== SELF) {
    throw new UnsupportedChartError(where, `sendTo('${addressee}')`, NO_CHILDREN)
  }
  return (turn) => {
    const { scope } = turn
    const params = paramsOf(turn)
    const event = resolve(message, turn.args, params) as AnyEventObject
    const target = resolve(addressee, turn.args, params)
    const to = actorNamed(target, turn)
    if (!to) throw new Error(`${machine.id} has nobody called '${target}' to send '${event.type}' to`)
    const targetId = typeof target === 'string' ? target : undefined
    const sent = event.type === ERROR ? actorFailed(scope.self.id, event.data) : event
    // Deferred to the end of the turn, so that the receiver meets the sender in its new state.
    turn.perform(type, { to, targetId, event, id, delay: undefined }, () =>
      scope.defer(() => scope.system._relay(scope.self, to, sent)),
    )
  }
}

function actorNamed(target: unknown, { scope }: Turn): AnyActorRef | undefined {
  if (typeof target !== 'string') return (target as AnyActorRef | undefined) ?? scope.self
  if (target === PARENT) return scope.self._parent
  return target === SELF ? scope.self : undefined
}

function enqueueActions(
  machine: AnyStateMachine,
  action: Definition,
  paramsOf: ParamsOf,
  where: string,
): Action {
  return (turn) => {
    const { args } = turn
    const queue: unknown[] = []
    const enqueue = (each: unknown) => void queue.push(each)
    for (const [name, create] of Object.entries(CREATORS)) {
      Object.assign(enqueue, { [name]: (...given: unknown[]) => enqueue(create(...given)) })
    }
    const check = (guard: unknown) => compileGuard(machine, guard, where)(args, turn.snapshot)
    action.collect!({ ...args, enqueue, check }, paramsOf(turn))
    for (const each of queue) compileAction(machine, each, where)(turn)
  }
}

const resolve = (given: unknown, args: object, params: unknown): unknown =>
  typeof given === 'function' ? given(args, params) : given

/** Parameters of a named action: absent, fixed, or asked for with the context and event of the moment. */
type ParamsOf = (turn: Turn) => unknown

function paramsFrom(given: unknown): ParamsOf {
  if (typeof given !== 'function') return () => given
  return ({ context, event }) => given({ context, event })
}

const nothing = () => {}

interface Named {
  readonly type: string
  readonly params?: unknown
}

const INLINE: Named = { type: '' }

type CustomAction = (args: Args, params: unknown) => void

/** A built-in action as XState's creators make it: a function that carries its own description. */
interface Definition {
  readonly type: string
  readonly resolve?: unknown
  readonly assignment?: unknown
  readonly event?: unknown
  readonly value?: unknown
  readonly label?: string
  readonly to?: unknown
  readonly id?: string
  readonly delay?: unknown
  readonly collect?: (args: object, params: unknown) => void
}

const PARENT = '#_parent'
const SELF = '#_internal'

const NO_CHILDREN = 'it has no children of its own; name the actor by a function of the context or the system'
const NO_TIMERS = 'it keeps no timers; let the owner of the clock send an event'

const ADVICE: Readonly<Record<string, string>> = {
  'xstate.cancel': NO_TIMERS,
  'xstate.spawnChild': 'it has no children of its own; make the actor with createChild',
  'xstate.stopChild': 'it has no children of its own; send the actor an event that ends it',
}

/** What `enqueue` offers besides taking an action itself. */
const CREATORS = {
  assign: assignAction,
  cancel,
  emit: emitAction,
  raise: raiseAction,
  sendParent,
  sendTo: sendToAction,
  spawnChild,
  stopChild,
} as unknown as Record<string, (...given: unknown[]) => unknown>
