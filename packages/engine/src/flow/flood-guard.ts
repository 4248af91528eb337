import type { Clock, Limits } from '@plexus/contract'
import { Bucket } from './bucket.js'

/** Data frames under this many bytes draw on the small-frame budget (L06). */
const SMALL_DATA = 256

/** What a peer can do too much of, by the name of its bucket. */
export type FloodName =
  | 'resetsReceived'
  | 'resetsCaused'
  | 'ping'
  | 'settings'
  | 'priority'
  | 'unknown'
  | 'refusal'
  | 'oddity'

/**
 * Counts what costs a peer little and us much. Each method answers true while all is well; a false names its bucket in
 * {@link exceeded}, and the session ends.
 */
export class FloodGuard {
  /** The bucket that ran empty. */
  exceeded: string | undefined

  readonly #limits: Limits
  readonly #buckets: Record<FloodName, Bucket>
  #emptyData = 0
  #smallDebt = 0
  #creditFrames = 0

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    const bucket = (name: FloodName) => new Bucket(name, limits[`${name}Burst`], limits[`${name}Rate`], clock)
    this.#buckets = {
      resetsReceived: bucket('resetsReceived'),
      resetsCaused: bucket('resetsCaused'),
      ping: bucket('ping'),
      settings: bucket('settings'),
      priority: bucket('priority'),
      unknown: bucket('unknown'),
      refusal: bucket('refusal'),
      oddity: bucket('oddity'),
    }
  }

  spend(name: FloodName): boolean {
    return this.#buckets[name].spend() || this.#exceed(name)
  }

  /** L06: a data frame of `bytes`, which `end`s its stream or not. Larger ones pay back what small ones took. */
  data(bytes: number, end: boolean): boolean {
    if (bytes === 0 && !end) {
      this.#emptyData += 1
      return this.#emptyData <= this.#limits.maxEmptyData || this.#exceed('emptyData')
    }
    if (bytes > 0) this.#emptyData = 0
    if (bytes > SMALL_DATA) this.payBack(bytes - SMALL_DATA)
    return true
  }

  /**
   * What a small data frame falls short by. Only frames that pile up before a reader who had his turn are charged:
   * keystrokes that are read as they come are what small frames are for.
   */
  shortfall(bytes: number): number {
    return bytes > 0 && bytes < SMALL_DATA ? SMALL_DATA - bytes : 0
  }

  charge(shortfall: number): boolean {
    this.#smallDebt += shortfall
    return this.#smallDebt <= this.#limits.smallDataBudget || this.#exceed('smallData')
  }

  payBack(bytes: number): void {
    this.#smallDebt = Math.max(0, this.#smallDebt - bytes)
  }

  /** L05: one more window update, when so many streams were opened and so many data frames sent. */
  credit(streams: number, dataFramesSent: number): boolean {
    const { creditFramesBase, creditFramesPerStream, creditFramesPerData } = this.#limits
    this.#creditFrames += 1
    const allowed = creditFramesBase + creditFramesPerStream * streams + creditFramesPerData * dataFramesSent
    return this.#creditFrames <= allowed || this.#exceed('windowUpdate')
  }

  #exceed(name: string): false {
    this.exceeded = name
    return false
  }
}
