import type { ChartMode } from '@plexus/engine'
import { brokenAtRest, brokenAtTheEnd } from './always.js'
import { type Heard, operate, watch } from './operations.js'
import { worldOf } from './world.js'

const OPERATIONS = 60
/** Longer than any time-out of a session. */
const LONG_MS = 400_000
/** Longer than the world itself holds anything up: a timer that is left after that is a session's. */
const WORLD_MS = 1500

export interface Outcome {
  readonly trace: readonly string[]
  /** What was not as it always has to be, in words. */
  readonly broken: readonly string[]
}

/** Plays the run that `seed` stands for: the real sessions, a simulated world, users who do anything. */
export async function simulate(seed: number, charts: ChartMode = 'compiled'): Promise<Outcome> {
  const world = worldOf(seed, charts)
  const { chance, clock, sides, trace } = world
  const heard: Heard = {
    written: new Map(),
    read: new Map(),
    readers: new Set(),
    writers: new Set(),
    wrong: [],
  }
  const broken = new Set<string>()
  const look = (found: readonly string[]) => found.forEach((what) => void broken.add(what))
  for (const { role, session } of sides) watch(world, `${role} end`, session.closed)
  for (let i = 0; i < OPERATIONS; i += 1) {
    operate(world, heard)
    await clock.advance(chance.pick([0, 0, 1, 10, 200]))
    look(brokenAtRest(world))
  }
  for (const { role, session } of sides) watch(world, `${role} last close`, session.close())
  const isOver = () => sides.every(({ session }) => session.actor.getSnapshot().status !== 'active')
  for (let waited = 0; waited < LONG_MS && !isOver(); waited += WORLD_MS) await clock.advance(WORLD_MS)
  await clock.advance(WORLD_MS)
  look(brokenAtRest(world))
  look(brokenAtTheEnd(world))
  look(heard.wrong)
  const ends = await Promise.all(sides.map(({ session }) => session.closed))
  for (const end of ends) if (end?.blame === 'us') broken.add(`we are blamed: ${end.message}`)
  return { trace, broken: [...broken] }
}
