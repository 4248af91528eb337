import type { Clock } from '@plexus/contract'
import { VirtualClock } from '../time/virtual-clock.js'

/** How a test waits for what an actor does: on a virtual clock it turns the hand, on a real one it waits. */
export interface Patience {
  /** Waits until `isTrue`, at most `withinMs` of the clock; answers whether it came true. */
  until(isTrue: () => boolean, withinMs: number): Promise<boolean>
  /** Lets what is under way come to rest; `forMs` of the clock pass, where they are given. */
  rest(forMs?: number): Promise<void>
  /** There is news: whoever waits looks again. */
  news(): void
}

const REST_MS = 20

export function patienceOf(clock: Clock): Patience {
  return clock instanceof VirtualClock ? virtualPatience(clock) : realPatience(clock)
}

function virtualPatience(clock: VirtualClock): Patience {
  return {
    until: (isTrue, withinMs) => clock.until(isTrue, withinMs),
    rest: (forMs) => (forMs === undefined ? clock.settle() : clock.advance(forMs)),
    news: () => undefined,
  }
}

function realPatience(clock: Clock): Patience {
  let waiting: (() => void)[] = []
  const news = () => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  return {
    news,
    rest: (forMs = REST_MS) => new Promise((resolve) => void clock.setTimer(resolve, forMs)),
    async until(isTrue, withinMs) {
      let isLate = false
      const timer = clock.setTimer(() => {
        isLate = true
        news()
      }, withinMs)
      while (!isTrue() && !isLate) await new Promise<void>((resolve) => waiting.push(resolve))
      clock.clearTimer(timer)
      return isTrue()
    },
  }
}
