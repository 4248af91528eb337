const ignore = (): void => {}

/** A promise and the hands that settle it. A rejection that nobody looks at harms nobody. */
export class Deferred<T> {
  readonly promise: Promise<T>
  resolve!: (value: T) => void
  #reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve
      this.#reject = reject
    })
  }

  reject(reason: unknown): void {
    // Only now: most waits end well, and the reaction would cost each of them a promise.
    this.promise.catch(ignore)
    this.#reject(reason)
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
