/** Charts at random, as plain data that prints and shrinks, and the machines they describe. */
import fc from 'fast-check'
import {
  type AnyActorRef,
  type AnyStateMachine,
  and,
  assign,
  createActor,
  createMachine,
  emit,
  enqueueActions,
  fromTransition,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  stateIn,
} from 'xstate'

/** What the actions and guards of a chart share; made anew for each run. */
export class Parts {
  /** What custom actions and guards noted, in order. */
  readonly trace: string[] = []
  /** Bounds what a chart may do without being asked, so that most charts come to rest. */
  fuel = 12
  readonly recorder: AnyActorRef = createActor(
    fromTransition((_, event) => void this.trace.push(`got ${event.type}`), undefined),
  ).start()
}

/** The machine a plan describes. Targets are indices into all states, in document order and modulo their number. */
export function build(plan: StatePlan): AnyStateMachine {
  const states: StatePlan[] = []
  const collect = (state: StatePlan) => {
    states.push(state)
    state.states.forEach(collect)
  }
  collect(plan)
  const idOf = (at: number) => `#s${at % states.length}`
  const parallel = states.filter(isParallel)

  const target = ({ to, split }: RowPlan): string | string[] | undefined => {
    const fork = split === undefined ? undefined : parallel[split % Math.max(1, parallel.length)]
    if (fork)
      return fork.states.slice(0, 2).map((region) => `#s${states.indexOf(region.states.at(-1) ?? region)}`)
    return to === undefined ? undefined : idOf(to)
  }
  const guardOf = (guard: GuardPlan): unknown => {
    if (typeof guard === 'string') return guard
    if ('not' in guard) return not(guardOf(guard.not) as never)
    if ('and' in guard) return and(guard.and.map(guardOf) as never)
    if ('or' in guard) return or(guard.or.map(guardOf) as never)
    if ('within' in guard) return stateIn(idOf(guard.within))
    if ('under' in guard) return stateIn(`s${guard.under % states.length}`)
    return { type: 'above', params: guard.dynamic ? ({ context }: Both) => context.n - 1 : guard.above }
  }
  const row = (rowPlan: RowPlan, careful: boolean): object => {
    const guards = [...(careful && !rowPlan.reckless ? ['hasFuel'] : []), ...rowPlan.guard.map(guardOf)]
    return {
      target: target(rowPlan),
      reenter: rowPlan.reenter,
      actions: rowPlan.actions.map(actionOf),
      ...(guards.length > 1 ? { guard: and(guards as never) } : guards.length ? { guard: guards[0] } : {}),
    }
  }
  const careful = (event: string) => event.endsWith('*') || event.startsWith('r')
  const stateOf = (state: StatePlan): object => {
    const inner = state.states.map((child) => [`s${states.indexOf(child)}`, stateOf(child)] as const)
    const first = inner[state.initial % Math.max(1, inner.length)]?.[0]
    const initial = state.initialActions.length
      ? { target: first, actions: state.initialActions.map(actionOf) }
      : first
    return {
      id: `s${states.indexOf(state)}`,
      ...(inner.length ? { states: Object.fromEntries(inner) } : {}),
      ...(isParallel(state)
        ? { type: 'parallel' }
        : inner.length
          ? { initial }
          : state.final
            ? { type: 'final' }
            : {}),
      entry: state.entry.map(actionOf),
      exit: state.exit.map(actionOf),
      tags: state.tags,
      meta: { tags: state.tags },
      on: Object.fromEntries(
        state.on.map(({ event, rows }) => [
          event,
          rows ? rows.map((each) => row(each, careful(event))) : undefined,
        ]),
      ),
      ...(state.always.length ? { always: state.always.map((each) => row(each, true)) } : {}),
      ...(state.onDone.length ? { onDone: state.onDone.map((each) => row(each, true)) } : {}),
      ...(state.output ? { output: ({ context, event }: Both) => `${event.type} ${context.n}` } : {}),
    }
  }
  return createMachine(
    {
      ...stateOf(plan),
      id: 's0',
      options: { maxIterations: 30 },
      context: ({ input }: { input: Parts }) => ({ n: 0, parts: input }),
    } as never,
    implementations as never,
  )
}

/** Events that outsiders send. */
export const eventTypes = ['e0', 'e1', 'e2', 'a', 'a.b', 'a.b.c', 'r0', 'unheard'] as const

export interface StatePlan {
  readonly states: readonly StatePlan[]
  readonly parallel: boolean
  readonly final: boolean
  readonly initial: number
  readonly initialActions: readonly ActionPlan[]
  readonly entry: readonly ActionPlan[]
  readonly exit: readonly ActionPlan[]
  readonly tags: readonly string[]
  readonly on: readonly { event: string; rows: readonly RowPlan[] | undefined }[]
  readonly always: readonly RowPlan[]
  readonly onDone: readonly RowPlan[]
  readonly output: boolean
}

export interface RowPlan {
  readonly to: number | undefined
  /** Two targets, in two regions of this parallel state, if there is one. */
  readonly split: number | undefined
  readonly reenter: boolean
  readonly guard: readonly GuardPlan[]
  readonly actions: readonly ActionPlan[]
  /** May run for ever. */
  readonly reckless: boolean
}

export type GuardPlan =
  | 'isEven'
  | 'isSmall'
  | 'isOddAlias'
  | 'breaks'
  | { not: GuardPlan }
  | { and: readonly GuardPlan[] }
  | { or: readonly GuardPlan[] }
  | { within: number }
  | { under: number }
  | { above: number; dynamic: boolean }

export type ActionPlan = { do: keyof typeof creators; with: number }

/** Charts up to three levels deep. */
export const chartPlan = (): fc.Arbitrary<StatePlan> => statePlan(3)

const isParallel = (state: StatePlan) => state.parallel && state.states.length > 0

const some = <T>(what: fc.Arbitrary<T>, most: number) => fc.array(what, { maxLength: most })
const rarely = (weight: number) => fc.nat(99).map((n) => n >= 100 - weight)
const maybe = <T>(what: fc.Arbitrary<T>, weight: number) =>
  fc.oneof({ weight: 100 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary: what })

function statePlan(depth: number): fc.Arbitrary<StatePlan> {
  return fc.record({
    states: depth
      ? fc.array(statePlan(depth - 1), { maxLength: 3, minLength: depth === 3 ? 1 : 0 })
      : fc.constant([]),
    parallel: rarely(40),
    final: rarely(30),
    initial: fc.nat(2),
    initialActions: some(actionPlan(), 1),
    entry: some(actionPlan(), 2),
    exit: some(actionPlan(), 1),
    tags: fc.subarray(['busy', 'open', 'late']),
    on: some(
      fc.record({
        event: fc.constantFrom(...descriptors),
        rows: maybe(fc.array(rowPlan(), { maxLength: 2 }), 95),
      }),
      3,
    ),
    always: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(rowPlan(), 2) }),
    onDone: some(rowPlan(), 1),
    output: fc.boolean(),
  })
}

const rowPlan = (): fc.Arbitrary<RowPlan> =>
  fc.record({
    to: maybe(fc.nat(30), 80),
    split: maybe(fc.nat(3), 15),
    reenter: rarely(25),
    guard: some(guardPlan, 1),
    actions: some(actionPlan(), 2),
    reckless: rarely(2),
  })

const { guard: guardPlan } = fc.letrec<{ guard: GuardPlan }>((tie) => ({
  guard: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 40, arbitrary: fc.constantFrom<GuardPlan>('isEven', 'isSmall', 'isOddAlias') },
    { weight: 10, arbitrary: fc.record({ above: fc.nat(3), dynamic: fc.boolean() }) },
    { weight: 10, arbitrary: fc.record({ within: fc.nat(30) }) },
    { weight: 5, arbitrary: fc.record({ under: fc.nat(30) }) },
    { weight: 5, arbitrary: fc.record({ not: tie('guard') }) },
    { weight: 5, arbitrary: fc.record({ and: fc.array(tie('guard'), { maxLength: 2 }) }) },
    { weight: 5, arbitrary: fc.record({ or: fc.array(tie('guard'), { maxLength: 2 }) }) },
    { weight: 1, arbitrary: fc.constant<GuardPlan>('breaks') },
  ),
}))

const actionPlan = (): fc.Arbitrary<ActionPlan> =>
  fc.record({
    do: fc.oneof(
      { weight: 40, arbitrary: fc.constantFrom(...(Object.keys(creators) as ActionPlan['do'][])) },
      { weight: 20, arbitrary: fc.constant<ActionPlan['do']>('note') },
    ),
    with: fc.nat(20),
  })

const descriptors = [
  'e0',
  'e1',
  'e2',
  'a',
  'a.b',
  'a.b.c',
  'a.*',
  'a.b.*',
  '*',
  'r0',
  'r1',
  'xstate.done.*',
] as const

interface Both {
  readonly context: { n: number; parts: Parts }
  readonly event: { type: string }
}

const actionOf = (plan: ActionPlan): unknown => creators[plan.do](plan.with)

const spend = ({ context }: Both) => context.parts.fuel-- > 0
const raised = (n: number) => ({ type: `r${n % 2}`, n })

const creators = {
  note: (n: number): unknown => ({ type: 'note', params: n }),
  noteDynamically: (): unknown => ({
    type: 'note',
    params: ({ context, event }: Both) => [context.n, event.type],
  }),
  inline: (n: number): unknown =>
    function inline({ context, event }: Both) {
      context.parts.trace.push(`inline ${n} ${event.type} ${context.n}`)
    },
  nobodyImplements: (): unknown => 'nobodyImplements',
  count: (): unknown => 'count',
  countBy: (n: number): unknown => ({ type: 'countBy', params: n }),
  assign: (): unknown => assign({ n: ({ context }: Both) => context.n + 1 } as never),
  assignNothing: (): unknown => assign({}),
  raise: (n: number): unknown => raise((args) => (spend(args as never) ? raised(n) : { type: 'exhausted' })),
  emit: (n: number): unknown => emit(({ context }: Both) => ({ type: `emitted${n}`, n: context.n }) as never),
  log: (n: number): unknown => log(({ context }) => [context, n], 'label'),
  sendTo: (n: number): unknown => sendTo(({ context }: Both) => context.parts.recorder, { type: `sent${n}` }),
  sendSelf: (n: number): unknown => {
    const to = (args: Both & { self: AnyActorRef }) => (spend(args) ? args.self : args.context.parts.recorder)
    return sendTo(to as never, raised(n) as never)
  },
  sendParent: (n: number): unknown => sendParent(({ event }: Both) => ({ type: `told${n}`, by: event.type })),
  enqueue: (n: number): unknown =>
    enqueueActions((args) => {
      args.enqueue({ type: 'note', params: `enqueued ${n}` } as never)
      if (args.check('isEven' as never))
        args.enqueue.assign({ n: ({ context }: Both) => context.n + n } as never)
      args.enqueue('count' as never)
      if (spend(args as never)) args.enqueue.raise(raised(n))
      if (args.check(stateIn('#s1'))) args.enqueue.emit({ type: 'within' } as never)
    }),
  fail: (n: number): unknown => ({ type: n > 18 ? 'fail' : 'note', params: n }),
}

const implementations = {
  actions: {
    note: ({ context, event }: Both, params: unknown) =>
      context.parts.trace.push(`note ${params} ${event.type} ${context.n}`),
    count: assign({ n: ({ context }: Both) => context.n + 1 } as never),
    countBy: assign((({ context }: Both, by: number) => ({ n: context.n + by })) as never),
    fail: () => {
      throw new Error('failed')
    },
  },
  guards: {
    hasFuel: (args: Both) => spend(args),
    isEven: ({ context, event }: Both) => {
      context.parts.trace.push(`isEven ${event.type}`)
      return context.n % 2 === 0
    },
    isSmall: ({ context }: Both) => context.n < 3,
    isOddAlias: not('isEven'),
    above: ({ context }: Both, limit: number) => context.n > limit,
    breaks: () => {
      throw new Error('guard broke')
    },
  },
}
