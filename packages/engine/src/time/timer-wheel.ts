import type { Clock, TimerHandle } from '@plexus/contract'

const SLOT_MS = 64
/** A power of two. */
const SLOTS = 256
/** Clocks may count in 32 bits (B12); a wheel that is called too early sets its clock again. */
const LONGEST_MS = 2 ** 31 - 1

/** Whoever wants to be called when a time has come. */
export interface TimerOwner {
  onTimer(now: number): void
}

/** One wait. It belongs to its owner for life and is linked into the wheel while the owner waits. */
export class Timer {
  readonly owner: TimerOwner
  due = 0
  slot = -1
  previous: Timer | undefined
  next: Timer | undefined

  constructor(owner: TimerOwner) {
    this.owner = owner
  }

  get isSet(): boolean {
    return this.slot >= 0
  }
}

/**
 * All waits of a session on one timer of the clock. Setting and clearing are constant work however many there are.
 *
 * A timer hangs in the slot of its due time; the wheel turns once in 16 seconds, and what is due in a later turn stays
 * where it is. The clock's timer is set to the nearest time of all.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (Timer | undefined)[] = new Array(SLOTS).fill(undefined)
  #count = 0
  #handle: TimerHandle | undefined
  #armedFor = Number.POSITIVE_INFINITY
  #isStopped = false
  /** Everything due before this tick has run. */
  #tick: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tick = tickOf(clock.now())
  }

  /** How many timers are set. */
  get size(): number {
    return this.#count
  }

  /** Calls the timer's owner in `ms`; a timer that is set already is set anew. */
  set(timer: Timer, ms: number): void {
    this.clear(timer)
    const now = this.#clock.now()
    // A clock that jumped back is followed, or what is set now would be taken for done (B12).
    if (this.#count === 0 || tickOf(now) < this.#tick) this.#tick = tickOf(now)
    timer.due = now + ms
    const slot = slotOf(tickOf(timer.due))
    const head = this.#slots[slot]
    timer.slot = slot
    timer.next = head
    if (head !== undefined) head.previous = timer
    this.#slots[slot] = timer
    this.#count += 1
    this.#arm(timer.due)
  }

  clear(timer: Timer): void {
    if (timer.slot < 0) return
    const { previous, next } = timer
    if (previous === undefined) this.#slots[timer.slot] = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    timer.previous = timer.next = undefined
    timer.slot = -1
    this.#count -= 1
    if (this.#count === 0) this.#disarm()
  }

  /** Forgets the clock's timer; what is set is never called. */
  stop(): void {
    this.#disarm()
    this.#isStopped = true
  }

  #arm(due: number): void {
    if (this.#isStopped || due >= this.#armedFor) return
    if (this.#handle !== undefined) this.#clock.clearTimer(this.#handle)
    this.#armedFor = due
    const wait = Math.min(LONGEST_MS, Math.max(0, due - this.#clock.now()))
    this.#handle = this.#clock.setTimer(this.#run, wait)
  }

  #disarm(): void {
    if (this.#handle !== undefined) this.#clock.clearTimer(this.#handle)
    this.#handle = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #run = (): void => {
    this.#handle = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    const tick = tickOf(now)
    const from = Math.max(this.#tick, tick - SLOTS + 1)
    this.#tick = tick
    const due: Timer[] = []
    for (let t = from; t <= tick; t += 1) {
      for (let timer = this.#slots[slotOf(t)]; timer !== undefined; timer = timer.next)
        if (timer.due <= now) due.push(timer)
    }
    // Who was set last hangs first in its slot; equals are called in the order they were set (B13).
    due.reverse().sort((a, b) => a.due - b.due)
    for (const timer of due) {
      if (this.#isStopped) return
      if (!timer.isSet || timer.due > now) continue
      this.clear(timer)
      timer.owner.onTimer(now)
    }
    if (this.#count > 0) this.#armNearest(tick)
  }

  /** Sets the clock to what is due first: the first of this turn, or, where this turn holds none, the first of all. */
  #armNearest(tick: number): void {
    let nearest = Number.POSITIVE_INFINITY
    for (let t = tick; t < tick + SLOTS; t += 1) {
      for (let timer = this.#slots[slotOf(t)]; timer !== undefined; timer = timer.next)
        if (timer.due < nearest) nearest = timer.due
      if (nearest < (t + 1) * SLOT_MS) break
    }
    this.#arm(nearest)
  }
}

function tickOf(ms: number): number {
  return Math.floor(ms / SLOT_MS)
}

/** The same for ticks before a clock's zero point and beyond 2^31. */
function slotOf(tick: number): number {
  return tick & (SLOTS - 1)
}
