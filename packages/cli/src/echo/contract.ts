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

/** Trailer: SHA-256 of the echoed body, hex. */
export const TRAILER_SHA256 = 'x-trailer-sha256'

/** The stream whose test bytes are pushed, and how many of them. */
export const PUSHED_STREAM = 9999
export const PUSHED_BYTES = 1024
