import { spdy } from '@plexus/codec-spdy'
import type { Limits, MuxStream, Role, SessionEvent } from '@plexus/contract'
import { type ChartMode, Session } from '@plexus/engine'
import {
  type Fault,
  faultBy,
  memoryPair,
  type SeededChance,
  seededChance,
  virtualHost,
} from '@plexus/testkit'

/** Small, so that a short run meets every one of them. */
export const LIMITS_HERE: Partial<Limits> = {
  maxInboundStreams: 6,
  streamReceive: 65_536,
  sessionReceive: 262_144,
  streamSend: 20_000,
  sessionSend: 60_000,
  sendFrame: 4000,
  refusalBurst: 10_000,
}

/** Faults that take bytes away or hold them up, and change none. */
const HONEST = ['cut', 'stall']

/** One end: its session, its streams, and the user who plays with them. */
export interface Side {
  readonly role: Role
  readonly session: Session
  /** All streams this end has seen. */
  readonly streams: MuxStream[]
  readonly events: SessionEvent[]
}

/** Two ends, the carrier between them, and the book in which all that happens is written down. */
export interface World {
  readonly chance: SeededChance
  readonly clock: ReturnType<typeof virtualHost>['clock']
  readonly sides: readonly [Side, Side]
  /** What happened, a line each: the same for the same seed. */
  readonly trace: string[]
  /** Waits that have not settled. */
  readonly waiting: Set<string>
  /** No fault changes a byte: what is read is what was written. */
  readonly isHonest: boolean
  note(line: string): void
}

/** Makes the world of `seed`. */
export function worldOf(seed: number, charts: ChartMode): World {
  const chance = seededChance(seed)
  const host = virtualHost({ seed: seed + 1 })
  const { clock } = host
  const faults = { a: faultsBy(chance), b: faultsBy(chance) }
  const [a, b] = memoryPair({
    clock,
    chance: host.chance,
    faults,
    highWater: chance.pick([1000, 10_000, 65_536]),
    latencyMs: chance.pick([0, 5, [0, 100]]),
    pieces: chance.pick(['merged', 'asWritten', [1, 3000]]),
    record: false,
  })
  const trace: string[] = []
  const note = (line: string) => void trace.push(`${clock.now().toFixed(1)} ${line}`)
  const protocol = spdy({ profile: chance.pick(['spdy31', 'spdy31', 'spdy3', 'spdystream']) })
  const side = (role: Role): Side => {
    const streams: MuxStream[] = []
    const events: SessionEvent[] = []
    const session = new Session({
      protocol,
      carrier: role === 'client' ? a : b,
      role,
      host,
      charts,
      limits: LIMITS_HERE,
      handler: (stream) => void streams.push(stream),
      observe(event) {
        events.push(event)
        note(`${role} ${shown(event)}`)
      },
    })
    return { role, session, streams, events }
  }
  const isHonest = [...faults.a, ...faults.b].every(({ kind }) => HONEST.includes(kind))
  return { chance, clock, sides: [side('client'), side('server')], trace, waiting: new Set(), isHonest, note }
}

/** Half of all lanes are sound. */
function faultsBy(chance: SeededChance): Fault[] {
  return Array.from({ length: Math.max(0, chance.int(-2, 2)) }, () => faultBy(chance, 60_000))
}

function shown(event: SessionEvent): string {
  const about = 'stream' in event ? ` ${event.stream.id}` : event.type === 'oddity' ? ` ${event.what}` : ''
  const error = 'error' in event ? ` ${event.error?.code ?? 'well'}` : ''
  return `${event.type}${about}${error}`
}
