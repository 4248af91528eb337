import type { Chance } from '@plexus/contract'

/** Numbers that a seed repeats: the same on every machine, in every run. */
export interface SeededChance extends Chance {
  readonly seed: number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  /** One of `list`, which is not empty. */
  pick<T>(list: readonly T[]): T
  /** `length` bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** The same things in another order; `list` stays as it is. */
  shuffle<T>(list: readonly T[]): T[]
}

/** A {@link Chance} that depends on `seed` alone (a 32-bit number; splitmix32). Not for secrets. */
export function seededChance(seed: number): SeededChance {
  let state = seed >>> 0
  const chance = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
  return Object.assign(chance, {
    seed,
    int: (min: number, max: number) => intFrom(chance, min, max),
    pick: <T>(list: readonly T[]): T => list[intFrom(chance, 0, list.length - 1)]!,
    bytes: (length: number) => Uint8Array.from({ length }, () => intFrom(chance, 0, 255)),
    shuffle: <T>(list: readonly T[]): T[] => {
      const shuffled = [...list]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = intFrom(chance, 0, i)
        const held = shuffled[i]!
        shuffled[i] = shuffled[j]!
        shuffled[j] = held
      }
      return shuffled
    },
  })
}

/** A whole number from `min` to `max`, both included, from any chance. */
export function intFrom(chance: Chance, min: number, max: number): number {
  return min + Math.floor(chance() * (max - min + 1))
}
