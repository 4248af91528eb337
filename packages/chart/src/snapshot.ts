/** What an actor shows of itself: the same fields and methods as XState's own snapshot of a machine. */
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type MachineContext,
  matchesState,
  type SnapshotStatus,
  type StateValue,
} from 'xstate'
import type { Configuration } from './configuration.js'
import type { State } from './xstate.js'

/**
 * Immutable. What depends on the active states alone (`value`, `tags`, `_nodes`) is shared by all snapshots of the
 * configuration. The methods are fields, as in XState: when an action throws, XState spreads the snapshot into a new
 * one with the status `error`, and the copy must still answer `matches`.
 */
export class ChartSnapshot {
  readonly status: SnapshotStatus
  readonly output: unknown
  readonly error: unknown
  readonly machine: AnyStateMachine
  readonly context: MachineContext
  readonly _nodes: State[]
  readonly value: StateValue
  readonly tags: Set<string>
  readonly children: Record<string, AnyActorRef> = NONE
  readonly historyValue: object = NONE
  readonly matches = matches
  readonly hasTag = hasTag
  readonly can = can
  readonly getMeta = getMeta
  readonly toJSON = toJSON
  readonly #configuration: Configuration

  constructor(
    machine: AnyStateMachine,
    configuration: Configuration,
    context: MachineContext,
    status: SnapshotStatus,
    output: unknown,
    error: unknown,
  ) {
    this.status = status
    this.output = output
    this.error = error
    this.machine = machine
    this.context = context
    this._nodes = configuration.states
    this.value = configuration.value
    this.tags = configuration.tags
    this.#configuration = configuration
  }

  /** The configuration a snapshot stands in; undefined for a snapshot that XState made or copied. */
  static configurationOf(snapshot: object): Configuration | undefined {
    return #configuration in snapshot ? snapshot.#configuration : undefined
  }
}

function matches(this: AnyMachineSnapshot, value: StateValue): boolean {
  return matchesState(value, this.value)
}

function hasTag(this: AnyMachineSnapshot, tag: string): boolean {
  return this.tags.has(tag)
}

function can(this: AnyMachineSnapshot, event: AnyEventObject): boolean {
  return this.machine
    .getTransitionData(this as never, event)
    .some((transition) => transition.target !== undefined || transition.actions.length > 0)
}

function getMeta(this: AnyMachineSnapshot): Record<string, unknown> {
  const withMeta = this._nodes.filter((state) => state.meta !== undefined)
  return Object.fromEntries(withMeta.map((state) => [state.id, state.meta]))
}

function toJSON(this: AnyMachineSnapshot): object {
  const { status, output, error, context, value, children, historyValue, tags } = this
  return { status, output, error, context, value, children, historyValue, tags: [...tags] }
}

const NONE = Object.freeze({})
