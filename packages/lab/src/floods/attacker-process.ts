import { type Assault, assault } from './attacker.js'
import { ATTACKS } from './cases/attacks.js'
import { answer } from './questions.js'

export type AttackerQuestion =
  /** The attack at this place in the table, once; the connection stays. */
  | { readonly what: 'attack'; readonly index: number; readonly port: number }
  /** Lets go of the connection of the last attack. */
  | { readonly what: 'leave' }

let last: Assault | undefined

answer(async (question: AttackerQuestion) => {
  if (question.what === 'leave') return last?.leave()
  last = await assault(ATTACKS[question.index]!, question.port)
  return { seen: last.seen, port: last.port }
})
