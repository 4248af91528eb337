import type { Host } from '@plexus/contract'
import { nodeClock } from './node-clock.js'

/** Node: its clock, its chance, its streams. */
export const nodeHost: Host = { clock: nodeClock, chance: Math.random }
