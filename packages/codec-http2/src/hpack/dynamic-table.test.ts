import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { DynamicTable } from './dynamic-table.js'
import { entry, type TableEntry } from './table-entry.js'

/** RFC 7541 §4 in as few words as possible. */
class Model {
  entries: TableEntry[] = []
  capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size() {
    return this.entries.reduce((sum, { size }) => sum + size, 0)
  }

  insert(added: TableEntry) {
    this.entries.unshift(added)
    this.resize(this.capacity)
  }

  resize(capacity: number) {
    this.capacity = capacity
    while (this.size > capacity) this.entries.pop()
  }
}

describe('the dynamic table', () => {
  const step = fc.oneof(
    { weight: 9, arbitrary: fc.record({ name: fc.nat({ max: 60 }), value: fc.nat({ max: 60 }) }) },
    { weight: 1, arbitrary: fc.nat({ max: 6000 }) },
  )

  test('it does what the RFC says, step by step', () => {
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), fc.array(step, { maxLength: 300 }), (capacity, steps) => {
        const model = new Model(capacity)
        const gone: TableEntry[] = []
        const table = new DynamicTable(capacity, (evicted) => gone.push(evicted))
        const came: TableEntry[] = []
        for (const one of steps) {
          if (typeof one === 'number') {
            model.resize(one)
            table.resize(one)
          } else {
            const added = entry('n'.repeat(one.name), 'v'.repeat(one.value))
            if (added.size <= table.capacity) came.push(added)
            model.insert(added)
            table.insert(added)
          }
          expect([...table]).toEqual(model.entries)
          expect(table.size).toBe(model.size)
          expect(table.get(table.length)).toBeUndefined()
        }
        // Each that came is in it, or left in its turn.
        expect([...gone, ...[...table].reverse()]).toEqual(came)
      }),
    )
  })

  test('an entry larger than the table empties it, and is no mistake (§4.4)', () => {
    const table = new DynamicTable(100)
    table.insert(entry('a', 'b'))
    table.insert(entry('a', 'v'.repeat(68)))
    expect([...table]).toEqual([])
    expect(table.size).toBe(0)
    table.insert(entry('a', 'v'.repeat(67)))
    expect(table.size).toBe(100)
  })

  test('a table of nothing holds nothing', () => {
    const table = new DynamicTable(0)
    table.insert(entry('', ''))
    expect(table.get(0)).toBeUndefined()
  })

  test.each([2 ** 31, 2 ** 32, 2 ** 33])('B20 it goes on past %i insertions', (count) => {
    const table = new DynamicTable(33 * 20)
    table.insertions = count - 40
    for (let i = 0; i < 80; i++) {
      table.insert(entry(String(i % 10), ''))
      expect(table.get(0)!.name).toBe(String(i % 10))
      if (i >= 19) expect(table.get(19)!.name).toBe(String((i - 19) % 10))
    }
    expect(table.length).toBe(20)
  })
})
