/** How does a protocol write a message's head? The names of its pseudo fields, and what stands in them. */
import type { MuxSession } from '@plexus/contract'

export interface HttpWire {
  /** Name of the pseudo field for host and port. */
  readonly authority: ':host' | ':authority'
  /** Heads carry `:version`, and `:status` has a reason phrase after the number (SPDY/3.1 §3.2). */
  readonly hasVersion: boolean
  /** A request without one of its pseudo fields is answered with 400 (SPDY/3.1 §3.2.1), not reset (RFC 9113 §8.1.1). */
  readonly answersIncomplete: boolean
  /** So is a malformed one (RFC 9112 §3, §3.2); elsewhere it resets its stream. */
  readonly answersMalformed: boolean
  /** Interim responses (1xx) can be sent before the final one. */
  readonly hasInterim: boolean
  /** CONNECT may say `:protocol` (RFC 8441). */
  readonly hasProtocol: boolean
}

export const SPDY_WIRE: HttpWire = {
  authority: ':host',
  hasVersion: true,
  answersIncomplete: true,
  answersMalformed: false,
  hasInterim: false,
  hasProtocol: false,
}

export const H2_WIRE: HttpWire = {
  authority: ':authority',
  hasVersion: false,
  answersIncomplete: false,
  answersMalformed: false,
  hasInterim: true,
  hasProtocol: true,
}

/** Requests of HTTP/1.1 that somebody has parsed: written as HTTP/2 does, refused as HTTP/1.1 does. */
export const HTTP1_WIRE: HttpWire = {
  ...H2_WIRE,
  hasProtocol: false,
  answersIncomplete: true,
  answersMalformed: true,
}

/** The wire of a session, by the name of its protocol. Protocols without forms of their own write as HTTP/2 does. */
export function wireOf({ protocol }: Pick<MuxSession, 'protocol'>): HttpWire {
  if (protocol === 'http/1.1') return HTTP1_WIRE
  return protocol.startsWith('spdy') ? SPDY_WIRE : H2_WIRE
}
