import type { MuxStream, PlexusError } from '@plexus/contract'

/** Promises by name, and how each of them settled: one that never does has somebody waiting for ever. */
export class Waits {
  readonly #names = new Set<string>()
  readonly #outcomes = new Map<string, string>()

  /** Notes what becomes of `promise`; gives back a promise of the same that never rejects. */
  watch<T>(name: string, promise: Promise<T>): Promise<T | undefined> {
    this.#names.add(name)
    return promise.then(
      (value) => {
        this.#outcomes.set(name, 'well')
        return value
      },
      (error: PlexusError) => {
        this.#outcomes.set(name, error.code ?? String(error))
        return undefined
      },
    )
  }

  /** Waits for all there is to wait for on `stream`, and reads it to its end; gives back what was read. */
  async watchStream(name: string, stream: MuxStream): Promise<string> {
    void this.watch(`${name} replied`, stream.replied)
    void this.watch(`${name} headers`, stream.readHeaders())
    void this.watch(`${name} closed`, stream.closed)
    let text = ''
    for (let count = 1; ; count += 1) {
      const chunk = await this.watch(`${name} read ${count}`, stream.read())
      if (chunk === undefined) return text
      text += new TextDecoder().decode(chunk)
    }
  }

  get unsettled(): string[] {
    return [...this.#names].filter((name) => !this.#outcomes.has(name))
  }

  /** `well`, or the code of the error. */
  outcome(name: string): string | undefined {
    return this.#outcomes.get(name)
  }
}
