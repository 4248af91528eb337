/**
 * The bytes that the echo contract sends on a stream: xorshift32 (13, 17, 5) from a seed of the stream's number, the
 * low byte of each new state. Made and compared as they go, so that a stream of any length costs no memory.
 */
export class TestBytes {
  #state: number

  /** @param stream number of the stream in the contract, not its id */
  constructor(stream: number) {
    this.#state = (FIRST_SEED ^ Math.imul(stream + 1, GOLDEN_RATIO)) >>> 0 || 1
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    let state = this.#state
    for (let i = 0; i < count; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[i] = state
    }
    this.#state = state
    return bytes
  }

  /** Compares `bytes` with the next ones. @returns the index of the first that differs; -1 if none does. */
  mismatch(bytes: Uint8Array): number {
    const wanted = this.take(bytes.length)
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== wanted[i]) return i
    return -1
  }
}

export function testBytes(stream: number, count: number): Uint8Array {
  return new TestBytes(stream).take(count)
}

const FIRST_SEED = 2_463_534_242
const GOLDEN_RATIO = 2_654_435_761
