import { describe, expect, it } from '@jest/globals'
import { forEachOf } from './each.js'

async function* numbers(count: number, asked: number[] = []): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    asked.push(i)
    yield i
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('work on each of many', () => {
  it('has at most as many at once as there are places, and that many if there are', async () => {
    let running = 0
    let peak = 0
    const done: number[] = []
    await forEachOf(numbers(50), 7, async (item) => {
      peak = Math.max(peak, ++running)
      await turn()
      running -= 1
      done.push(item)
    })
    expect(peak).toBe(7)
    expect(done).toHaveLength(50)
  })

  it('asks for no more than it has places for', async () => {
    const asked: number[] = []
    const done = forEachOf(numbers(50, asked), 3, async () => void (await turn().then(turn)))
    await turn()
    expect(asked.length).toBeLessThanOrEqual(4)
    await done
    expect(asked).toHaveLength(50)
  })

  it('throws what was thrown first, when what runs has ended', async () => {
    let ended = 0
    const work = async (item: number) => {
      if (item === 2) throw new Error('second')
      await turn()
      ended += 1
    }
    await expect(forEachOf(numbers(50), 5, work)).rejects.toThrow('second')
    expect(ended).toBeLessThan(10)
    expect(ended).toBeGreaterThanOrEqual(2)
  })

  it('throws what the source throws, when what runs has ended', async () => {
    let ended = 0
    const broken = async function* () {
      yield* numbers(3)
      throw new Error('dry')
    }
    await expect(forEachOf(broken(), 5, async () => turn().then(() => void ended++))).rejects.toThrow('dry')
    expect(ended).toBe(3)
  })
})
