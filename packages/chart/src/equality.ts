/** Does a compiled chart behave as under XState's own interpreter? Both are run side by side, and all that shows is compared. */
import {
  type Actor,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  fromTransition,
  type InspectionEvent,
  isMachineSnapshot,
} from 'xstate'
import { createChild } from './child.js'
import { compile } from './compile.js'
import type { Transition } from './xstate.js'

export interface ComparisonOptions {
  /** Makes the actor's input anew for each of the two runs, so that they share nothing. Default: no input. */
  readonly input?: () => unknown
}

/** Where two runs of a chart first part ways. */
export interface Difference {
  /** How many events both had read without a difference; 0: they differ from the start. */
  readonly after: number
  /** The event that showed it; undefined if starting the actor did. */
  readonly event: unknown
  /** What the interpreter showed: the snapshot and everything an inspector, an observer, the parent or a listener was told. */
  readonly interpreted: readonly string[]
  /** What the compiled chart showed. */
  readonly compiled: readonly string[]
}

/**
 * Runs a chart on the same events under the interpreter and compiled, each as the child of a parent that records what it
 * is sent. Compared after the start and after every event, in order: snapshots (value, context, status, tags, output,
 * error), microsteps with their transitions, actions with their parameters, messages to other actors, emitted events.
 *
 * Context is compared through plain objects, arrays, maps and sets; of an instance of a class only the class counts.
 *
 * @returns undefined if both runs are equal
 * @throws {UnsupportedChartError} the chart cannot be compiled
 */
export function compareWithInterpreter<Machine extends AnyStateMachine>(
  machine: Machine,
  events: readonly EventFromLogic<Machine>[],
  { input }: ComparisonOptions = {},
): Difference | undefined {
  const interpreted = new Run(machine, input?.())
  const compiled = new Run(compile(machine), input?.())
  const pairs = [undefined, ...events].map((event, after) => ({
    after: Math.max(0, after - 1),
    event,
    interpreted: interpreted.read(event),
    compiled: compiled.read(event),
  }))
  return pairs.find((pair) => pair.interpreted.join('\n') !== pair.compiled.join('\n'))
}

/** One actor, and a record of all that shows of it. */
class Run {
  readonly #actor: Actor<AnyStateMachine>
  readonly #record: string[] = []
  readonly #portraits = new WeakMap<object, unknown>()
  readonly #names = new Map<AnyActorRef, string>()

  constructor(logic: AnyStateMachine, input: unknown) {
    const parent = createActor(
      fromTransition((_, event) => void this.#note('parent', event), undefined),
      { inspect: (notice) => this.#inspect(notice), logger: (...logged) => this.#note('log', logged) },
    ).start()
    this.#actor = createChild(logic, {
      parent,
      id: 'subject',
      input,
      start: false,
      onError: (error) => this.#note('error', error),
    })
    this.#actor.on('*', (emitted) => this.#note('emitted', emitted))
    this.#actor.subscribe({
      next: (snapshot) => this.#note('next', snapshot),
      complete: () => this.#note('complete', undefined),
      error: () => {},
    })
  }

  /** Sends the event, or starts the actor if there is none; returns what showed since the last call. */
  read(event: object | undefined): readonly string[] {
    if (event) this.#actor.send(event as never)
    else this.#actor.start()
    const snapshot = this.#actor.getSnapshot()
    this.#note('snapshot', snapshot)
    this.#note('json', snapshot.toJSON())
    return this.#record.splice(0)
  }

  #inspect(notice: InspectionEvent): void {
    const { type, rootId: _, actorRef, ...facts } = notice
    this.#note(`${type} of ${this.#portray(actorRef)}`, facts)
  }

  #note(what: string, shown: unknown): void {
    this.#record.push(`${what}: ${JSON.stringify(this.#portray(shown))}`)
  }

  /** A picture of a value that is the same for both runs. */
  #portray(value: unknown, seen: readonly unknown[] = []): unknown {
    if (typeof value === 'function') return `function ${value.name}`
    if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (seen.includes(value)) return 'itself'
    const inside = [...seen, value]
    const portray = (each: unknown) => this.#portray(each, inside)
    if (isActor(value)) return this.#nameOf(value)
    if (isTransition(value))
      return `#${value.source.id} on '${value.eventType}' → ${value.target?.map((to) => to.id)}`
    if (isMachineSnapshot(value)) return this.#portrayOnce(value, portray)
    // XState and the compiler word what goes wrong around a guard differently; the last line is the guard's own.
    if (value instanceof Error) return value.message.split('\n').at(-1)
    if (Array.isArray(value)) return value.map(portray)
    if (value instanceof Set || value instanceof Map)
      return [value.constructor.name, ...[...value].map(portray)]
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return prototype.constructor.name
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, portray(each)]))
  }

  #portrayOnce(snapshot: AnyMachineSnapshot, portray: (shown: object) => unknown): unknown {
    let portrait = this.#portraits.get(snapshot)
    if (!portrait) this.#portraits.set(snapshot, (portrait = portray(visible(snapshot))))
    return portrait
  }

  #nameOf(actor: AnyActorRef): string {
    let name = this.#names.get(actor)
    if (!name) this.#names.set(actor, (name = `actor ${this.#names.size}`))
    return name
  }
}

const visible = ({ value, context, status, tags, output, error, _nodes }: AnyMachineSnapshot) => ({
  value,
  context,
  status,
  tags,
  output,
  error,
  states: _nodes.map((state) => state.id),
})

const isActor = (value: object): value is AnyActorRef => 'sessionId' in value && 'send' in value

const isTransition = (value: object): value is Transition => 'source' in value && 'eventType' in value
