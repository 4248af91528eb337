import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { gather } from './gather.js'

const chunk = (length: number, fill = 0) => new Uint8Array(length).fill(fill)

test('runs of small chunks become one, large ones stay what they are', () => {
  const [head, other, large] = [chunk(8, 1), chunk(100, 2), chunk(4096, 3)]
  const gathered = gather([head, other, large, head, large])
  expect(gathered.map(({ length }) => length)).toEqual([108, 4096, 8, 4096])
  expect(gathered[1]).toBe(large)
  expect(gathered[2]).toBe(head)
})

test('a single chunk is handed on as it is', () => {
  const chunks = [chunk(5)]
  expect(gather(chunks)).toBe(chunks)
})

test('the bytes are the same, in the same order', () => {
  const chunks = fc.array(
    fc.integer({ min: 0, max: 3000 }).map((length) => chunk(length, length % 251)),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(chunks, (some) => Buffer.concat(gather(some)).equals(Buffer.concat(some))),
    { seed: 1, numRuns: 200 },
  )
})
