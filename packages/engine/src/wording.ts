/** What was thrown, in words. Users throw anything: also what cannot be made a string of (B11). */
export function wordsOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return 'something without words'
  }
}
