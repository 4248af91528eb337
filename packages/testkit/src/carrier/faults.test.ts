import { describe, expect, test } from '@jest/globals'
import {
  bytesOf,
  type Fault,
  faultBy,
  memoryPair,
  type Pieces,
  seededChance,
  VirtualClock,
} from '../index.js'

/** Writes `text` in chunks of `size` through the faults; what came at the far end, in words. */
async function come(text: string, faults: Fault[], size = 100, pieces: Pieces = 'merged'): Promise<string[]> {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ clock, faults: { a: faults }, pieces })
  const heard: string[] = []
  let bytes = ''
  const say = (what: string) => {
    heard.push(bytes, what)
    bytes = ''
  }
  a.start({ receive: () => undefined, drain: () => undefined, end: () => undefined, closed: () => undefined })
  b.start({
    receive: (chunk) => {
      bytes += String.fromCharCode(...chunk)
    },
    drain: () => undefined,
    end: () => say('end'),
    closed: (error) => say(error?.message ?? 'closed'),
  })
  for (let at = 0; at < text.length; at += size) a.write([bytesOf(text.slice(at, at + size))])
  a.end()
  await clock.settle()
  return [...heard, bytes].filter((one) => one !== '')
}

describe.each([100, 1, 3])('in writes of %i bytes', (size) => {
  test.each<[string, Fault[], string]>([
    ['a flip changes one byte by its mask', [{ kind: 'flip', at: 2, mask: 1 }], 'abbdefgh'],
    ['an insert stands before its place', [{ kind: 'insert', at: 2, bytes: bytesOf('XY') }], 'abXYcdefgh'],
    ['a drop loses its bytes', [{ kind: 'drop', at: 2, length: 4 }], 'abgh'],
    ['a duplicate of one byte comes twice', [{ kind: 'duplicate', at: 7 }], 'abcdefghh'],
    [
      'faults count bytes as they were written',
      [
        { kind: 'insert', at: 0, bytes: bytesOf('X') },
        { kind: 'drop', at: 1 },
        { kind: 'flip', at: 2, mask: 1 },
      ],
      'Xabdefgh',
    ],
    ['a fault behind the end does nothing', [{ kind: 'flip', at: 8 }], 'abcdefgh'],
  ])('%s', async (_name, faults, wanted) => {
    expect(await come('abcdefgh', faults, size)).toEqual([wanted, 'end'])
  })

  test.each([0, 1, 7, 8])('B01 a cut after byte %i lets no later byte through', async (at) => {
    const before = at === 0 ? [] : ['abcdefgh'.slice(0, at)]
    const cut = (how: 'reset' | 'end' | 'silence') => come('abcdefgh', [{ kind: 'cut', at, how }], size)
    expect(await cut('reset')).toEqual([...before, 'read ECONNRESET'])
    expect(await cut('end')).toEqual([...before, 'end'])
    expect(await cut('silence')).toEqual(before)
  })
})

test('a stall keeps what is behind it until its time is over', async () => {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ clock, faults: { a: [{ kind: 'stall', at: 2, forMs: 30 }] } })
  const sink = {
    receive: () => undefined,
    drain: () => undefined,
    end: () => undefined,
    closed: () => undefined,
  }
  let drains = 0
  a.start({ ...sink, drain: () => void drains++ })
  b.start(sink)
  a.write([bytesOf('abcd')])
  await clock.advance(29)
  expect([b.incoming.arrived.length, a.room, drains]).toEqual([2, 0, 0])
  await clock.advance(1)
  expect([b.incoming.arrived.length, a.room, drains, clock.pending]).toEqual([4, 65_536, 1, 0])
})

test('B05 same seed, same trace', async () => {
  const trace = (seed: number) => {
    const chance = seededChance(seed)
    return come('abcdefghijklmnop', [faultBy(chance, 16), faultBy(chance, 16)], 5, [1, 4])
  }
  const traces = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const [one, other] = [await trace(seed), await trace(seed)]
    expect(one).toEqual(other)
    traces.add(one.join())
  }
  expect(traces.size).toBeGreaterThan(20)
})
