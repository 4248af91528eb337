/** An iterator over what `next` gives, until it gives undefined. */
export function iterate<T extends object>(next: () => Promise<T | undefined>): AsyncIterator<T, undefined> {
  return {
    next: async () => {
      const value = await next()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
  }
}
