import {
  Actor,
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  type RequiredActorOptionsKeys,
  type Subscription,
} from 'xstate'
import { internalsOf } from './xstate.js'

/** Options of {@link createChild}: XState's own, with a parent that must be named, and input if the logic asks for it. */
export type ChildOptions<Logic extends AnyActorLogic> = Omit<ActorOptions<Logic>, 'parent' | 'inspect'> & {
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
  const child = new Child(logic, options as never)
  if (options.onError) child.subscribe({ error: options.onError })
  if (options.start === false) return child
  child.start()
  // It grew to hold the effects of the initial state, and would stay that long.
  const internals = internalsOf(child)
  internals._deferred.length = 0
  internals.options = STARTED
  return child
}

/** An actor that makes room for observers when the first one comes: most of ten thousand children never have any. */
class Child<Logic extends AnyActorLogic> extends Actor<Logic> {
  constructor(logic: Logic, options: ActorOptions<Logic>) {
    super(logic, options)
    const internals = internalsOf(this)
    // An inspector may have subscribed already.
    if (internals.observers.size === 0) internals.observers = NOBODY
    if (internals.eventListeners.size === 0) internals.eventListeners = NOTHING
    // XState keeps its defaults and ours in one more object, of a shape that V8 shares with no other: 390 bytes a child.
    // What it reads there after this is the input, which ours has too.
    internals.options = options
  }

  override subscribe(...args: unknown[]): Subscription {
    const internals = internalsOf(this)
    if (internals.observers === NOBODY) internals.observers = new Set()
    return (super.subscribe as (...args: unknown[]) => Subscription)(...args)
  }

  override on(...args: never): Subscription {
    const internals = internalsOf(this)
    if (internals.eventListeners === NOTHING) internals.eventListeners = new Map()
    return (super.on as (...args: unknown[]) => Subscription)(...(args as unknown[]))
  }
}

/** What a running actor still needs of what it was made with. */
const STARTED = {}

/** Of all children that have none; only ever read and cleared. */
const NOBODY = new Set<unknown>()
const NOTHING = new Map<unknown, unknown>()
