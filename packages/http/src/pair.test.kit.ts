import type { Limits, MuxSession } from '@plexus/contract'
import {
  frames,
  memoryPair,
  type ScriptedPeer,
  scriptedPeer,
  type VirtualClock,
  virtualHost,
} from '@plexus/testkit'
import { createSession, type PlexusSession, protocolOf } from 'plexus'
import type { ExchangeHandler } from './server/exchange.js'
import { httpStreams, type ServeOptions } from './server/serve.js'

/** The names of the protocols that both carry HTTP. */
export const PROTOCOLS = ['spdy', 'h2'] as const

/** What both kits take. */
export interface KitOptions extends ServeOptions {
  readonly limits?: Partial<Limits>
  /** Default `spdy`. */
  readonly protocol?: (typeof PROTOCOLS)[number]
}

export interface Pair {
  readonly clock: VirtualClock
  readonly client: PlexusSession
  readonly server: PlexusSession
}

/** Two sessions of ours, one of them serving `handler`, on a clock that the test turns. */
export function pairOf(handler: ExchangeHandler, options: KitOptions = {}): Pair {
  const host = virtualHost({ seed: 1 })
  const { clock } = host
  const [a, b] = memoryPair({ clock })
  const streams = httpStreams(handler, options)
  const shared = { codec: protocolOf(options.protocol ?? 'spdy'), host, limits: options.limits }
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
  options: KitOptions = {},
): Promise<{ clock: VirtualClock; session: MuxSession; peer: ScriptedPeer }> {
  const host = virtualHost({ seed: 1 })
  const { clock } = host
  const [carrier, far] = memoryPair({ clock })
  const protocol = protocolOf(options.protocol ?? 'spdy')
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
  if (protocol.traits.greeting) {
    await peer.sends(frames.settings(), frames.settings({}, { ack: true }))
    await peer.wants({ type: 'settings', ack: true })
  }
  return { clock, session, peer }
}

/** The four fields that open a request on HTTP/2. */
export function h2RequestOf(path = '/', more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ':method': 'GET', ':scheme': 'https', ':authority': 'example.test', ':path': path, ...more }
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
