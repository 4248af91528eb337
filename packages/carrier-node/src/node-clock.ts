import type { Clock } from '@plexus/contract'

/** The longest delay that Node's `setTimeout` knows; a longer one would run at once. */
const LONGEST_MS = 2 ** 31 - 1

/** What {@link nodeClock} gives back for a timer. */
interface NodeTimer {
  handle: NodeJS.Timeout
}

const settled = Promise.resolve()

/** The system's time and turns. Its timers keep no process alive. */
export const nodeClock: Clock = {
  now: () => performance.now(),

  setTimer(run, ms): NodeTimer {
    const due = performance.now() + ms
    const arm = (restMs: number) => setTimeout(look, Math.min(Math.ceil(restMs), LONGEST_MS)).unref()
    // Node counts from the start of its turn, so after a long one it is early.
    const look = () => {
      const restMs = due - performance.now()
      if (restMs > 0) timer.handle = arm(restMs)
      else run()
    }
    const timer: NodeTimer = { handle: arm(ms) }
    return timer
  },

  clearTimer(timer) {
    if (timer !== undefined) clearTimeout((timer as NodeTimer).handle)
  },

  // A tick that is asked for by a promise reaction runs after all other reactions, and before the next I/O.
  defer(run) {
    settled.then(() => process.nextTick(run))
  },

  yield(run) {
    setImmediate(run)
  },
}
