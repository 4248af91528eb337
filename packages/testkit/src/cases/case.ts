/** One claim of a conformance suite; for any test runner: `for (const c of cases) test(c.name, c.run)`. */
export interface Case {
  readonly name: string
  /** Settles when the claim holds, rejects with what was found otherwise. */
  run(): Promise<void>
}

/** Fails the case with `message()` unless `isTrue`. */
export function claim(isTrue: boolean, message: () => string): void {
  if (!isTrue) throw new Error(message())
}
