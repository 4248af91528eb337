/**
 * What this package leans on inside XState 5.33 beyond its published types: names only. An upgrade of XState
 * starts here; the equality test (`equality.test.ts`) then tells whether the meaning held.
 */
import type {
  ActionArgs,
  ActorSystem,
  AnyActorRef,
  AnyActorScope,
  AnyEventObject,
  AnyStateNode,
  AnyTransitionDefinition,
  EventObject,
  MachineContext,
} from 'xstate'

/** A state of the chart, as XState's own tree of definitions holds it. */
export type State = AnyStateNode

/** A row of the chart: source, event, guard, targets, actions. */
export type Transition = AnyTransitionDefinition

/** What a custom action is called with. */
export type Args = ActionArgs<MachineContext, EventObject, EventObject>

/** What a guard is called with. */
export interface GuardArgs {
  readonly context: MachineContext
  readonly event: AnyEventObject
}

/** The actor system, with the two doors every interpreter of a chart goes through. */
export type System = ActorSystem<{ actors: Record<string, AnyActorRef> }> & {
  readonly _clock: unknown
  readonly _logger: unknown
  _bookId(): string
  _sendInspectionEvent(event: object): void
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void
}

/** What an actor lends its logic for one transition. */
export type Scope = Omit<AnyActorScope, 'self' | 'system'> & {
  readonly self: AnyActorRef & { readonly _processingStatus: number; readonly _parent?: AnyActorRef }
  readonly system: System
}

/** What an actor is made of: everything its constructor gives it. */
export interface Internals {
  logic: unknown
  _snapshot: unknown
  clock: unknown
  /** After the constructor only its `input` is read, by `start`. */
  options: unknown
  id: string
  /** Its class is not exported, and found at an actor. */
  mailbox: object
  observers: Set<unknown>
  eventListeners: Map<string, Set<(event: object) => void>>
  logger: unknown
  _processingStatus: number
  _parent: unknown
  _syncSnapshot: unknown
  ref: unknown
  systemId: unknown
  sessionId: string
  system: System
  _doneEvent: unknown
  src: unknown
  /** Effects that wait for the end of a turn; of the initial state, for the start. */
  _deferred: (() => void)[]
  _actorScope: unknown
  _process(event: AnyEventObject): void
  _initState(persisted: undefined): void
}

/** What takes events one by one. */
export type Mailbox = new (process: (event: AnyEventObject) => void) => object

export const internalsOf = (actor: object): Internals => actor as Internals

/** `_processingStatus` of an actor between `start` and its end. */
export const RUNNING = 1

export const INIT = 'xstate.init'
export const STOP = 'xstate.stop'
export const ERROR = 'xstate.error'
export const ERROR_FROM_ACTOR = 'xstate.error.actor'

/** The event that says: the final child of state `id` was entered. */
export const stateDone = (id: string, output?: unknown): AnyEventObject => ({
  type: `xstate.done.state.${id}`,
  output,
})

/** The event an actor sends its parent (or any other actor) when it failed. */
export const actorFailed = (id: string, error: unknown): AnyEventObject => ({
  type: `xstate.error.actor.${id}`,
  error,
  actorId: id,
})
