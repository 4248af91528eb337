import { type Bytes, HeaderFields } from '@plexus/contract'

const SHOWN_BYTES = 48

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

export function show(value: unknown): string {
  if (value instanceof Uint8Array) return showBytes(value)
  if (value instanceof HeaderFields) return showFields([...value])
  if (value instanceof RegExp) return String(value)
  if (typeof value === 'function') return value.name === '' ? 'what its function says' : value.name
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null) return showFields(Object.entries(value))
  return String(value)
}

function showFields(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([name, value]) => `${name}: ${show(value)}`).join(', ')}}`
}

function showBytes(bytes: Bytes): string {
  const head = bytes.subarray(0, SHOWN_BYTES)
  const isText = head.every((byte) => byte >= 0x20 && byte < 0x7f)
  const shown = isText
    ? JSON.stringify(String.fromCharCode(...head))
    : `0x${[...head].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return bytes.length > SHOWN_BYTES ? `${shown}… (${bytes.length} bytes)` : shown
}
