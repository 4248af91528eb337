import { describe, expect, it } from '@jest/globals'
import { TestBytes, testBytes } from './test-bytes.js'

/** The contract's rule in exact arithmetic, to hold the fast one against. */
function byTheContract(stream: number, count: number): number[] {
  const mod = 2n ** 32n
  let state = 2463534242n ^ ((BigInt(stream + 1) * 2654435761n) % mod)
  if (state === 0n) state = 1n
  return Array.from({ length: count }, () => {
    state ^= (state << 13n) % mod
    state ^= state >> 17n
    state ^= (state << 5n) % mod
    return Number(state & 0xffn)
  })
}

describe('test bytes', () => {
  it.each([0, 1, 2, 1999, 9999, 2 ** 31])('of stream %i are those of the contract', (stream) => {
    expect([...testBytes(stream, 64)]).toEqual(byTheContract(stream, 64))
  })

  it('are the same however they are taken', () => {
    const bytes = new TestBytes(7)
    const pieces = [1, 0, 30, 69].flatMap((count) => [...bytes.take(count)])
    expect(pieces).toEqual([...testBytes(7, 100)])
  })

  it('find the first byte that differs', () => {
    const bytes = testBytes(3, 100)
    const spoilt = bytes.slice()
    spoilt[41]! ^= 1
    expect(new TestBytes(3).mismatch(bytes)).toBe(-1)
    expect(new TestBytes(3).mismatch(spoilt)).toBe(41)
  })
})
