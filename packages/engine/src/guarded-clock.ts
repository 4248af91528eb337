import type { Clock } from '@plexus/contract'

/**
 * `clock`, on which nothing is thrown past us: an exception there would end the process, and whoever waits would wait
 * for ever (B14). Charts catch what their actions throw; this is for what runs outside of them.
 */
export function guardedClock(clock: Clock, onBug: (error: unknown) => void): Clock {
  const guarded = (run: () => void) => () => {
    try {
      run()
    } catch (error) {
      onBug(error)
    }
  }
  return {
    now: () => clock.now(),
    setTimer: (run, ms) => clock.setTimer(guarded(run), ms),
    clearTimer: (handle) => clock.clearTimer(handle),
    defer: (run) => clock.defer(guarded(run)),
    yield: (run) => clock.yield(guarded(run)),
  }
}
