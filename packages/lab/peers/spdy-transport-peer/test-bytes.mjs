/** The first `count` bytes of the contract's stream i: xorshift32, the low byte of each new state. */
export function testBytes(i, count) {
  let state = (2463534242 ^ Math.imul(i + 1, 2654435761)) >>> 0 || 1
  const out = Buffer.allocUnsafe(count)
  for (let k = 0; k < count; k++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    out[k] = state
  }
  return out
}
