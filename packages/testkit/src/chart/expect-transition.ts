import type { AnyStateMachine, EventFromLogic, StateValue } from 'xstate'
import { show, showFrame } from '../peer/show.js'
import { type MachineOptions, type Outcome, outcomeOf, type Place, showState, snapshotAt } from './outcome.js'

/**
 * Begins a claim about one transition, which throws where it does not hold:
 *
 * `expectTransition(machine).from('idle').on({ type: 'request' }).goesTo('pumping').runs(['pump'])`
 */
export function expectTransition<Machine extends AnyStateMachine>(
  machine: Machine,
  options: MachineOptions<Machine> = {},
): { from(place: Place<Machine>): { on(event: EventFromLogic<Machine>): TransitionClaim } } {
  return {
    from(place) {
      const from = snapshotAt(machine, place, options)
      return { on: (event) => new TransitionClaim(showFrame(event), outcomeOf(machine, from, event)) }
    },
  }
}

/** What is claimed of a transition. Each call throws at once where it does not hold. */
export class TransitionClaim {
  readonly outcome: Outcome
  readonly #message: string

  constructor(message: string, outcome: Outcome) {
    this.#message = message
    this.outcome = outcome
  }

  /** It is then in `state`; a part of the value or a dotted path will do. */
  goesTo(state: StateValue): this {
    const { to } = this.outcome
    if (to.matches(state as never)) return this
    throw this.#failure(`to go to ${showState(state)}`, `went to ${showState(to.value)}`)
  }

  /** It is where it was. */
  stays(): this {
    const { from, to } = this.outcome
    if (showState(from.value) === showState(to.value)) return this
    throw this.#failure('to stay', `went to ${showState(to.value)}`)
  }

  /** These actions would run, and no others, in this order. */
  runs(actions: readonly string[]): this {
    const ran = this.outcome.actions
    if (ran.length === actions.length && ran.every((name, i) => name === actions[i])) return this
    throw this.#failure(`to run ${show(actions)}`, `ran ${show(ran)}`)
  }

  #failure(wanted: string, got: string): Error {
    const from = showState(this.outcome.from.value)
    return new Error(`in ${from} on ${this.#message}: wanted it ${wanted}, and it ${got}`)
  }
}
