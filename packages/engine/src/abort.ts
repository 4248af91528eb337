const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `run` when `signal` is aborted. However many wait by one signal, it has one listener of ours: Node takes eleven for
 * a leak and warns.
 *
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const runs = waiting.get(signal) ?? listenTo(signal)
  runs.add(run)
  return () => {
    // The last to leave takes the listener along, or a signal that lives long would collect one for each time of need.
    if (runs.delete(run) && runs.size === 0) stopListening(signal)
  }
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const runs = new Set<() => void>()
  waiting.set(signal, runs)
  signal.addEventListener('abort', tellAll)
  return runs
}

function stopListening(signal: AbortSignal): void {
  waiting.delete(signal)
  signal.removeEventListener('abort', tellAll)
}

function tellAll(this: AbortSignal): void {
  const runs = waiting.get(this)
  stopListening(this)
  for (const run of [...(runs ?? [])]) if (runs!.delete(run)) run()
}
