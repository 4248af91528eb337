/** One turn of a chart: an event comes in, the chart moves until it is at rest. What is true meanwhile is kept here. */
import type { AnyEventObject, AnyMachineSnapshot, MachineContext } from 'xstate'
import type { Configuration } from './configuration.js'
import { tellAction } from './inspection.js'
import { type Args, type GuardArgs, RUNNING, type Scope } from './xstate.js'

/** Made for each turn and dropped with it. */
export class Turn {
  readonly scope: Scope
  /** Before `start` effects are handed to the actor, which performs them on start; afterwards they happen at once. */
  readonly running: boolean
  /** Where the chart stands between two steps. */
  snapshot: AnyMachineSnapshot
  at: Configuration
  /** The event of the current step; raised events have their steps one after the other. */
  event: AnyEventObject
  context: MachineContext
  /** Raised and done events that wait for the current step to end. */
  raised: readonly AnyEventObject[] = NONE
  /** Has the chart reached its end, and with what output? */
  done = false
  output: unknown
  #args: Args | undefined
  #guardArgs: GuardArgs | undefined

  constructor(scope: Scope, snapshot: AnyMachineSnapshot, at: Configuration, event: AnyEventObject) {
    this.scope = scope
    this.running = scope.self._processingStatus === RUNNING
    this.snapshot = snapshot
    this.at = at
    this.event = event
    this.context = snapshot.context
  }

  /** What actions are called with: one object for all that see the same context and event. */
  get args(): Args {
    const { context, event, scope } = this
    return (this.#args ??= { context, event, self: scope.self, system: scope.system } as Args)
  }

  /** What guards are called with. */
  get guardArgs(): GuardArgs {
    const { context, event } = this
    return (this.#guardArgs ??= { context, event })
  }

  /** Puts an event behind those that wait; most turns have none. */
  raise(event: AnyEventObject): void {
    this.raised = this.raised === NONE ? [event] : [...this.raised, event]
  }

  /** Turns to the first event that waits. */
  readRaised(): void {
    const { raised } = this
    this.event = raised[0]!
    this.raised = raised.length === 1 ? NONE : raised.slice(1)
    this.#args = this.#guardArgs = undefined
  }

  assign(context: MachineContext): void {
    this.context = context
    this.#args = this.#guardArgs = undefined
  }

  /** Performs an effect, at once or on start, and lets an inspector know. */
  perform(type: string, params: unknown, execute: () => void): void {
    if (this.running) {
      tellAction(this.scope.system, this.scope.self, { type, params })
      execute()
    } else {
      this.scope.actionExecutor({ type, info: this.args, params: params as object, exec: execute })
    }
  }
}

const NONE: readonly AnyEventObject[] = []
