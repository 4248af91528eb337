/** What does the chart look like? A Mermaid picture, drawn from the machine so that it cannot drift away from it. */
import type { AnyStateMachine } from 'xstate'
import { childrenOf } from './moves.js'
import { nameOfAction, nameOfEvent, nameOfGuard } from './names.js'
import type { State, Transition } from './xstate.js'

/**
 * Draws a machine as a Mermaid `stateDiagram-v2`: hierarchy, parallel regions side by side, initial and final states;
 * arrows say `event [guard] / actions`, states say what they do on entry, exit and without leaving. The same machine
 * gives the same text. Ids of states are their paths joined by `_`.
 */
export function draw(machine: AnyStateMachine): string {
  const picture = new Picture(machine.root as State)
  return ['stateDiagram-v2', ...picture.lines, ''].join('\n')
}

class Picture {
  readonly lines: readonly string[]
  readonly #ids = new Map<State, string>()

  constructor(root: State) {
    this.#name(root)
    this.lines = [...this.#state(root), ...this.#farArrows(root)].map((line) => `  ${line}`)
  }

  /** A state with all that is inside it. */
  #state(state: State): string[] {
    const id = this.#id(state)
    const does = doings(state)
    const children = childrenOf(state)
    if (!children.length) {
      const lines = [`state "${quote(state.key)}" as ${id}`, ...does.map((what) => `${id} : ${quote(what)}`)]
      return state.type === 'final' ? [...lines, `${id} --> [*]`] : lines
    }
    const title = [state.key, ...does].map(quote).join('<br/>')
    return [`state "${title}" as ${id} {`, ...this.#inside(state, children).map((line) => `  ${line}`), '}']
  }

  #inside(state: State, children: readonly State[]): string[] {
    if (state.type === 'parallel') {
      return children.flatMap((region, at) => (at ? ['--', ...this.#state(region)] : this.#state(region)))
    }
    const { target, actions } = state.initial
    const first = arrow('[*]', this.#id(target[0]!), effects(actions))
    const near = children.flatMap((child) => this.#arrows(child, true))
    return [first, ...children.flatMap((child) => this.#state(child)), ...near]
  }

  // Mermaid takes a state that an arrow names inside a composite for a part of it. So only arrows between siblings are
  // drawn inside; all others stand at the end, outside of everything.
  #farArrows(state: State): string[] {
    return [...this.#arrows(state, false), ...childrenOf(state).flatMap((child) => this.#farArrows(child))]
  }

  #arrows(state: State, near: boolean): string[] {
    return rowsOf(state).flatMap((row) =>
      (row.target ?? [])
        .filter((target) => isNear(state, target) === near)
        .map((target) => arrow(this.#id(state), this.#id(target), label(row))),
    )
  }

  #id(state: State): string {
    return this.#ids.get(state)!
  }

  /** Gives each state an id: its path, and a number if another path reads the same. */
  #name(state: State): void {
    const path = [state.machine.id, ...state.path].join('_').replace(/[^A-Za-z0-9]+/g, '_')
    const plain = path.replace(/^_+|_+$/g, '') || 'chart'
    const taken = new Set(this.#ids.values())
    let id = RESERVED.has(plain) ? `${plain}_` : plain
    for (let again = 2; taken.has(id); again++) id = `${plain}_${again}`
    this.#ids.set(state, id)
    for (const child of childrenOf(state)) this.#name(child)
  }
}

/** What a state does without leaving: entry, exit, and rows that have no target. */
function doings(state: State): string[] {
  return [
    ...(state.entry.length ? [`entry ${effects(state.entry)}`] : []),
    ...(state.exit.length ? [`exit ${effects(state.exit)}`] : []),
    ...rowsOf(state)
      .filter(({ target }) => !target?.length)
      .map(label),
  ]
}

const rowsOf = (state: State): Transition[] => [...state.transitions.values(), state.always ?? []].flat()

const isNear = ({ parent }: State, target: State) => parent?.type === 'compound' && parent === target.parent

function label(row: Transition): string {
  const guard = row.guard ? [`[${nameOfGuard(row.guard)}]`] : []
  const does = row.actions.length ? [effects(row.actions)] : []
  return [nameOfEvent(row), ...guard, ...(row.reenter ? ['(reenter)'] : []), ...does].join(' ')
}

const effects = (actions: readonly unknown[]) =>
  actions.length ? `/ ${actions.map(nameOfAction).join(', ')}` : ''

const arrow = (from: string, to: string, text: string) =>
  `${from} --> ${to}${text ? ` : ${quote(text)}` : ''}`

/** Characters with a meaning in Mermaid, as its entities. */
const quote = (text: string) =>
  text.replace(/\s+/g, ' ').replace(/[#;:"{}<>%&]/g, (character) => `#${character.charCodeAt(0)};`)

const RESERVED = new Set([
  'state',
  'note',
  'end',
  'direction',
  'default',
  'class',
  'classDef',
  'style',
  'hide',
  'click',
])
