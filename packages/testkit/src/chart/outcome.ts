import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFromLogic,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
  type StateValue,
  transition,
} from 'xstate'

/** Where a machine is: a state's value or dotted path, or the messages that lead there from the start. */
export type Place<Machine extends AnyStateMachine> = StateValue | readonly EventFromLogic<Machine>[]

/** What the machine is made with; needed where it wants any. */
export interface MachineOptions<Machine extends AnyStateMachine> {
  readonly input?: InputFrom<Machine>
}

/** What a message does in a state: nothing is run for it, XState's pure `transition` tells. */
export interface Outcome {
  readonly from: AnyMachineSnapshot
  readonly to: AnyMachineSnapshot
  /** The actions it would run, by name, in order; XState's own as `send x`, `emit x`, `cancel`. */
  readonly actions: readonly string[]
}

/** The snapshot of a machine at `place`; in a state given by its value the context is that of the start. */
export function snapshotAt<Machine extends AnyStateMachine>(
  machine: Machine,
  place: Place<Machine>,
  options: MachineOptions<Machine> = {},
): AnyMachineSnapshot {
  const [start] = initialTransition(machine, options.input as never) as [SnapshotFrom<Machine>, unknown]
  if (!Array.isArray(place)) {
    const { context } = start as AnyMachineSnapshot
    return machine.resolveState({ value: stateValueOf(place as StateValue), context })
  }
  let snapshot = start
  for (const event of place as readonly EventFromLogic<Machine>[]) {
    snapshot = transition(machine, snapshot, event)[0]
  }
  return snapshot as AnyMachineSnapshot
}

export function outcomeOf<Machine extends AnyStateMachine>(
  machine: Machine,
  from: AnyMachineSnapshot,
  event: EventFromLogic<Machine>,
): Outcome {
  const [to, actions] = transition(machine, from as SnapshotFrom<Machine>, event)
  return { from, to: to as AnyMachineSnapshot, actions: (actions as readonly Run[]).map(nameOf) }
}

/** A state in one line: `live.opening`; regions in parallel as `live(receiving.flowing, sending.ready)`. */
export function showState(value: StateValue): string {
  if (typeof value === 'string') return value
  const parts = Object.entries(value).map(([key, inner]) => {
    const shown = showState(inner!)
    if (shown === '') return key
    return shown.startsWith('(') ? `${key}${shown}` : `${key}.${shown}`
  })
  return parts.length === 1 ? parts[0]! : `(${parts.join(', ')})`
}

interface Run {
  readonly type: string
  readonly params?: { readonly event?: { readonly type: string } } | undefined
}

function nameOf({ type, params }: Run): string {
  if (!type.startsWith('xstate.')) return type
  const verb = type === 'xstate.sendTo' ? 'send' : type.slice('xstate.'.length)
  const sent = params?.event?.type
  return sent === undefined ? verb : `${verb} ${sent}`
}

/** `a.b.c` as XState has it: `{ a: { b: 'c' } }`. */
function stateValueOf(place: StateValue): StateValue {
  if (typeof place !== 'string') return place
  return place
    .split('.')
    .reverse()
    .reduce<StateValue | undefined>(
      (inner, key) => (inner === undefined ? key : { [key]: inner }),
      undefined,
    )!
}
