import { describe, expect, test } from '@jest/globals'
import { bytesOf, type MemoryPairOptions, memoryPair, VirtualClock } from '../index.js'

/** A pair whose ends write what they hear into one log, with the time. */
function stage(options: Omit<MemoryPairOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ ...options, clock })
  const log: string[] = []
  const sinkOf = (name: string) => {
    const say = (what: string) => void log.push(`${name} ${what} at ${clock.now()}`)
    return {
      receive: (chunk: Uint8Array) => say(`"${String.fromCharCode(...chunk.subarray(0, 12))}"`),
      drain: () => say('drain'),
      end: () => say('end'),
      closed: (error?: Error) => say(error?.message ?? 'closed'),
    }
  }
  a.start(sinkOf('a'))
  b.start(sinkOf('b'))
  return { clock, a, b, log }
}

describe('a lane', () => {
  test('merges what was written in one turn, and keeps chunks apart only where told', async () => {
    const merged = stage()
    merged.a.write([bytesOf('one'), bytesOf('two')])
    merged.a.write([bytesOf('three')])
    await merged.clock.settle()
    expect(merged.log).toEqual(['b "onetwothree" at 0'])
    const apart = stage({ pieces: 'asWritten' })
    apart.a.write([bytesOf('one'), bytesOf('two')])
    await apart.clock.settle()
    expect(apart.log).toEqual(['b "one" at 0', 'b "two" at 0'])
  })

  test('takes as long as its latency says, and keeps the order when that shrinks', async () => {
    const { clock, a, log } = stage({ latencyMs: 30 })
    a.write([bytesOf('slow')])
    a.outgoing.latencyMs = 1
    a.write([bytesOf('fast')])
    a.end()
    await clock.advance(29)
    expect(log).toEqual([])
    await clock.advance(1)
    expect(log).toEqual(['b "slowfast" at 30', 'b end at 30'])
  })

  test('is full above its high water, and says drain when the far end has taken enough', async () => {
    const { clock, a, b, log } = stage({ highWater: 4 })
    b.pause()
    a.write([bytesOf('abcdef')])
    await clock.settle()
    expect([a.room, a.queued, log]).toEqual([0, 6, []])
    b.resume()
    await clock.settle()
    expect([a.room, a.queued, log]).toEqual([4, 0, ['b "abcdef" at 0', 'a drain at 0']])
  })

  test('that is stalled by hand has no room, and drains when it goes on', async () => {
    const { clock, a, log } = stage({ latencyMs: 5 })
    a.outgoing.stall()
    a.write([bytesOf('late')])
    expect(a.room).toBe(0)
    await clock.advance(100)
    expect(log).toEqual([])
    a.outgoing.unstall()
    await clock.settle()
    expect(log).toEqual(['b "late" at 100', 'a drain at 100'])
  })

  test('keeps what was written and what arrived, to be compared', async () => {
    const { clock, a, b } = stage({ faults: { a: [{ kind: 'drop', at: 0, length: 2 }] } })
    a.write([bytesOf('abcd')])
    await clock.settle()
    expect([a.outgoing.written, b.incoming.arrived]).toEqual([bytesOf('abcd'), bytesOf('cd')])
  })
})

describe('a cut by hand', () => {
  test('B01 comes after what is on its way, a cut at once loses that too', async () => {
    const { clock, a, log } = stage()
    a.write([bytesOf('last')])
    a.outgoing.cut('reset')
    await clock.settle()
    expect(log).toEqual(['b "last" at 0', 'b read ECONNRESET at 0', 'a read ECONNRESET at 0'])
    const now = stage()
    now.a.write([bytesOf('lost')])
    now.a.outgoing.cutNow('reset')
    await now.clock.settle()
    expect(now.log).toEqual(['b read ECONNRESET at 0', 'a read ECONNRESET at 0'])
  })

  test('B08 in silence is noticed by nobody: what is written piles up', async () => {
    const { clock, a, log } = stage({ highWater: 10 })
    a.outgoing.cut('silence')
    a.write([bytesOf('0123456789')])
    a.end()
    await clock.advance(1e9)
    expect([log, a.queued, a.outgoing.room]).toEqual([[], 10, 0])
    a.destroy()
    await clock.settle()
    expect(log).toEqual(['a closed at 1000000000'])
  })
})

describe('destroying an end', () => {
  test('still sends what was written, and the end', async () => {
    const { clock, a, b, log } = stage()
    a.write([bytesOf('bye')])
    a.destroy()
    await clock.settle()
    expect(log).toEqual(['b "bye" at 0', 'a closed at 0', 'b end at 0'])
    b.end()
    await clock.settle()
    expect(log.at(-1)).toBe('b closed at 0')
  })

  test('with bytes unread resets the far end, as a system does', async () => {
    const { clock, a, b, log } = stage()
    a.pause()
    b.write([bytesOf('unread')])
    a.write([bytesOf('bye')])
    a.destroy()
    await clock.settle()
    expect(log).toEqual(['b "bye" at 0', 'a closed at 0', 'b read ECONNRESET at 0'])
  })

  test('breaks whoever writes to it later', async () => {
    const { clock, a, b, log } = stage()
    a.destroy()
    await clock.settle()
    b.write([bytesOf('hello?')])
    await clock.settle()
    expect(log).toEqual(['b end at 0', 'a closed at 0', 'b write EPIPE at 0'])
  })

  test('leaves no timer behind', async () => {
    const { clock, a, b } = stage({ latencyMs: 50, faults: { a: [{ kind: 'stall', at: 0, forMs: 1000 }] } })
    a.write([bytesOf('x')])
    b.write([bytesOf('y')])
    await clock.advance(60)
    a.destroy()
    b.destroy()
    await clock.settle()
    expect(clock.pending).toBe(0)
  })
})

test('an end that starts after all is over is told so', async () => {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ clock })
  const heard: string[] = []
  const sink = { receive: () => undefined, drain: () => undefined, end: () => undefined }
  b.start({ ...sink, closed: () => undefined })
  b.destroy()
  a.destroy()
  await clock.settle()
  a.start({ ...sink, closed: () => void heard.push('closed') })
  expect(heard).toEqual([])
  await clock.settle()
  expect(heard).toEqual(['closed'])
})
