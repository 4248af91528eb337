/** A field as a table holds it. Whoever decodes an index hands out these very strings: they are never made again. */
export interface TableEntry {
  readonly name: string
  readonly value: string
  /** What it counts in a table and against limits, bytes: name + value + 32 (RFC 7541 §4.1). */
  readonly size: number
}

/** What a field counts beside its name and value, bytes (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32

export function entry(name: string, value: string): TableEntry {
  return { name, value, size: name.length + value.length + ENTRY_OVERHEAD }
}
