import { spdy } from '@plexus/codec-spdy'
import type { Limits, MuxSession } from '@plexus/contract'
import { memoryPair, type ScriptedPeer, scriptedPeer, type VirtualClock, virtualHost } from '@plexus/testkit'
import { createSession, type PlexusSession } from 'plexus'
import type { ExchangeHandler } from './server/exchange.js'
import { httpStreams, type ServeOptions } from './server/serve.js'

export interface Pair {
  readonly clock: VirtualClock
  readonly client: PlexusSession
  readonly server: PlexusSession
}

/** Two sessions of ours, one of them serving `handler`, on a clock that the test turns. */
export function pairOf(
  handler: ExchangeHandler,
  options: ServeOptions & { limits?: Partial<Limits> } = {},
): Pair {
  const host = virtualHost({ seed: 1 })
  const { clock } = host
  const [a, b] = memoryPair({ clock })
  const streams = httpStreams(handler, options)
  const shared = { codec: spdy(), host, limits: options.limits }
  const server: PlexusSession = createSession({
    ...shared,
    carrier: b,
    role: 'server',
    handler: (stream) => streams(stream, server),
  })
  return { clock, client: createSession({ ...shared, carrier: a, role: 'client' }), server }
}

/** A session of ours and a peer that says what the test lets it say, frame by frame. */
export async function stageOf(
  role: 'client' | 'server',
  handler: ExchangeHandler = () => {},
  options: ServeOptions & { limits?: Partial<Limits> } = {},
): Promise<{ clock: VirtualClock; session: MuxSession; peer: ScriptedPeer }> {
  const host = virtualHost({ seed: 1 })
  const { clock } = host
  const [carrier, far] = memoryPair({ clock })
  const protocol = spdy()
  const peer = scriptedPeer({ protocol, role: role === 'server' ? 'client' : 'server', carrier: far, clock })
  const streams = httpStreams(handler, options)
  const session: PlexusSession = createSession({
    codec: protocol,
    carrier,
    role,
    host,
    limits: options.limits,
    ...(role === 'server' && { handler: (stream) => streams(stream, session) }),
  })
  await peer.wants({ type: 'settings' })
  await peer.wants({ type: 'window', id: 0 })
  return { clock, session, peer }
}

/** The five fields that open a request on SPDY. */
export function requestOf(path = '/', more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ':method': 'GET',
    ':path': path,
    ':version': 'HTTP/1.1',
    ':host': 'example.test',
    ':scheme': 'https',
    ...more,
  }
}
