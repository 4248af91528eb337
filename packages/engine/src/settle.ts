const ignore = (): void => {}

/** A promise and the hand that settles it. A rejection that nobody looks at harms nobody. */
export class Deferred<T> {
  readonly promise: Promise<T>
  resolve!: (value: T | PromiseLike<T>) => void

  constructor() {
    this.promise = new Promise<T>((resolve) => {
      this.resolve = resolve
    })
  }

  reject(reason: unknown): void {
    // Only now: most waits end well, and a second hand and a reaction would be kept for each of them.
    this.promise.catch(ignore)
    this.resolve(rejected(reason))
  }
}

/** A rejected promise that does not end the process when nobody looks at it. */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason)
  promise.catch(ignore)
  return promise
}

/** What is settled already, made once. */
export const DONE: Promise<void> = Promise.resolve()
