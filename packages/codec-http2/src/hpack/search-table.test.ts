import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { SearchTable } from './search-table.js'
import { FIRST_DYNAMIC, STATIC_TABLE } from './static-table.js'

describe('from a field to its index', () => {
  test('every static field is found where it stands, and its name where it stands first', () => {
    const table = new SearchTable(4096)
    STATIC_TABLE.forEach((field, index) => {
      if (field === undefined) return
      expect(table.indexOf(table.find(field.name, field.value)!)).toBe(index)
      expect(table.indexOfName(field.name)).toBe(STATIC_TABLE.findIndex((one) => one?.name === field.name))
    })
  })

  const field = fc.record({
    name: fc.constantFrom('a', 'b', 'c', ':path', ':status', '__proto__', 'constructor'),
    value: fc.oneof(fc.constantFrom('', '1', '2', '/', '200'), fc.string({ maxLength: 300 })),
  })

  test('what a walk over the tables finds is found, after any insertions and changes of size', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(field, fc.nat({ max: 1000 })), { maxLength: 120 }), (steps) => {
        const table = new SearchTable(500)
        for (const one of steps) {
          if (typeof one === 'number') {
            table.resize(one)
            continue
          }
          const { name, value } = one
          const all = [...STATIC_TABLE, ...table.entries]
          const index = all.findIndex((held) => held?.name === name && held.value === value)
          const found = table.find(name, value)
          expect(found === undefined ? -1 : table.indexOf(found)).toBe(index)
          expect(table.indexOfName(name)).toBe(
            Math.max(
              0,
              all.findIndex((held) => held?.name === name),
            ),
          )
          if (found === undefined && name.length + value.length + 32 <= table.capacity) {
            expect(table.indexOf(table.insert(name, value))).toBe(FIRST_DYNAMIC)
          }
        }
      }),
    )
  })

  test('an entry that has left has no index, and is not found', () => {
    const table = new SearchTable(100)
    const first = table.insert('a', 'b')
    table.insert('c', 'd')
    table.insert('e', 'f')
    expect(table.indexOf(first)).toBe(0)
    expect(table.find('a', 'b')).toBeUndefined()
    expect(table.indexOfName('a')).toBe(0)
  })
})
