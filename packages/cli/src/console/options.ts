import { InvalidArgumentError } from 'commander'
import { CHECK_NAMES, type CheckName } from '../echo/contract.js'

/** Readers of option values; what they throw becomes a usage error. */

export function count(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('Expected 0, 1, 2, …')
  return value
}

export function positive(text: string): number {
  const value = count(text)
  if (value === 0) throw new InvalidArgumentError('Expected 1, 2, 3, …')
  return value
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0) || value > MAX_SECONDS) throw new InvalidArgumentError('Expected seconds, more than 0.')
  return value
}

export function checkNames(text: string): CheckName[] {
  const names = text.split(',').filter((name) => name !== '')
  for (const name of names) {
    if (!(CHECK_NAMES as readonly string[]).includes(name)) {
      throw new InvalidArgumentError(`Expected names among ${CHECK_NAMES.join(', ')}.`)
    }
  }
  return names as CheckName[]
}

/** What a timer can hold. */
const MAX_SECONDS = 2_147_483
