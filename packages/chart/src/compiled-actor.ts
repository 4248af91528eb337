/**
 * What is an actor of a compiled chart made of? XState's `Actor` in every method, without its constructor: that one copies
 * options into an object whose shape V8 shares with no other, and binds a closure to each actor for what a prototype can
 * hold. It took as long as all that a stream's chart then does.
 */
import { Actor, type AnyActorRef, type AnyStateMachine, type Subscription } from 'xstate'
import { type Internals, internalsOf, type Mailbox, RUNNING, type System } from './xstate.js'

interface Options {
  readonly parent: AnyActorRef
  readonly id?: string | undefined
  readonly input?: unknown
}

/** All of `Actor` but its constructor. */
class Methods {}
Object.setPrototypeOf(Methods.prototype, Actor.prototype)
const ActorMethods = Methods as new () => Actor<AnyStateMachine>

/**
 * It has the fields that `Actor` gives itself, but for `send`, which stays the prototype's; and makes room for observers
 * when the first one comes: most of ten thousand children never have any.
 */
export class CompiledActor extends ActorMethods {
  constructor(logic: AnyStateMachine, options: Options) {
    super()
    const actor = this as unknown as Internals
    const { parent } = options
    const { system, mailbox } = parent as unknown as Internals
    const sessionId = system._bookId()
    actor.logic = logic
    actor._snapshot = undefined
    actor.clock = system._clock
    // What XState reads there is the input.
    actor.options = options
    actor.id = options.id ?? sessionId
    actor.mailbox = new (mailbox.constructor as Mailbox)(actor._process.bind(actor))
    actor.observers = NOBODY
    actor.eventListeners = NOTHING
    actor.logger = system._logger
    actor._processingStatus = NOT_STARTED
    actor._parent = parent
    actor._syncSnapshot = undefined
    actor.ref = actor
    actor.systemId = undefined
    actor.sessionId = sessionId
    actor.system = system
    actor._doneEvent = undefined
    actor.src = logic
    actor._deferred = []
    actor._actorScope = new Scope(actor)
    system._sendInspectionEvent({ type: '@xstate.actor', actorRef: actor })
    actor._initState(undefined)
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

interface Performed {
  readonly type: string
  readonly info: unknown
  readonly params: unknown
  readonly exec?: (info: unknown, params: unknown) => void
}

/** What an actor lends its logic: of what XState's own has, all that a compiled chart asks for. */
class Scope {
  readonly self: Internals
  readonly id: string
  readonly sessionId: string
  readonly logger: unknown
  readonly system: System

  constructor(actor: Internals) {
    this.self = actor
    this.id = actor.id
    this.sessionId = actor.sessionId
    this.logger = actor.logger
    this.system = actor.system
  }

  defer(effect: () => void): void {
    this.self._deferred.push(effect)
  }

  emit(event: { readonly type: string }): void {
    const { eventListeners } = this.self
    const listeners = [...(eventListeners.get(event.type) ?? []), ...(eventListeners.get('*') ?? [])]
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        // As XState does with what no actor is to blame for: nobody's turn is broken, and nobody misses it.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  actionExecutor({ type, info, params, exec }: Performed): void {
    const perform = () => {
      this.system._sendInspectionEvent({
        type: '@xstate.action',
        actorRef: this.self,
        action: { type, params },
      })
      exec?.(info, params)
    }
    if (this.self._processingStatus === RUNNING) perform()
    else this.defer(perform)
  }
}

const NOT_STARTED = 0

/** Of all actors that have none; only ever read and cleared. */
const NOBODY = new Set<unknown>()
const NOTHING: Internals['eventListeners'] = new Map()
