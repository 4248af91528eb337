import { PlexusError } from './errors.js'

/** What a header list can be made from. */
export type HeadersInit =
  | HeaderFields
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>

/** What a header list counts against limits, bytes: names, values, and 32 for each field (RFC 9113 §6.5.2). */
export function sizeOfHeaders({ flat }: Pick<HeaderFields, 'flat'>): number {
  let size = flat.length * 16
  for (const text of flat) size += text.length
  return size
}

/**
 * An ordered list of header fields. Names are compared without case and kept in lower case; a name may occur more than
 * once. Values are strings of Latin-1 characters, one a byte. Nothing here is an object with keys from the wire, so a
 * header named `__proto__` is a header like any other (S10).
 */
export class HeaderFields implements Iterable<[name: string, value: string]> {
  static readonly NONE = new HeaderFields([])

  /** Takes name, value, name, value, … as they stand; names must be in lower case already. */
  static fromFlat(flat: readonly string[]): HeaderFields {
    // A copy is exact, where an array that grew by pushes has room for as many again; headers live with their stream.
    return flat.length === 0 ? HeaderFields.NONE : new HeaderFields(flat.slice())
  }

  static from(init: HeadersInit | undefined): HeaderFields {
    if (init === undefined) return HeaderFields.NONE
    if (init instanceof HeaderFields) return init
    if (typeof init !== 'object' || init === null) throw badHeaders('a list', init)
    const flat: string[] = []
    if (Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [string, string]>)
        flat.push(textOf(name).toLowerCase(), textOf(value))
    } else {
      for (const name of Object.keys(init)) {
        const value = init[name]
        if (value === undefined) continue
        const key = name.toLowerCase()
        if (Array.isArray(value)) for (const one of value) flat.push(key, textOf(one))
        else flat.push(key, textOf(value))
      }
    }
    return HeaderFields.fromFlat(flat)
  }

  /** name, value, name, value, … */
  readonly flat: readonly string[]

  private constructor(flat: readonly string[]) {
    this.flat = flat
  }

  /** How many fields, counting each repetition. */
  get size(): number {
    return this.flat.length / 2
  }

  /** The first value of `name`. */
  get(name: string): string | undefined {
    const { flat } = this
    const key = name.toLowerCase()
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === key) return flat[i + 1]
    return undefined
  }

  /** Every value of `name`, in order. */
  getAll(name: string): string[] {
    const { flat } = this
    const key = name.toLowerCase()
    const values: string[] = []
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === key) values.push(flat[i + 1]!)
    return values
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    const { flat } = this
    for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!]
  }

  /** The fields as pairs, for logs and JSON. */
  toJSON(): [name: string, value: string][] {
    return [...this]
  }
}

function textOf(given: unknown): string {
  if (typeof given === 'string') return given
  if (typeof given === 'number') return String(given)
  throw badHeaders('strings or numbers', given)
}

function badHeaders(wanted: string, given: unknown): PlexusError {
  const message = `expected ${wanted} for headers, got ${given === null ? 'null' : typeof given}`
  return new PlexusError(message, { scope: 'request', code: 'CANCEL', blame: 'application', processed: 'no' })
}
