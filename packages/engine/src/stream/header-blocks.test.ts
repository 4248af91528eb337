import { describe, expect, test } from '@jest/globals'
import { HeaderFields } from '@plexus/contract'
import { Budget } from '../flow/budget.js'
import { HeaderBlocks } from './header-blocks.js'

/** Counts 40 bytes. */
const block = (n: number) => HeaderFields.from({ 'x-block': String(n % 10) })

const held = (limit: number, bytes: number) => {
  const budget = new Budget(bytes)
  return { budget, blocks: new HeaderBlocks(limit, budget) }
}

describe('header blocks that nobody has read', () => {
  test('H19 are as many as their stream may hold: at −1, 0 and +1', () => {
    const { blocks } = held(2, 1000)
    expect([0, 1, 2].map((n) => blocks.take(block(n)))).toEqual([true, true, false])
  })

  test('H16 weigh on all streams together: at −1, 0 and +1', () => {
    const { budget, blocks } = held(16, 80)
    const other = new HeaderBlocks(16, budget)
    expect([blocks.take(block(0)), other.take(block(1)), other.take(block(2))]).toEqual([true, true, false])
    expect(budget.used).toBe(80)
  })

  test('H16 weigh nothing once they are read, or their stream is over; then they can still be read', async () => {
    const { budget, blocks } = held(16, 80)
    blocks.take(block(0))
    blocks.take(block(1))
    expect((await blocks.read())?.get('x-block')).toBe('0')
    expect(budget.used).toBe(40)
    blocks.release()
    expect(budget.used).toBe(0)
    expect((await blocks.read())?.get('x-block')).toBe('1')
    expect([await blocks.read(), budget.used]).toEqual([undefined, 0])
  })

  test('go to who waits for them, and weigh nothing', async () => {
    const { budget, blocks } = held(0, 0)
    const read = blocks.read()
    expect(blocks.take(block(0))).toBe(true)
    expect((await read)?.get('x-block')).toBe('0')
    expect(budget.used).toBe(0)
  })

  test('end with the peer’s end, or fail with the stream', async () => {
    const well = held(1, 100).blocks
    const waiting = well.read()
    well.end()
    expect([await waiting, await well.read()]).toEqual([undefined, undefined])
    const ill = held(1, 100).blocks
    const failing = ill.read()
    ill.release(new Error('reset'))
    await expect(failing).rejects.toThrow('reset')
    await expect(ill.read()).rejects.toThrow('reset')
  })
})
