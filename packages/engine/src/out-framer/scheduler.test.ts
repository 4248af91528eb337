import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AGEING_LIMIT, Scheduler } from './scheduler.js'
import type { Queued } from './stream-queue.js'

interface Item extends Queued {
  readonly name: string
}

const item = (name: string, priority: number): Item => ({
  name,
  priority,
  queue: undefined,
  ahead: undefined,
  behind: undefined,
})

/** A scheduler with one item for each name; the digit in the name is its priority. */
function lineOf(...names: string[]) {
  const scheduler = new Scheduler<Item>()
  const items = names.map((name) => item(name, Number(/\d/.exec(name))))
  for (const each of items) scheduler.push(each)
  return { scheduler, items }
}

/** Who writes in the next `frames` turns, when everybody always has more to write. */
function busy(scheduler: Scheduler<Item>, frames: number): string[] {
  return Array.from({ length: frames }, () => {
    const next = scheduler.pop()!
    scheduler.push(next)
    return next.name
  })
}

/** Who writes until nobody stands in line, one frame each. */
function once(scheduler: Scheduler<Item>): string[] {
  return Array.from({ length: scheduler.size }, () => scheduler.pop()!.name)
}

describe('who writes next', () => {
  test('DM-8 SS-2 is the lowest priority number, then who came first', () => {
    const { scheduler } = lineOf('p7', 'p0', 'p3', 'p3 too', 'p0 too')
    expect(once(scheduler)).toEqual(['p0', 'p0 too', 'p3', 'p3 too', 'p7'])
  })

  test('DM-9 equals take turns, frame by frame', () => {
    const { scheduler } = lineOf('a3', 'b3', 'c3')
    expect(busy(scheduler, 7)).toEqual(['a3', 'b3', 'c3', 'a3', 'b3', 'c3', 'a3'])
  })

  test('a more urgent one goes before all that stand in line, at once', () => {
    const { scheduler } = lineOf('a3', 'b3')
    expect(busy(scheduler, 1)).toEqual(['a3'])
    scheduler.push(item('urgent', 1))
    expect(busy(scheduler, 3)).toEqual(['urgent', 'urgent', 'urgent'])
  })

  test('who asks twice stands in line once', () => {
    const { scheduler, items } = lineOf('a3', 'b3')
    scheduler.push(items[0]!)
    expect(once(scheduler)).toEqual(['a3', 'b3'])
  })

  test('DM-10 who left is not served, and keeps nobody waiting', () => {
    const { scheduler, items } = lineOf('a0', 'b0', 'c3')
    scheduler.remove(items[0]!)
    scheduler.remove(items[0]!)
    expect(scheduler.has(items[0]!)).toBe(false)
    expect(once(scheduler)).toEqual(['b0', 'c3'])
    expect(scheduler.pop()).toBeUndefined()
  })

  test('the urgency of a line is that of its most urgent; 8 if nobody stands there', () => {
    const { scheduler } = lineOf('a6', 'b2')
    const urgencies = [scheduler.urgency]
    while (scheduler.pop() !== undefined) urgencies.push(scheduler.urgency)
    expect(urgencies).toEqual([2, 6, 8])
  })
})

describe('B04 nobody starves', () => {
  test(`a level that was passed over ${AGEING_LIMIT} times goes next, then waits as long again`, () => {
    const { scheduler } = lineOf('a0', 'z7')
    const served = busy(scheduler, 3 * AGEING_LIMIT)
    const turns = served.flatMap((name, turn) => (name === 'z7' ? [turn] : []))
    expect(turns).toEqual([AGEING_LIMIT - 1, 2 * AGEING_LIMIT - 1, 3 * AGEING_LIMIT - 1])
  })

  test('seven aged levels follow each other, and the most urgent waits for no more than these seven frames', () => {
    const { scheduler } = lineOf('p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7')
    const served = busy(scheduler, AGEING_LIMIT + 7)
    expect(served.slice(AGEING_LIMIT - 1)).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p0'])
  })

  test('the rest of the frames, 31 of 32, are the most urgent level’s', () => {
    const { scheduler } = lineOf('a0', 'z7')
    const served = busy(scheduler, 100 * AGEING_LIMIT)
    expect(served.filter((name) => name === 'a0')).toHaveLength(100 * (AGEING_LIMIT - 1))
  })
})

describe('in any history', () => {
  /** At the head of its level one waits for its own level's turn, behind seven others that may have aged, twice. */
  const LONGEST_WAIT = AGEING_LIMIT + 2 * 7
  const priority = fc.integer({ min: 0, max: 7 })
  const coming = fc.record({ what: fc.constantFrom('come', 'leave'), priority })
  const serving = fc.record({ what: fc.constantFrom('serve', 'serve and go'), frames: fc.nat({ max: 60 }) })
  const deed: fc.Arbitrary<Deed> = fc.oneof(coming, coming, serving)

  interface Deed {
    readonly what: string
    readonly priority?: number
    readonly frames?: number
  }

  interface Served {
    readonly item: Item
    /** Who stood in line, in the order they came. */
    readonly line: readonly Item[]
    /** How many frames went by since the item became the first of its level. */
    readonly waited: number
    /** How many went by since its level was last served, or last seen empty. */
    readonly passedOver: number
  }

  /** Plays it, with a plain list beside the scheduler. */
  function play(deeds: readonly Deed[], check: (served: Served) => void): void {
    const scheduler = new Scheduler<Item>()
    let line: Item[] = []
    const headSince = new Map<Item, number>()
    const levelSince = new Array<number>(8).fill(0)
    let frame = 0
    let names = 0
    const noteHeads = () => {
      for (let level = 0; level < 8; level += 1) {
        const head = line.find((each) => each.priority === level)
        if (head !== undefined && !headSince.has(head)) headSince.set(head, frame)
      }
    }
    const noteEmpty = () => {
      for (let level = 0; level < 8; level += 1)
        if (line.every((each) => each.priority !== level)) levelSince[level] = frame
    }
    const leave = (each: Item) => {
      line = line.filter((other) => other !== each)
      headSince.delete(each)
    }
    for (const { what, priority = 0, frames = 0 } of deeds) {
      if (what === 'come') {
        const each = item(String(names++), priority)
        scheduler.push(each)
        line.push(each)
      } else if (what === 'leave') {
        const each = line.find((one) => one.priority >= priority)
        if (each !== undefined) {
          scheduler.remove(each)
          leave(each)
        }
      }
      noteHeads()
      for (let served = 0; served < frames; served += 1) {
        noteEmpty()
        const each = scheduler.pop()
        if (each === undefined) {
          if (line.length > 0) throw new Error(`nobody is served, ${line.length} stand in line`)
          break
        }
        const { priority } = each
        check({
          item: each,
          line,
          waited: frame - headSince.get(each)!,
          passedOver: frame - levelSince[priority]!,
        })
        frame += 1
        levelSince[priority] = frame
        leave(each)
        if (what === 'serve') {
          scheduler.push(each)
          line.push(each)
        }
        noteHeads()
      }
      if (scheduler.size !== line.length) throw new Error(`${scheduler.size} of ${line.length} stand in line`)
    }
  }

  const always = (check: (served: Served) => void) =>
    fc.assert(fc.property(fc.array(deed, { maxLength: 60, size: 'max' }), (deeds) => play(deeds, check)))

  test('SS-1 of one level the first to come is the first to write', () => {
    always(({ item, line }) => {
      if (line.find(({ priority }) => priority === item.priority) !== item)
        throw new Error(`${item.name} jumped the line`)
    })
  })

  test(`B04 the first of a level waits for at most ${LONGEST_WAIT} frames of others`, () => {
    always(({ item, waited }) => {
      if (waited > LONGEST_WAIT)
        throw new Error(`${item.name} at ${item.priority} waited for ${waited} frames`)
    })
  })

  test(`DM-8 a level that goes before a more urgent one was passed over ${AGEING_LIMIT - 1} times before`, () => {
    always(({ item, line, passedOver }) => {
      const isFirst = line.every(({ priority }) => priority >= item.priority)
      if (!isFirst && passedOver < AGEING_LIMIT - 1)
        throw new Error(`${item.name} at ${item.priority} was passed over ${passedOver} times only`)
    })
  })
})
