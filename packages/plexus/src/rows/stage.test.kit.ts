import { type SpdyProfile, spdy } from '@plexus/codec-spdy'
import type {
  Limits,
  MuxStream,
  PlexusError,
  Priority,
  Protocol,
  Role,
  SessionEvent,
  StreamHandler,
  Traits,
} from '@plexus/contract'
import { type ChartMode, Session, type SessionOptions } from '@plexus/engine'
import {
  frames,
  type MemoryCarrier,
  type MemoryPairOptions,
  memoryPair,
  type ScriptedPeer,
  scriptedPeer,
  type VirtualClock,
  virtualHost,
} from '@plexus/testkit'

/** Every row holds under both: for `describe.each`. */
export const CHART_MODES: readonly ChartMode[] = ['compiled', 'interpreted']

/** Both chart modes, each in both roles, for rows that hold whoever we are. */
export const CASTS: readonly { readonly charts: ChartMode; readonly role: Role }[] = CHART_MODES.flatMap(
  (charts) => (['server', 'client'] as const).map((role) => ({ charts, role })),
)

export interface StageOptions extends Partial<Omit<MemoryPairOptions, 'clock'>> {
  /** Default `compiled`. */
  readonly charts?: ChartMode
  /** Of the session; the peer has the other one. Default `server`. */
  readonly role?: Role
  /** Default `spdy31`. */
  readonly profile?: SpdyProfile
  /** Instead of `spdy({ profile })`, for both ends. */
  readonly protocol?: Protocol
  readonly limits?: Partial<Limits>
  readonly handler?: StreamHandler
  readonly inspect?: SessionOptions['inspect']
  /** Default 1. */
  readonly seed?: number
}

/** One session and the far end of its dialogue, on a clock that the test turns. */
export interface Stage {
  readonly clock: VirtualClock
  readonly session: Session
  readonly peer: ScriptedPeer
  /** The session's end; its `outgoing` lane can be looked into, stalled and cut. */
  readonly carrier: MemoryCarrier
  /** What the session told its observer. */
  readonly events: SessionEvent[]
  /** The next stream that the peer opened; for a session without a handler. */
  accept(): Promise<MuxStream>
  /** A stream that the client opened and the server replied to, whichever of the two the session is. */
  begin(said?: { readonly priority?: Priority }): Promise<MuxStream>
}

/** Sets the stage. The peer has heard the session's greeting when the dialogue begins. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const set = bareStage(options)
  const { session, peer } = set
  const { settings, sessionWindow, initialSessionWindow } = session.traits
  if (settings) await peer.wants({ type: 'settings' })
  if (sessionWindow && session.limits.sessionReceive > initialSessionWindow)
    await peer.wants({ type: 'window', id: 0 })
  return set
}

/** The same before anything was said, for a carrier that may not even bring the greeting. */
export function bareStage(options: StageOptions = {}): Stage {
  const { charts, role = 'server', profile = 'spdy31', limits, handler, inspect, seed, ...pair } = options
  const protocol = options.protocol ?? spdy({ profile })
  const host = virtualHost({ seed: seed ?? 1 })
  const { clock } = host
  const [carrier, far] = memoryPair({ ...pair, clock })
  const peer = scriptedPeer({ protocol, role: role === 'server' ? 'client' : 'server', carrier: far, clock })
  const events: SessionEvent[] = []
  const observe = (event: SessionEvent) => void events.push(event)
  const session = new Session({ protocol, carrier, role, host, limits, handler, charts, inspect, observe })

  const accept = () => nextOf(session)
  let nextId = 1
  const begin: Stage['begin'] = async (said = {}) => {
    const id = nextId
    nextId += 2
    if (role === 'client') {
      const stream = await session.open(said)
      await peer.wants({ type: 'open', id })
      await peer.sends(frames.reply(id))
      return stream
    }
    await peer.sends(frames.open(id, said))
    const stream = await accept()
    stream.reply()
    await peer.wants({ type: 'reply', id })
    return stream
  }
  return { clock, session, peer, carrier, events, accept, begin }
}

/** `protocol`, with some of its traits otherwise. */
export function withTraits(protocol: Protocol, changes: Partial<Traits>): Protocol {
  const traits = { ...protocol.traits, ...changes }
  const create: Protocol['create'] = (options) => {
    const codec = protocol.create(options)
    return {
      traits,
      decode: (chunk, emit) => codec.decode(chunk, emit),
      encode: (frame, out) => codec.encode(frame, out),
      checkHeaders: (headers, end) => codec.checkHeaders(headers, end),
      encodeData: (id, payload, end, out) => codec.encodeData(id, payload, end, out),
      close: () => codec.close(),
    }
  }
  return { traits, create }
}

async function nextOf(session: Session): Promise<MuxStream> {
  const { value } = await session[Symbol.asyncIterator]().next()
  if (value === undefined) throw new Error('the session ended, and no more streams come')
  return value
}

/** The error that `promise` rejects with; fails where it settles well. */
export async function failureOf(promise: Promise<unknown>): Promise<PlexusError> {
  try {
    await promise
  } catch (error) {
    return error as PlexusError
  }
  throw new Error('expected a rejection, it settled well')
}
