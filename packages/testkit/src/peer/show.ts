import { type Bytes, HeaderFields } from '@plexus/contract'

const SHOWN_BYTES = 48
const MAX_DEPTH = 3

/**
 * A frame, or what is wanted of one, on a line: `data 1 "hello" end`. Numbers and texts stand bare, flags appear when
 * they are set, everything else with its name.
 */
export function showFrame(frame: object): string {
  const { type, id, ...rest } = frame as Record<string, unknown>
  const words = [String(type)]
  if (id !== undefined) words.push(show(id))
  for (const [name, value] of Object.entries(rest)) {
    if (value === false || value === undefined) continue
    if (name === 'charge' || (name === 'padding' && value === 0)) continue
    if (value === true) words.push(name)
    else if (name === 'payload') words.push(show(value))
    else words.push(`${name}=${show(value)}`)
  }
  return words.join(' ')
}

/** A value in as few words as tell it from others; what lies deep is left out. */
export function show(value: unknown, depth = 0): string {
  if (value instanceof Uint8Array) return showBytes(value)
  if (value instanceof HeaderFields) return showFields([...value], depth)
  if (value instanceof RegExp) return String(value)
  if (typeof value === 'function') return value.name === '' ? 'what its function says' : value.name
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth > MAX_DEPTH) return '…'
  if (Array.isArray(value)) return `[${value.map((one) => show(one, depth + 1)).join(', ')}]`
  return showFields(Object.entries(value), depth)
}

function showFields(entries: readonly (readonly [string, unknown])[], depth: number): string {
  return `{${entries.map(([name, value]) => `${name}: ${show(value, depth + 1)}`).join(', ')}}`
}

function showBytes(bytes: Bytes): string {
  const head = bytes.subarray(0, SHOWN_BYTES)
  const isText = head.every((byte) => byte >= 0x20 && byte < 0x7f)
  const shown = isText
    ? JSON.stringify(String.fromCharCode(...head))
    : `0x${[...head].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return bytes.length > SHOWN_BYTES ? `${shown}… (${bytes.length} bytes)` : shown
}
