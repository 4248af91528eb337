import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Stream } from '../stream/mux-stream.js'
import { type Fate, StreamTable } from './stream-table.js'

const MAX = 2 ** 31 - 1

/** As much of a stream as the table knows. */
const streamOf = (id: number, initiator: 'us' | 'peer' = 'peer') => ({ id, initiator }) as Stream

/** Opens a stream of ours. @returns its id, undefined where none is left. */
function open(table: StreamTable): number | undefined {
  const id = table.nextId
  if (id !== undefined) {
    table.takeId()
    table.add(streamOf(id, 'us'))
  }
  return id
}

describe('our ids', () => {
  test.each([
    ['client', [1, 3, 5, 7]],
    ['server', [2, 4, 6, 8]],
  ] as const)('DM-11 SS-13 of a %s are %p …', (role, ids) => {
    const table = new StreamTable(role, MAX, 0)
    expect(ids.map(() => open(table))).toEqual(ids)
    expect(table.lastOwnId).toBe(ids[3])
  })

  test.each([
    ['client', 7, [1, 3, 5, 7, undefined, undefined]],
    ['client', 8, [1, 3, 5, 7, undefined, undefined]],
    ['server', 7, [2, 4, 6, undefined, undefined, undefined]],
    ['server', 8, [2, 4, 6, 8, undefined, undefined]],
  ] as const)('B20 SS-13 of a %s run out at the largest, %d, and never come round', (role, max, ids) => {
    const table = new StreamTable(role, max, 0)
    expect(ids.map(() => open(table))).toEqual(ids)
  })

  test.each([0, 1, MAX - 1, MAX, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1])(
    'B20 and the peer’s are told apart at %d',
    (id) => {
      const isOdd = id % 2 === 1
      expect(new StreamTable('client', 2 ** 32 - 1, 0).isOurs(id)).toBe(isOdd)
      expect(new StreamTable('server', 2 ** 32 - 1, 0).isOurs(id)).toBe(!isOdd)
    },
  )
})

describe('the table', () => {
  test('counts whose streams are open, and how many ever were', () => {
    const table = new StreamTable('client', MAX, 4)
    const [ours, first, second] = [streamOf(1, 'us'), streamOf(2), streamOf(4)]
    for (const stream of [ours, first, second]) table.add(stream)
    table.remove(first, 'closed')
    expect([table.size, table.ours, table.theirs, table.opened]).toEqual([2, 1, 1, 3])
    expect([...table]).toEqual([ours, second])
  })

  test('DM-4 forgets a stream once: a second fin changes nothing', () => {
    const table = new StreamTable('client', MAX, 4)
    const stream = streamOf(1, 'us')
    table.add(stream)
    expect([table.remove(stream, 'closed'), table.remove(stream, 'resetByUs')]).toEqual([true, false])
    expect([table.size, table.ours, table.know(1)]).toEqual([0, 0, 'closed'])
  })
})

describe('what is known of an id that is not open', () => {
  test.each([1, 2, MAX, 2 ** 32 - 1])('is nothing before anyone opened it: %d', (id) => {
    expect(new StreamTable('client', MAX, 4).know(id)).toBe('idle')
  })

  test('is how it ended, while it is remembered', () => {
    const table = new StreamTable('client', MAX, 4)
    table.lastPeerId = 4
    table.remember(2, 'closed')
    table.remember(4, 'resetByUs')
    expect([2, 4, 6].map((id) => table.know(id))).toEqual(['closed', 'resetByUs', 'idle'])
  })

  test('H42 is that it was, when newer ones took its place in the memory', () => {
    const table = new StreamTable('client', MAX, 2)
    table.lastPeerId = 6
    for (const id of [2, 4, 6]) table.remember(id, 'resetByUs')
    expect([2, 4, 6].map((id) => table.know(id))).toEqual(['forgotten', 'resetByUs', 'resetByUs'])
  })

  test('is that it was, for one that the peer skipped', () => {
    const table = new StreamTable('client', MAX, 2)
    table.lastPeerId = 6
    expect(table.know(4)).toBe('forgotten')
  })

  test('is that it was, where nothing is remembered at all', () => {
    const table = new StreamTable('server', MAX, 0)
    table.lastPeerId = 1
    table.remember(1, 'resetByUs')
    expect(table.know(1)).toBe('forgotten')
  })

  test('is not washed away by a peer that repeats itself on one id', () => {
    const table = new StreamTable('client', MAX, 4)
    table.lastPeerId = 4
    table.remember(2, 'resetByUs')
    for (let times = 0; times < 100; times += 1) table.remember(4, 'resetByUs')
    expect([table.know(2), table.know(4)]).toEqual(['resetByUs', 'resetByUs'])
  })

  test('B20 is kept apart for ids at 2^31 and 2^32, and lost in its turn', () => {
    const table = new StreamTable('client', 2 ** 32 - 1, 2)
    table.lastPeerId = 2 ** 32 - 2
    for (const id of [2 ** 31, 2 ** 32 - 4, 2 ** 32 - 2]) table.remember(id, 'closed')
    expect([2 ** 31, 2 ** 32 - 4, 2 ** 32 - 2].map((id) => table.know(id))).toEqual([
      'forgotten',
      'closed',
      'closed',
    ])
  })

  test('H42 of a reset is not lost among any number of good ends', () => {
    const table = new StreamTable('server', MAX, 256, 50)
    table.lastPeerId = 20_001
    for (let id = 1; id < 100; id += 2) table.remember(id, id % 4 === 1 ? 'resetByUs' : 'resetByPeer')
    for (let id = 101; id < 20_001; id += 2) table.remember(id, 'closed')
    const known = Array.from({ length: 50 }, (_, i) => table.know(2 * i + 1))
    expect(known).toEqual(known.map((_, i) => (i % 2 === 0 ? 'resetByUs' : 'resetByPeer')))
    expect([table.know(101), table.know(19_999)]).toEqual(['forgotten', 'closed'])
  })

  test('B21 is what memories of that length hold, in any history', () => {
    const MEMORY = 5
    const fate = fc.constantFrom<Fate>('closed', 'resetByUs', 'resetByPeer')
    const ending = fc.record({ id: fc.integer({ min: 1, max: 12 }), fate })
    fc.assert(
      fc.property(fc.array(ending), (endings) => {
        const table = new StreamTable('client', MAX, MEMORY)
        table.lastPeerId = 12
        for (let id = 1; id < 12; id += 2) table.takeId()
        const memories = { closed: new Map<number, Fate>(), reset: new Map<number, Fate>() }
        for (const { id, fate } of endings) {
          table.remember(id, fate)
          const memory = memories[fate === 'closed' ? 'closed' : 'reset']
          memory.set(id, fate)
          const [oldest] = memory.keys()
          if (memory.size > MEMORY) memory.delete(oldest!)
        }
        for (let id = 1; id <= 12; id += 1)
          expect(table.know(id)).toBe(memories.reset.get(id) ?? memories.closed.get(id) ?? 'forgotten')
      }),
    )
  })
})
