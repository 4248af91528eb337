import type { Host } from '@plexus/contract'
import { toDuplex } from './duplex.js'
import { nodeClock } from './node-clock.js'

/** Node: its clock, its chance, its streams. */
export const nodeHost: Host = { clock: nodeClock, chance: Math.random, toDuplex }
