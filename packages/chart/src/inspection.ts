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

/** `@xstate.action`: the action of this type runs next, with these parameters. */
export function tellAction(system: System, actorRef: AnyActorRef, type: string, params: unknown): void {
  action.actorRef = actorRef
  action.action = { type, params }
  system._sendInspectionEvent(action)
  action.actorRef = action.action = undefined
}

const microstep: Record<string, unknown> = {
  type: '@xstate.microstep',
  actorRef: undefined,
  event: undefined,
  snapshot: undefined,
  _transitions: undefined,
}

const action: Record<string, unknown> = { type: '@xstate.action', actorRef: undefined, action: undefined }
