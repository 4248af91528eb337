import type { Clock } from '@plexus/contract'
import { laterTurn, turnOver } from './turn-over.js'

export interface VirtualClockOptions {
  /** What `now()` says at first, ms. Default 0. */
  readonly startMs?: number
  /**
   * `flow`: deferred and yielded work runs by itself, as it does on a real machine, and only time stands still.
   * `byHand`: nothing runs outside `settle`, `advance` and their sync forms. Default `flow`.
   */
  readonly turns?: 'flow' | 'byHand'
  /** Turns that one `settle` may take before it says that the work never ends. Default 1,000,000. */
  readonly maxTurns?: number
}

/**
 * Time that a test turns by hand. Timers run in the order of their due times, equal ones in the order they were set;
 * after each of them deferred work and promise reactions run until nothing is left, then the next.
 *
 * The async forms are for tests; the sync ones leave promise reactions where they are and are for code without promises.
 */
export class VirtualClock implements Clock {
  readonly #timers: VirtualTimer[] = []
  readonly #flows: boolean
  readonly #maxTurns: number
  #now: number
  #set = 0
  #deferred: (() => void)[] = []
  #yielded: (() => void)[] = []
  #isFlowing = false

  constructor(options: VirtualClockOptions = {}) {
    this.#now = options.startMs ?? 0
    this.#flows = (options.turns ?? 'flow') === 'flow'
    this.#maxTurns = options.maxTurns ?? 1_000_000
  }

  // --- the clock, as the engine sees it

  now(): number {
    return this.#now
  }

  setTimer(run: () => void, ms: number): VirtualTimer {
    if (Number.isNaN(ms)) throw new RangeError('a timer wants a number of milliseconds, got NaN')
    const timer = { run, due: this.#now + Math.max(0, ms), order: this.#set++ }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    if (timer.due <= this.#now) this.#flow()
    return timer
  }

  clearTimer(handle: unknown): void {
    const timer = handle as VirtualTimer | undefined
    if (timer === undefined) return
    const place = this.#placeOf(timer)
    if (this.#timers[place] === timer) this.#timers.splice(place, 1)
  }

  defer(run: () => void): void {
    this.#deferred.push(run)
    this.#flow()
  }

  yield(run: () => void): void {
    this.#yielded.push(run)
    this.#flow()
  }

  // --- the hand that turns it

  /** Timers that are set and have not run: 0 at the end of a test means that nobody left one behind. */
  get pending(): number {
    return this.#timers.length
  }

  /** When the next timer is due, on this clock, ms; undefined where none is set. */
  get nextDue(): number | undefined {
    return this.#timers[0]?.due
  }

  /** Runs what is due now, and what follows from it, to the end. Time stands still. */
  async settle(): Promise<void> {
    for (let turns = 0; ; turns++) {
      await turnOver()
      if (!this.#turn()) return
      if (turns >= this.#maxTurns) throw this.#neverEnds(turns)
    }
  }

  /** Lets `ms` pass, timer by timer, with everything that is due between them. */
  async advance(ms: number): Promise<void> {
    const until = this.#target(ms)
    await this.settle()
    while (this.#hop(until)) await this.settle()
    this.#now = Math.max(this.#now, until)
  }

  /**
   * Lets time pass timer by timer until `isTrue` says so, at most `withinMs`.
   *
   * @returns whether it came true.
   */
  async until(isTrue: () => boolean, withinMs: number): Promise<boolean> {
    const until = this.#target(withinMs)
    for (let turns = 0; !isTrue(); turns++) {
      await turnOver()
      if (isTrue()) return true
      if (this.#turn()) {
        if (turns >= this.#maxTurns) throw this.#neverEnds(turns)
        continue
      }
      if (!this.#hop(until)) {
        this.#now = Math.max(this.#now, until)
        return isTrue()
      }
    }
    return true
  }

  /** `settle` without promise reactions. */
  settleSync(): void {
    for (let turns = 0; this.#turn(); turns++) if (turns >= this.#maxTurns) throw this.#neverEnds(turns)
  }

  /** `advance` without promise reactions. */
  advanceSync(ms: number): void {
    const until = this.#target(ms)
    this.settleSync()
    while (this.#hop(until)) this.settleSync()
    this.#now = Math.max(this.#now, until)
  }

  /**
   * The machine slept: `ms` are gone at once, and the timers that were due meanwhile are late. They run, in their
   * order, in the next turn.
   */
  jump(ms: number): void {
    this.#now = this.#target(ms)
    if (this.#hasDue()) this.#flow()
  }

  /** Work of one kind, the most urgent first; false where there is none. */
  #turn(): boolean {
    if (this.#deferred.length > 0) {
      const due = this.#deferred
      this.#deferred = []
      this.#runAll(due, (rest) => this.#deferred.unshift(...rest))
      return true
    }
    if (this.#hasDue()) {
      this.#timers.shift()!.run()
      return true
    }
    if (this.#yielded.length === 0) return false
    const due = this.#yielded
    this.#yielded = []
    this.#runAll(due, (rest) => this.#yielded.unshift(...rest))
    return true
  }

  /** One that throws costs the others nothing: they run in the next turn. */
  #runAll(due: (() => void)[], putBack: (rest: (() => void)[]) => void): void {
    let done = 0
    try {
      while (done < due.length) due[done++]!()
    } finally {
      if (done < due.length) putBack(due.slice(done))
    }
  }

  #hasDue(): boolean {
    const first = this.#timers[0]
    return first !== undefined && first.due <= this.#now
  }

  /** Moves time to the next timer that is due by `until`. */
  #hop(until: number): boolean {
    const first = this.#timers[0]
    if (first === undefined || first.due > until) return false
    this.#now = Math.max(this.#now, first.due)
    return true
  }

  #flow(): void {
    if (!this.#flows || this.#isFlowing) return
    this.#isFlowing = true
    laterTurn(() => {
      this.#isFlowing = false
      try {
        this.#turn()
      } finally {
        if (this.#deferred.length > 0 || this.#yielded.length > 0 || this.#hasDue()) this.#flow()
      }
    })
  }

  /** Where a timer stands, or would stand, in the line. */
  #placeOf(timer: VirtualTimer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#timers[middle]!
      if (other.due < timer.due || (other.due === timer.due && other.order < timer.order)) low = middle + 1
      else high = middle
    }
    return low
  }

  #target(ms: number): number {
    if (!(ms >= 0 && ms < Infinity))
      throw new RangeError(`time goes forward, a piece at a time: got ${ms} ms`)
    return this.#now + ms
  }

  #neverEnds(turns: number): Error {
    return new Error(`the clock wanted to come to rest, and there was still work after ${turns} turns`)
  }
}

/** What {@link VirtualClock.setTimer} gives back. */
export interface VirtualTimer {
  readonly run: () => void
  /** On the clock it was set on, ms. */
  readonly due: number
  readonly order: number
}
