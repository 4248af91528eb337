import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { duplexCarrier, nodeHost, socketCarrier } from '@plexus/carrier-node'
import { type CreateSessionOptions, createSession, type PlexusSession } from '../session.js'

/**
 * Runs a session on a connection that is there already: one that HTTP/1.1 upgraded, one that was hijacked. What it has
 * received and nobody has read is the session's: `unshift` what was read too far.
 */
export function sessionOn(
  connection: Duplex,
  options: Omit<CreateSessionOptions, 'carrier' | 'host'>,
): PlexusSession {
  const carrier = connection instanceof Socket ? socketCarrier(connection) : duplexCarrier(connection)
  return createSession({ ...options, carrier, host: nodeHost })
}
