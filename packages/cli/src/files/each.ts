import { Slots } from './slots.js'

/**
 * Runs `work` for each item, at most `limit` at a time; the next item is asked for only when there is a place for it.
 * Settles when all are done. What `work` or `items` throws first stops the asking, and is thrown when what runs has
 * ended.
 */
export async function forEachOf<T>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const slots = new Slots(limit)
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const source = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const release = await slots.take()
      const next = failures.length > 0 ? undefined : await source.next()
      if (next === undefined || next.done) break
      const one = work(next.value)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          running.delete(one)
          release()
        })
      running.add(one)
    }
  } finally {
    await Promise.all(running)
    await source.return?.()
  }
  if (failures.length > 0) throw failures[0]
}
