import { describe, expect, test } from '@jest/globals'
import { type Limits, type OpenOptions, PlexusError, resolveLimits } from '@plexus/contract'
import { VirtualClock } from '@plexus/testkit'
import type { Stream } from '../stream/mux-stream.js'
import { TimerWheel } from '../time/timer-wheel.js'
import { Opener } from './opener.js'

/** An opener at a peer with `places`; a stream that it opens is known by the order it was opened in. */
function openerWith(places: number, limits: Partial<Limits> = {}) {
  const created: OpenOptions[] = []
  const failed: string[] = []
  let taken = 0
  const clock = new VirtualClock()
  const opener = new Opener({
    limits: resolveLimits(limits),
    wheel: new TimerWheel(clock),
    hasPlace: () => taken < places,
    onRefuse: () => {},
    create(options) {
      if (options.priority === 7) throw new Error('cannot be encoded')
      taken += 1
      created.push(options)
      const fail = (code: string, blame: string) => void failed.push(`${code} by ${blame}`)
      return { id: created.length, closed: new Promise(() => {}), fail } as unknown as Stream
    },
  })
  opener.isOpen = true
  const leave = () => {
    taken -= 1
    opener.proceed()
  }
  return { opener, created, failed, leave, clock }
}

/** How a wait ended: the stream's number, or the error's code and whether the peer may have seen it. */
const endOf = (wait: Promise<{ id: number }>) =>
  wait.then(
    ({ id }) => id,
    (error: unknown) =>
      error instanceof PlexusError ? `${error.code}, processed: ${error.processed}` : String(error),
  )

/** Lets every promise that is settled tell so. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('opening a stream', () => {
  test('happens at once where there is a place', () => {
    const { opener, created } = openerWith(1)
    void opener.open({ priority: 2 })
    expect([created, opener.pending]).toEqual([[{ priority: 2 }], 0])
  })

  test('AM-6 waits no longer than it may, and gives its place in line up', async () => {
    const { opener, created, leave, clock } = openerWith(1)
    void opener.open({})
    const [late, next] = [endOf(opener.open({ timeoutMs: 500 })), endOf(opener.open({ timeoutMs: 5000 }))]
    await clock.advance(499)
    expect(opener.pending).toBe(2)
    await clock.advance(100)
    expect(await late).toBe('TIMEOUT, processed: no')
    leave()
    expect([await next, created.length]).toEqual([2, 2])
    await clock.advance(10_000)
    expect(await next).toBe(2)
  })

  test('DM-16 waits in line at the peer’s limit, and is first come, first served', async () => {
    const { opener, leave } = openerWith(1)
    const ends = [1, 2, 3].map(() => endOf(opener.open({})))
    expect(opener.pending).toBe(2)
    leave()
    leave()
    expect(await Promise.all(ends)).toEqual([1, 2, 3])
  })

  test('waits before the session is open, and nobody later goes before it', async () => {
    const { opener, created } = openerWith(3)
    opener.isOpen = false
    const early = endOf(opener.open({ priority: 1 }))
    opener.isOpen = true
    const late = endOf(opener.open({ priority: 2 }))
    expect(created).toEqual([])
    opener.proceed()
    expect([await early, await late]).toEqual([1, 2])
  })

  test.each([-1, 0, 1])('L02 fails typed when the line has its limit of places, at %d', async (beyond) => {
    const { opener } = openerWith(0, { maxPendingOpens: 10 })
    for (let line = 0; line < 10 + beyond - 1; line += 1) void opener.open({}).catch(() => {})
    const end = endOf(opener.open({}))
    expect(opener.pending).toBe(Math.min(10, 10 + beyond))
    opener.refuse(new PlexusError('over', { scope: 'session', code: 'CANCEL', blame: 'us', processed: 'no' }))
    expect(await end).toBe(beyond > 0 ? 'REFUSED_STREAM, processed: no' : 'CANCEL, processed: no')
  })

  test('of what cannot be encoded fails alone: those behind it are opened', async () => {
    const { opener, leave } = openerWith(1)
    const ends = [endOf(opener.open({})), endOf(opener.open({ priority: 7 })), endOf(opener.open({}))]
    leave()
    expect(await Promise.all(ends)).toEqual([1, 'Error: cannot be encoded', 2])
    expect(await endOf(openerWith(1).opener.open({ priority: 7 }))).toBe('Error: cannot be encoded')
  })
})

describe('giving up', () => {
  test('before the line sends nothing', async () => {
    const { opener, created } = openerWith(1)
    expect(await endOf(opener.open({ signal: AbortSignal.abort() }))).toBe('CANCEL, processed: no')
    expect(created).toEqual([])
  })

  test('in the line frees its place, and those behind move up', async () => {
    const { opener, leave } = openerWith(1)
    const controller = new AbortController()
    void opener.open({})
    const second = endOf(opener.open({ signal: controller.signal }))
    const third = endOf(opener.open({}))
    controller.abort()
    expect([await second, opener.pending]).toEqual(['CANCEL, processed: no', 1])
    leave()
    expect(await third).toBe(2)
  })

  test('in the line only: the signal is asked for where there is a wait, and does nothing after it', async () => {
    const { opener, failed, leave } = openerWith(1)
    const controller = new AbortController()
    let asked = 0
    const waitSignal = () => {
      asked += 1
      return controller.signal
    }
    await opener.open({ waitSignal })
    expect(asked).toBe(0)
    const [second, other] = [endOf(opener.open({ waitSignal })), new AbortController()]
    const third = endOf(opener.open({ waitSignal: () => other.signal }))
    controller.abort()
    expect([await second, asked, opener.pending]).toEqual(['CANCEL, processed: no', 1, 1])
    leave()
    expect(await third).toBe(2)
    other.abort()
    await turn()
    expect(failed).toEqual([])
  })

  test('after the opening resets the stream, once', async () => {
    const { opener, failed } = openerWith(1)
    const controller = new AbortController()
    await opener.open({ signal: controller.signal })
    controller.abort()
    await turn()
    expect(failed).toEqual(['CANCEL by application'])
  })

  test.each([['a text'], [null], [Object.create(null)]])('B11 may have any reason: %p', async (reason) => {
    const { opener, failed } = openerWith(1)
    const controller = new AbortController()
    await opener.open({ signal: controller.signal })
    controller.abort(reason)
    expect(failed).toEqual(['CANCEL by application'])
  })

  test('is heard by the stream, too, if it was opened from the line', async () => {
    const { opener, failed, leave } = openerWith(1)
    const controller = new AbortController()
    void opener.open({})
    const second = opener.open({ signal: controller.signal })
    leave()
    await second
    controller.abort()
    expect(failed).toEqual(['CANCEL by application'])
  })
})

describe('SS-6 when the session goes away', () => {
  const away = (message: string) =>
    new PlexusError(message, { scope: 'session', code: 'REFUSED_STREAM', blame: 'us', processed: 'no' })

  test('all that wait fail, surely unprocessed, and so does whoever comes later', async () => {
    const { opener, created } = openerWith(0)
    const ends = [1, 2, 3].map(() => endOf(opener.open({})))
    opener.refuse(away('first'))
    ends.push(endOf(opener.open({})))
    expect(await Promise.all(ends)).toEqual(Array(4).fill('REFUSED_STREAM, processed: no'))
    expect([created, opener.pending]).toEqual([[], 0])
  })

  test('the first reason is the one that is told', async () => {
    const { opener } = openerWith(1)
    opener.refuse(away('first'))
    opener.refuse(away('second'))
    await expect(opener.open({})).rejects.toThrow('first')
  })
})

test('SS-13 a thousand openings at once are opened in the order they were asked for', async () => {
  const { opener, leave } = openerWith(10)
  const opened: number[] = []
  const all = Array.from({ length: 1000 }, (_, index) =>
    opener.open({ priority: 0 }).then(({ id }) => void opened.push(index === id - 1 ? id : Number.NaN)),
  )
  for (let done = 0; done < 990; done += 1) leave()
  await Promise.all(all)
  expect(opened).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
})
