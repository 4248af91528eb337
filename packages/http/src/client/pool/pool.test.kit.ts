import type { Limits, Protocol, Traits } from '@plexus/contract'
import {
  frames,
  type MemoryCarrier,
  memoryPair,
  type ScriptedPeer,
  scriptedPeer,
  type VirtualClock,
  type VirtualHost,
  virtualHost,
} from '@plexus/testkit'
import { createSession, type PlexusSession, protocolOf } from 'plexus'
import type { ExchangeHandler } from '../../server/exchange.js'
import { httpStreams } from '../../server/serve.js'
import { HttpPool } from './http-pool.js'
import type { DialledSession, HttpPoolOptions, PoolEvent } from './options.js'
import type { PoolTarget } from './target.js'

/** How a test wants its dials to go: the nth, from 0. A throw is a dial that fails. */
export type OnDial = (dial: number, target: PoolTarget, signal: AbortSignal) => void | Promise<void>

export const PROTOCOLS = ['spdy', 'h2'] as const
export type ProtocolName = (typeof PROTOCOLS)[number]

export interface StageOptions extends Partial<HttpPoolOptions> {
  readonly onDial?: OnDial
  readonly isFor?: (target: PoolTarget) => boolean
  /** Default `spdy`. */
  readonly protocol?: ProtocolName | undefined
  readonly traits?: Partial<Traits>
  readonly limits?: Partial<Limits>
  readonly seed?: number
}

export interface Stage {
  readonly pool: HttpPool
  readonly host: VirtualHost
  readonly clock: VirtualClock
  readonly events: PoolEvent[]
  /** When each dial began, ms. */
  readonly dials: number[]
  /** Our end of each connection. */
  readonly carriers: MemoryCarrier[]
  readonly sessions: PlexusSession[]
}

/** A pool whose dials lead to peers that say what the test lets them say. No pings, unless asked for. */
export function peerStage(options: StageOptions = {}): Stage & { readonly peers: ScriptedPeer[] } {
  const peers: ScriptedPeer[] = []
  const protocol = protocolWith(options)
  const stage = stageWith(options, protocol, (far, clock) => {
    const peer = scriptedPeer({ protocol, role: 'server', carrier: far, clock })
    peers.push(peer.ignores({ type: 'settings' }, { type: 'window' }, { type: 'ping' }))
    if (protocol.traits.greeting) void peer.sends(frames.settings({}), frames.settings({}, { ack: true }))
  })
  return { ...stage, peers }
}

/** A pool whose dials lead to servers of ours. */
export function serverStage(
  handler: ExchangeHandler,
  options: StageOptions & { readonly serverLimits?: Partial<Limits> } = {},
): Stage & { readonly servers: PlexusSession[] } {
  const servers: PlexusSession[] = []
  const streams = httpStreams(handler)
  const protocol = protocolWith(options)
  const stage = stageWith(options, protocol, (carrier, clock, host) => {
    const server: PlexusSession = createSession({
      codec: protocol,
      host: { ...host, clock },
      limits: options.serverLimits,
      carrier,
      role: 'server',
      handler: (stream) => streams(stream, server),
    })
    servers.push(server)
  })
  return { ...stage, servers }
}

function stageWith(
  options: StageOptions,
  protocol: Protocol,
  onConnection: (far: MemoryCarrier, clock: VirtualClock, host: VirtualHost) => void,
): Stage {
  const { onDial, isFor, protocol: __, traits: _, limits, seed = 1, ...rest } = options
  const host = virtualHost({ seed })
  const { clock } = host
  const events: PoolEvent[] = []
  const dials: number[] = []
  const carriers: MemoryCarrier[] = []
  const sessions: PlexusSession[] = []
  const dial = async (target: PoolTarget, signal: AbortSignal): Promise<DialledSession> => {
    const number = dials.push(clock.now()) - 1
    await onDial?.(number, target, signal)
    const [near, far] = memoryPair({ clock, record: false })
    carriers.push(near)
    onConnection(far, clock, host)
    const session = createSession({ codec: protocol, host, limits, carrier: near, role: 'client' })
    sessions.push(session)
    return { session, ...(isFor && { isFor }) }
  }
  const pool = new HttpPool({
    dial,
    host,
    origin: 'https://example.test',
    pingIntervalMs: 0,
    observe: (event) => void events.push(event),
    ...rest,
  })
  return { pool, host, clock, events, dials, carriers, sessions }
}

/** The protocol, perhaps with some of its traits otherwise. */
function protocolWith({ protocol: name = 'spdy', traits }: StageOptions): Protocol {
  const protocol = protocolOf(name)
  if (traits === undefined) return protocol
  const changed = { ...protocol.traits, ...traits }
  return {
    traits: changed,
    create(options) {
      const codec = protocol.create(options)
      return new Proxy(codec, {
        get: (it, name) => {
          if (name === 'traits') return changed
          const value: unknown = Reflect.get(it, name)
          return typeof value === 'function' ? value.bind(it) : value
        },
      })
    },
  } as Protocol
}

/** A whole answer. */
export const ok = (id: number, protocol?: ProtocolName) => head(id, protocol, true)

/** The head of an answer, as the protocol has it. */
export const head = (id: number, protocol: ProtocolName = 'spdy', end = false) =>
  frames.reply(id, {
    headers: protocol === 'spdy' ? { ':status': '200 OK', ':version': 'HTTP/1.1' } : { ':status': '200' },
    end,
  })

/** What becomes of a request: its status, or the error's code and whether it may have been processed. */
export const fateOf = (asked: Promise<{ readonly status: number }>): Promise<string> =>
  asked.then(
    ({ status }) => String(status),
    ({ code, processed }: { code: string; processed: string }) => `${code}, processed: ${processed}`,
  )

/** Lets time pass until the promise has settled, and what it settles with. */
export async function inTime<T>(clock: VirtualClock, promise: Promise<T>, withinMs = 60_000): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  if (await clock.until(() => isSettled, withinMs)) return promise
  throw new Error(`expected it to settle within ${withinMs} ms, it waits`)
}

/** A promise's state, without waiting: what it gave, or undefined. */
export function watched<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    seen.value = value
  })
  return seen
}

/** Settles when the test says so. */
export function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

export const dialRefused = () => new Error('nobody is at home')
