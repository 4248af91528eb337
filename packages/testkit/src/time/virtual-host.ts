import type { Host } from '@plexus/contract'
import { type SeededChance, seededChance } from '../chance.js'
import { VirtualClock, type VirtualClockOptions } from './virtual-clock.js'

export interface VirtualHostOptions extends VirtualClockOptions {
  /** Default 1. */
  readonly seed?: number
}

/** A machine on which a seed repeats everything. */
export interface VirtualHost extends Host {
  readonly clock: VirtualClock
  readonly chance: SeededChance
}

/** Makes a {@link VirtualHost}: its own time, and chance by `seed`. */
export function virtualHost(options: VirtualHostOptions = {}): VirtualHost {
  return { clock: new VirtualClock(options), chance: seededChance(options.seed ?? 1) }
}
