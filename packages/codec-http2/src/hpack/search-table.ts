import { DynamicTable } from './dynamic-table.js'
import { FIRST_DYNAMIC, STATIC_TABLE } from './static-table.js'
import { ENTRY_OVERHEAD, type TableEntry } from './table-entry.js'

/** An entry that knows where it is. */
export interface PlacedEntry extends TableEntry {
  /** Its index in the static table; 0 for one of the dynamic table. */
  readonly fixed: number
  /** How many were inserted before it, for one of the dynamic table. */
  readonly number: number
}

interface StaticName {
  readonly index: number
  readonly values: ReadonlyMap<string, PlacedEntry>
}

interface DynamicName {
  /** The one that leaves last. */
  newest: PlacedEntry
  /** All of them by value, once there were two: most names have one, and a map is not made for it. */
  values: Map<string, PlacedEntry> | undefined
}

const STATIC_NAMES: ReadonlyMap<string, StaticName> = indexStaticTable()

/**
 * Both tables as an encoder needs them: from a field to its index. Constant work; what is kept beside the dynamic table
 * is bounded by it.
 */
export class SearchTable {
  readonly #names = new Map<string, DynamicName>()
  readonly #table: DynamicTable<PlacedEntry>

  constructor(capacity: number) {
    this.#table = new DynamicTable<PlacedEntry>(capacity, (evicted) => this.#forget(evicted))
  }

  /** Most bytes in the dynamic table. */
  get capacity(): number {
    return this.#table.capacity
  }

  /** The dynamic table, newest entry first. */
  get entries(): DynamicTable<PlacedEntry> {
    return this.#table
  }

  /** The entry that is this field. */
  find(name: string, value: string): PlacedEntry | undefined {
    const fixed = STATIC_NAMES.get(name)?.values.get(value)
    if (fixed !== undefined) return fixed
    const named = this.#names.get(name)
    if (named === undefined) return undefined
    if (named.values !== undefined) return named.values.get(value)
    return named.newest.value === value ? named.newest : undefined
  }

  /** The index of `found` at the moment; 0 if it has left the table. */
  indexOf(found: PlacedEntry): number {
    if (found.fixed > 0) return found.fixed
    const age = this.#table.insertions - 1 - found.number
    return age < this.#table.length ? FIRST_DYNAMIC + age : 0
  }

  /** The index of an entry with this name, whatever its value; 0 if there is none. */
  indexOfName(name: string): number {
    const fixed = STATIC_NAMES.get(name)
    if (fixed !== undefined) return fixed.index
    const named = this.#names.get(name)
    return named === undefined ? 0 : this.indexOf(named.newest)
  }

  /** Inserts a field that {@link find} does not find and that is no larger than the table. */
  insert(name: string, value: string): PlacedEntry {
    const { insertions: number } = this.#table
    const size = name.length + value.length + ENTRY_OVERHEAD
    const inserted: PlacedEntry = { name, value, size, fixed: 0, number }
    this.#table.insert(inserted)
    const named = this.#names.get(name)
    if (named === undefined) this.#names.set(name, { newest: inserted, values: undefined })
    else {
      named.values ??= new Map().set(named.newest.value, named.newest)
      named.values.set(value, inserted)
      named.newest = inserted
    }
    return inserted
  }

  /** Changes the capacity, evicting what no longer fits. */
  resize(capacity: number): void {
    this.#table.resize(capacity)
  }

  #forget(evicted: PlacedEntry): void {
    const { newest, values } = this.#names.get(evicted.name)!
    if (newest === evicted) this.#names.delete(evicted.name)
    else values?.delete(evicted.value)
  }
}

function indexStaticTable(): Map<string, StaticName> {
  const names = new Map<string, { index: number; values: Map<string, PlacedEntry> }>()
  STATIC_TABLE.forEach((found, index) => {
    if (found === undefined) return
    let named = names.get(found.name)
    if (named === undefined) names.set(found.name, (named = { index, values: new Map() }))
    named.values.set(found.value, { ...found, fixed: index, number: 0 })
  })
  return names
}
