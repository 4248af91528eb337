import type { Priority } from '@plexus/contract'

/** How urgent a stream is (RFC 9218 §4). */
export interface Urgency {
  readonly urgency: Priority
  readonly incremental: boolean
}

/** Where nothing is said (RFC 9218 §4.1, §4.2). */
export const DEFAULT_URGENCY: Urgency = { urgency: 3, incremental: false }

const MEMBER = /^[ \t]*([a-z*][a-z0-9_\-.*]*)(?:=([^,;]*))?(?:;[^,]*)?[ \t]*$/

/**
 * Reads a `priority` field: a dictionary in which `u` and `i` mean something (RFC 8941 §3.2). What is of the wrong type or out of range
 * counts as not said; of a member the last holds (RFC 9218 §4).
 */
export function readPriority(text: string): Urgency {
  let { urgency, incremental } = DEFAULT_URGENCY
  for (const member of text.split(',')) {
    const [, name, value] = MEMBER.exec(member) ?? []
    if (name === 'u' && value !== undefined && /^[0-7][ \t]*$/.test(value))
      urgency = Number(value) as Priority
    else if (name === 'i') {
      if (value === undefined || /^\?1[ \t]*$/.test(value)) incremental = true
      else if (/^\?0[ \t]*$/.test(value)) incremental = false
    }
  }
  return { urgency, incremental }
}

/** Writes one; empty where it would say nothing. */
export function writePriority(urgency: number, incremental: boolean): string {
  const parts: string[] = []
  if (urgency !== DEFAULT_URGENCY.urgency) parts.push(`u=${urgency}`)
  if (incremental) parts.push('i')
  return parts.join(', ')
}
