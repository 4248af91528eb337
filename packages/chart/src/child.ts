import { type Actor, type ActorOptions, type AnyActorLogic, type AnyActorRef, createActor } from 'xstate'

/** Options of {@link createChild}: XState's own, with a parent that must be named. */
export type ChildOptions<Logic extends AnyActorLogic> = Omit<ActorOptions<Logic>, 'parent' | 'inspect'> & {
  /** Gets the child's done event, and its error event if it fails. It does not stop the child: that is its owner's duty. */
  readonly parent: AnyActorRef
  /** Called when the child fails, whether in its initial states or later. Default: the parent's error event is enough. */
  readonly onError?: (error: unknown) => void
  /** Default `true`; `false` returns the actor unstarted, so that its owner can subscribe first. */
  readonly start?: boolean
}

/**
 * The one place where an actor is made for a parent. XState's `spawnChild` copies all children for each new one; this
 * costs the same for the ten-thousandth child as for the first.
 *
 * The child is observed before it starts: XState throws an error nobody observes from a timer, which ends the process.
 */
export function createChild<Logic extends AnyActorLogic>(
  logic: Logic,
  options: ChildOptions<Logic>,
): Actor<Logic> {
  const { onError = ignore, start = true, ...given } = options
  const child = createActor(logic, given as never) as Actor<Logic>
  child.subscribe({ error: onError })
  return start ? child.start() : child
}

const ignore = () => {}
