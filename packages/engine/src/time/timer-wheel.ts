import type { Clock, TimerHandle } from '@plexus/contract'

const SLOT_MS = 64
const SLOTS = 256

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
 * where it is. The clock's timer is set to the nearest time that a slot of this turn holds.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: (Timer | undefined)[] = new Array(SLOTS).fill(undefined)
  #count = 0
  #handle: TimerHandle | undefined
  #armedFor = Number.POSITIVE_INFINITY
  /** Everything due before this tick has run. */
  #tick: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tick = Math.floor(clock.now() / SLOT_MS)
  }

  /** How many timers are set. */
  get size(): number {
    return this.#count
  }

  /** Calls the timer's owner in `ms`; a timer that is set already is set anew. */
  set(timer: Timer, ms: number): void {
    this.clear(timer)
    if (this.#count === 0) this.#tick = Math.floor(this.#clock.now() / SLOT_MS)
    timer.due = this.#clock.now() + ms
    const slot = ((timer.due / SLOT_MS) % SLOTS) | 0
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
    this.#armedFor = Number.NEGATIVE_INFINITY
  }

  #arm(due: number): void {
    if (due >= this.#armedFor) return
    if (this.#handle !== undefined) this.#clock.clearTimer(this.#handle)
    this.#armedFor = due
    this.#handle = this.#clock.setTimer(this.#run, Math.max(0, due - this.#clock.now()))
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
    const tick = Math.floor(now / SLOT_MS)
    const from = Math.max(this.#tick, tick - SLOTS + 1)
    this.#tick = tick
    const due: Timer[] = []
    for (let t = from; t <= tick; t += 1) {
      for (let timer = this.#slots[t % SLOTS]; timer !== undefined; timer = timer.next)
        if (timer.due <= now) due.push(timer)
    }
    due.sort((a, b) => a.due - b.due)
    for (const timer of due) {
      if (!timer.isSet || timer.due > now) continue
      this.clear(timer)
      timer.owner.onTimer(now)
    }
    if (this.#count > 0 && this.#armedFor !== Number.NEGATIVE_INFINITY) this.#armNearest(tick)
  }

  /** Sets the clock to the first timer of this turn of the wheel, or to the turn's end. */
  #armNearest(tick: number): void {
    for (let t = tick; t < tick + SLOTS; t += 1) {
      let nearest = Number.POSITIVE_INFINITY
      for (let timer = this.#slots[t % SLOTS]; timer !== undefined; timer = timer.next) {
        if (timer.due < (t + 1) * SLOT_MS && timer.due < nearest) nearest = timer.due
      }
      if (nearest !== Number.POSITIVE_INFINITY) return this.#arm(nearest)
    }
    this.#arm((tick + SLOTS) * SLOT_MS)
  }
}
