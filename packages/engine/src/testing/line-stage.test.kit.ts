/** One session in the line protocol and the far end of its dialogue, on a clock that the test turns. */
import type { Limits, PlexusError, Role, SessionEvent, StreamHandler, Traits } from '@plexus/contract'
import {
  lineProtocol,
  type MemoryCarrier,
  memoryPair,
  type ScriptedPeer,
  scriptedPeer,
  type VirtualClock,
  virtualHost,
} from '@plexus/testkit'
import type { ChartMode } from '../charts.js'
import { Session } from '../session/session.js'

export const CHART_MODES: readonly ChartMode[] = ['compiled', 'interpreted']

export interface LineStageOptions {
  readonly charts?: ChartMode
  readonly traits?: Partial<Traits>
  readonly limits?: Partial<Limits>
  readonly handler?: StreamHandler
  /** Of the session. Default `server`. */
  readonly role?: Role
}

export interface LineStage {
  readonly clock: VirtualClock
  readonly session: Session
  readonly peer: ScriptedPeer
  readonly carrier: MemoryCarrier
  readonly events: SessionEvent[]
  /** Lets the last frame linger; how the session ended. */
  ended(): Promise<PlexusError | undefined>
}

/** Sets the stage; the session's settings and first credit are not waited for. */
export function lineStage({
  charts,
  traits,
  limits,
  handler,
  role = 'server',
}: LineStageOptions = {}): LineStage {
  const protocol = lineProtocol(traits)
  const host = virtualHost()
  const { clock } = host
  const [carrier, far] = memoryPair({ clock })
  const peer = scriptedPeer({ protocol, role: role === 'server' ? 'client' : 'server', carrier: far, clock })
  const events: SessionEvent[] = []
  const observe = (event: SessionEvent) => void events.push(event)
  const session = new Session({ protocol, carrier, role, host, limits, handler, charts, observe })
  const ended: LineStage['ended'] = async () => {
    await clock.advance(2000)
    if (session.actor.getSnapshot().status === 'active') throw new Error('the session goes on')
    return session.closed
  }
  return { clock, session, peer, carrier, events, ended }
}

/** The error that `promise` rejects with; fails where it settles well. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${String(value)}`)
    },
    (error: unknown) => error,
  )
}
