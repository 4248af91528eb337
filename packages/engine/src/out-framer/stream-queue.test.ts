import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Queued, StreamQueue } from './stream-queue.js'

interface Item extends Queued {
  readonly name: string
}

const item = (name: string): Item => ({
  name,
  priority: 0,
  queue: undefined,
  ahead: undefined,
  behind: undefined,
})

/** Empties the queue. @returns who was in it, in order. */
function drain(queue: StreamQueue<Item>): string {
  let names = ''
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) names += next.name
  return names
}

function queueOf(names: string): { queue: StreamQueue<Item>; items: Item[] } {
  const queue = new StreamQueue<Item>()
  const items = [...names].map(item)
  for (const each of items) queue.push(each)
  return { queue, items }
}

test('first in is first out', () => {
  expect(drain(queueOf('abc').queue)).toBe('abc')
})

test.each([
  ['the first', 0, 'bcd'],
  ['one in the middle', 2, 'abd'],
  ['the last', 3, 'abc'],
])('%s can leave, and the others keep their order', (_, place, left) => {
  const { queue, items } = queueOf('abcd')
  queue.remove(items[place]!)
  expect(queue.size).toBe(3)
  expect(drain(queue)).toBe(left)
})

test('who left knows nobody any more, so a queue keeps no dead stream alive', () => {
  const { queue, items } = queueOf('abc')
  queue.remove(items[1]!)
  expect(items[1]).toEqual(item('b'))
  drain(queue)
  expect(items).toEqual([item('a'), item('b'), item('c')])
  expect(queue.first).toBeUndefined()
})

test('an empty queue gives nobody', () => {
  expect(new StreamQueue<Item>().shift()).toBeUndefined()
})

test('a queue is a list, whoever comes and goes', () => {
  const deed = fc.record({ what: fc.constantFrom('push', 'shift', 'remove'), who: fc.nat({ max: 5 }) })
  fc.assert(
    fc.property(fc.array(deed), (deeds) => {
      const { queue, items } = queueOf('abcdef')
      const list = [...items]
      for (const { what, who } of deeds) {
        const each = items[who]!
        const stands = list.includes(each)
        if (what === 'shift') expect(queue.shift()).toBe(list.shift())
        else if (what === 'push' && !stands) {
          queue.push(each)
          list.push(each)
        } else if (what === 'remove' && stands) {
          queue.remove(each)
          list.splice(list.indexOf(each), 1)
        }
        expect(queue.size).toBe(list.length)
        expect(queue.first).toBe(list[0])
        expect(items.filter((one) => one.queue === queue)).toEqual(items.filter((one) => list.includes(one)))
      }
      expect(drain(queue)).toBe(list.map(({ name }) => name).join(''))
    }),
  )
})
