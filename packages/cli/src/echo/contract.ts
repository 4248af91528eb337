/** The checks of the echo contract, in the order in which a probe runs them: nothing comes after a go-away. */
export const CHECK_NAMES = [
  'echo',
  'halfClose',
  'reset',
  'refuse',
  'trailers',
  'push',
  'ping',
  'goaway',
] as const

export type CheckName = (typeof CHECK_NAMES)[number]

/** Fields in the words of the session's protocol: SPDY has a version and a host, HTTP/2 an authority. */
export function inWordsOf<T>(protocol: string, fields: Readonly<Record<string, T>>): Record<string, T> {
  if (protocol.startsWith('spdy')) return fields
  const kept = Object.entries(fields).filter(([name]) => name !== ':version')
  return Object.fromEntries(kept.map(([name, value]) => [name === ':host' ? ':authority' : name, value]))
}

/** Checks of what a protocol does not have: only SPDY lets both sides open streams. */
export function checksWithout(protocol: string): readonly CheckName[] {
  return protocol === 'h2' ? ['push'] : []
}

/** Trailer: SHA-256 of the echoed body, hex. */
export const TRAILER_SHA256 = 'x-trailer-sha256'

/** The stream whose test bytes are pushed, and how many of them. */
export const PUSHED_STREAM = 9999
export const PUSHED_BYTES = 1024
