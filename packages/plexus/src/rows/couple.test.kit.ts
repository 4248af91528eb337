import { type SpdyProfile, spdy } from '@plexus/codec-spdy'
import type { Limits, StreamHandler } from '@plexus/contract'
import { type ChartMode, Session } from '@plexus/engine'
import {
  type MemoryCarrier,
  type MemoryPairOptions,
  memoryPair,
  type VirtualHost,
  virtualHost,
} from '@plexus/testkit'

export interface CoupleOptions extends Partial<Omit<MemoryPairOptions, 'clock'>> {
  /** Default `compiled`. */
  readonly charts?: ChartMode
  readonly profile?: SpdyProfile
  readonly limits?: Partial<Limits>
  /** Of the server; default: an echo. */
  readonly handler?: StreamHandler
  readonly seed?: number
  /** What the clock says at first, ms. */
  readonly startMs?: number
}

/** Two sessions, each the peer of the other, and the world between them. */
export interface Couple {
  readonly host: VirtualHost
  readonly clock: VirtualHost['clock']
  readonly client: Session
  readonly server: Session
  /** The client's end. */
  readonly carrier: MemoryCarrier
}

/** Joins a client and a server. */
export function couple(options: CoupleOptions = {}): Couple {
  const { charts, profile = 'spdy31', limits, handler = echo, seed = 1, startMs = 0, ...pair } = options
  const protocol = spdy({ profile })
  const host = virtualHost({ seed, startMs })
  const { clock } = host
  const [carrier, far] = memoryPair({ ...pair, clock, chance: host.chance, record: false })
  const client = new Session({ protocol, carrier, role: 'client', host, limits, charts })
  const server = new Session({ protocol, carrier: far, role: 'server', host, limits, charts, handler })
  return { host, clock, client, server, carrier }
}

/** Gives back what it gets, to the end. */
export async function echo(stream: Parameters<StreamHandler>[0]): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk)
  await stream.close()
}

/** The bytes that come to the end of `stream`. */
export async function countOf(stream: Parameters<StreamHandler>[0]): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  return bytes
}
