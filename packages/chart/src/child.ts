import {
  Actor,
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  type RequiredActorOptionsKeys,
} from 'xstate'
import { CompiledActor } from './compiled-actor.js'
import { tables } from './table.js'
import { internalsOf } from './xstate.js'

/** Options of {@link createChild}: a parent that must be named, and input if the logic asks for it. */
export type ChildOptions<Logic extends AnyActorLogic> = Pick<ActorOptions<Logic>, 'id' | 'input'> & {
  readonly [Key in RequiredActorOptionsKeys<Logic>]: unknown
} & {
  /** Gets the child's done event, and its error event if it fails. It does not stop the child: that is its owner's duty. */
  readonly parent: AnyActorRef
  /** Called when the child fails, whether in its initial states or later. Default: only the parent hears of it. */
  readonly onError?: (error: unknown) => void
  /** Default `true`; `false` returns the actor unstarted, so that its owner can subscribe first. */
  readonly start?: boolean
}

/**
 * The one place where an actor is made for a parent. XState's `spawnChild` copies all children for each new one; this
 * costs the same for the ten-thousandth child as for the first.
 *
 * A child that fails tells its parent by an `xstate.error.actor.<id>` event and nobody else; a parent without a row for
 * it fails, too. Whoever subscribes to a child must give an `error` handler: XState throws what a subscriber does not
 * handle from a timer, which ends the process.
 */
export function createChild<Logic extends AnyActorLogic>(
  logic: Logic,
  options: ChildOptions<Logic>,
): Actor<Logic> {
  const child = tables.has(logic as never)
    ? (new CompiledActor(logic as never, options) as unknown as Actor<Logic>)
    : new Actor(logic, options as never)
  if (options.onError) child.subscribe({ error: options.onError })
  if (options.start === false) return child
  child.start()
  // It grew to hold the effects of the initial state, and would stay that long.
  const internals = internalsOf(child)
  internals._deferred.length = 0
  internals.options = STARTED
  return child
}

/** What a running actor still needs of what it was made with. */
const STARTED = {}
