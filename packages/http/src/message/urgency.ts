/** What does a `priority` field say? RFC 9218 §4, §8. */
import type { Priority } from '@plexus/contract'

/** What is not said stays as it was. */
export interface Urgency {
  /** 0 is the most urgent. */
  readonly urgency?: Priority
  /** Pieces of it are of use. */
  readonly incremental?: boolean
}

const MEMBER = /^[ \t]*([ui])(?:=([^,;]*))?(?:;[^,]*)?[ \t]*$/

/** Reads one; of a member the last holds, and what has the wrong type or is out of range was not said. */
export function readUrgency(text: string): Urgency {
  let said: Urgency = {}
  for (const member of text.split(',')) {
    const [, name, value] = MEMBER.exec(member) ?? []
    const word = value?.trim()
    if (name === 'u' && word !== undefined && /^[0-7]$/.test(word))
      said = { ...said, urgency: Number(word) as Priority }
    if (name === 'i' && (word === undefined || word === '?1' || word === '?0'))
      said = { ...said, incremental: word !== '?0' }
  }
  return said
}
