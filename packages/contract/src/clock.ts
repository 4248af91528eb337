import type { Duplex } from 'node:stream'
import type { MuxStream } from './stream.js'

/** What a {@link Clock} gives back for a timer; only that clock can read it. */
export type TimerHandle = unknown

/**
 * Time and turns, handed in. The engine has no other way to learn the time or to do something later,
 * so a virtual clock makes every run repeatable.
 */
export interface Clock {
  /** Milliseconds, monotonic, fractions allowed. The zero point means nothing. */
  now(): number
  /** Calls `run` once, `ms` milliseconds from now at the earliest. Does not keep a process alive by itself. */
  setTimer(run: () => void, ms: number): TimerHandle
  clearTimer(handle: TimerHandle): void
  /** Calls `run` at the end of this turn: after the promise reactions that are due, before the next I/O. */
  defer(run: () => void): void
  /** Calls `run` in a later turn: I/O that is due comes first. */
  yield(run: () => void): void
}

/** A number in [0, 1). Handed in, so that a seed repeats a run. */
export type Chance = () => number

/** The machine we run on, as far as the engine may know it. */
export interface Host {
  readonly clock: Clock
  readonly chance: Chance
  /** Makes a Node stream of a stream, where there is Node. */
  readonly toDuplex?: (stream: MuxStream) => Duplex
}
