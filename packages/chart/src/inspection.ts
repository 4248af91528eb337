/**
 * What an inspector is told while a chart steps. XState copies a notice before it hands it on, and only if someone
 * listens; so one object per kind is filled, sent and emptied again, and an unobserved chart allocates nothing here.
 */
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot } from 'xstate'
import type { System, Transition } from './xstate.js'

/** `@xstate.microstep`: `transitions` were selected by `event` and led to `snapshot`. */
export function tellMicrostep(
  system: System,
  actorRef: AnyActorRef,
  event: AnyEventObject,
  snapshot: AnyMachineSnapshot,
  transitions: readonly Transition[],
): void {
  microstep.actorRef = actorRef
  microstep.event = event
  microstep.snapshot = snapshot
  microstep._transitions = transitions
  system._sendInspectionEvent(microstep)
  microstep.actorRef = microstep.event = microstep.snapshot = microstep._transitions = undefined
}

/** `@xstate.action`: this action runs next, with these parameters. */
export function tellAction(system: System, actorRef: AnyActorRef, performed: Performed): void {
  action.actorRef = actorRef
  action.action = performed
  system._sendInspectionEvent(action)
  action.actorRef = action.action = undefined
}

export interface Performed {
  readonly type: string
  readonly params: unknown
}

const microstep: Record<string, unknown> = {
  type: '@xstate.microstep',
  actorRef: undefined,
  event: undefined,
  snapshot: undefined,
  _transitions: undefined,
}

const action: Record<string, unknown> = { type: '@xstate.action', actorRef: undefined, action: undefined }
