/** Charts against tables: state × message → next state and what the parts are asked to do, in order. */
import { compareWithInterpreter, compile, recordCoverage } from '@plexus/chart'
import fc from 'fast-check'
import { type AnyStateMachine, createActor, type EventObject, type StateValue } from 'xstate'
import type { Cause } from '../messages.js'

/** What guards read of the parts. */
export type Facts = Readonly<Record<string, unknown>>

/** A message, and what is true of the parts from then on. */
export interface Said<Message extends EventObject = EventObject> {
  readonly message: Message
  readonly facts?: Facts
}

/** What a table says of a chart: how its actors may begin, and all that they may be told, by name. */
export interface Subject {
  readonly starts: readonly Facts[]
  readonly messages: Readonly<Record<string, Said>>
}

/**
 * A row for each state, a cell for each message.
 *
 * `legal`: nothing happens. `refused`: no row of the chart lists it. Otherwise what the parts are asked to do; after an
 * arrow the next state, if it is another: `→ ended: settleReply, endInbox`.
 */
export type Table = Readonly<Record<string, Readonly<Record<string, string>> | typeof OVER>>

/** A message that no mailbox knows. */
export const STRANGER: Said = { message: { type: 'a stranger' } }

/** The row of a final state: whatever comes, nothing happens. */
export const OVER = 'is over'

/** Has every state that messages can lead to meet every message once. */
export function tableOf(logic: AnyStateMachine, subject: Subject): Table {
  const table: Record<string, Table[string]> = {}
  for (const { run, nexts } of statesOf(logic, subject)) {
    const cells = nexts.map(([name, next]) => [name, cellOf(run.state, next)])
    const isDeaf = run.isOver && cells.every(([, cell]) => cell === LEGAL)
    table[run.state] = isDeaf ? OVER : Object.fromEntries(cells)
  }
  return table
}

/** The tags of every state that messages can lead to. */
export function tagsOf(logic: AnyStateMachine, subject: Subject): Record<string, string> {
  return Object.fromEntries([...statesOf(logic, subject)].map(({ run }) => [run.state, run.tags]))
}

/** Starts a chart with these facts. @returns the cell of its start. */
export function startOf(logic: AnyStateMachine, facts: Facts): string {
  return cellOf('', new Run(logic, { starts: [], messages: {} }, facts))
}

/** The rows of the chart that no state needs for any message. */
export function deadRowsOf(machine: AnyStateMachine, ...subjects: Subject[]): string[] {
  const logic = compile(machine)
  const coverage = recordCoverage(logic)
  for (const subject of subjects) tableOf(logic, subject)
  coverage.stop()
  return coverage.missing().map(({ id }) => id)
}

/** Tells a chart the messages in any order, compiled and interpreted. @throws if anybody could tell the two apart. */
export function expectSameCompiled(machine: AnyStateMachine, { starts, messages }: Subject): void {
  const message = fc.constantFrom(...Object.values(messages)).map((said) => said.message)
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.array(message), (facts, sequence) => {
      const input = () => recordingParts(facts).parts
      const difference = compareWithInterpreter(machine, sequence, { input })
      if (difference !== undefined) throw new Error(JSON.stringify(difference, undefined, 2))
    }),
  )
}

/** Parts that write down what they are asked to do. */
function recordingParts(facts: Facts): {
  parts: never
  facts: Record<string, unknown>
  asked: string[]
} {
  const held = { ...facts }
  const asked: string[] = []
  const parts = new Proxy(held, {
    get: (known, name) =>
      typeof name === 'symbol' || name in known
        ? Reflect.get(known, name)
        : (...args: unknown[]) => void asked.push([name, ...args.flatMap(wordOf)].join(' ')),
  })
  return { parts: parts as never, facts: held, asked }
}

const LEGAL = 'legal'
const REFUSED = 'refused'

/** One actor on its way: a start, and what it was told. The way is walked anew for each step from it. */
class Run {
  readonly state: string
  readonly tags: string
  readonly isOver: boolean
  readonly said: readonly string[]
  /** What the parts were asked to do in the last step. */
  readonly asked: readonly string[]
  readonly #logic: AnyStateMachine
  readonly #subject: Subject
  readonly #start: Facts

  constructor(logic: AnyStateMachine, subject: Subject, start: Facts, said: readonly string[] = []) {
    this.#logic = logic
    this.#subject = subject
    this.#start = start
    this.said = said
    const { parts, facts, asked } = recordingParts(start)
    const actor = createActor(logic, { input: parts }).start()
    for (const name of said) {
      const { message, facts: change } = subject.messages[name]!
      Object.assign(facts, change)
      asked.length = 0
      actor.send(message)
    }
    const snapshot = actor.getSnapshot()
    this.state = nameOf(snapshot.value)
    this.tags = [...snapshot.tags].sort().join(', ')
    this.isOver = snapshot.status !== 'active'
    this.asked = asked
  }

  after(name: string): Run {
    return new Run(this.#logic, this.#subject, this.#start, [...this.said, name])
  }
}

/** All states, breadth first, and what each message makes of them. */
function* statesOf(
  logic: AnyStateMachine,
  subject: Subject,
): Generator<{ run: Run; nexts: [string, Run][] }> {
  const known = new Set<string>()
  const runs = subject.starts.map((facts) => new Run(logic, subject, facts))
  for (let run = runs.shift(); run !== undefined; run = runs.shift()) {
    if (known.has(run.state)) continue
    known.add(run.state)
    const from = run
    const nexts = Object.keys(subject.messages).map((name): [string, Run] => [name, from.after(name)])
    runs.push(...nexts.map(([, next]) => next))
    yield { run, nexts }
  }
}

function cellOf(before: string, { state, asked }: Run): string {
  const deeds = asked.join(', ')
  if (state === before && asked.length === 0) return LEGAL
  if (state === before && asked.length === 1 && deeds.startsWith('refuseMessage ')) return REFUSED
  const next = state === before ? [] : [`→ ${state}`]
  return [...next, ...(deeds === '' ? [] : [deeds])].join(': ')
}

/** `draining.local.said`; parallel regions side by side: `flowing ∥ ready`. */
function nameOf(value: StateValue): string {
  if (typeof value === 'string') return value
  const regions = Object.entries(value) as [string, StateValue][]
  if (regions.length > 1) return regions.map(([, region]) => nameOf(region)).join(' ∥ ')
  const [name, inside] = regions[0]!
  const isParallel = typeof inside === 'object' && Object.keys(inside).length > 1
  return isParallel ? nameOf(inside) : `${name}.${nameOf(inside)}`
}

/** Of an argument that is a word, the word; of a cause, its code. */
function wordOf(argument: unknown): string[] {
  if (typeof argument === 'string' || typeof argument === 'boolean') return [String(argument)]
  return isCause(argument) ? [argument.code] : []
}

function isCause(argument: unknown): argument is Cause {
  return typeof argument === 'object' && argument !== null && 'blame' in argument
}
