/** The first `count` bytes of the echo contract's stream i: xorshift32, the low byte of each new state. */
export function testBytes(i: number, count: number): Uint8Array {
  let state = (2_463_534_242 ^ Math.imul(i + 1, 2_654_435_761)) >>> 0 || 1
  const bytes = new Uint8Array(count)
  for (let k = 0; k < count; k++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[k] = state
  }
  return bytes
}
