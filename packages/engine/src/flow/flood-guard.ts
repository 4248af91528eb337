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
  #windowDebt = 0
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

  /**
   * H08: a data frame of ours of `bytes`, no longer because a window of the peer's had no more room. One byte of credit
   * costs the peer thirteen, and us a frame, a turn and a write. Each of so many `streams` until now may have begun with a
   * window that is small.
   */
  cutShort(bytes: number, streams: number): boolean {
    this.#windowDebt += Math.max(0, SMALL_DATA - bytes)
    const allowed = this.#limits.smallWindowBudget + SMALL_DATA * streams
    return this.#windowDebt <= allowed || this.#exceed('smallWindow')
  }

  /** A data frame of ours of `bytes` went out as it was meant to. */
  sent(bytes: number): void {
    if (bytes > SMALL_DATA) this.#windowDebt = Math.max(0, this.#windowDebt - (bytes - SMALL_DATA))
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
