import { describe, expect, test } from '@jest/globals'
import { PlexusError, type Role } from '@plexus/contract'
import { VirtualClock } from '@plexus/testkit'
import { TimerWheel } from '../time/timer-wheel.js'
import { Pings, tokenAfter } from './pings.js'

const TIMEOUT = 15_000

function pingsOf(role: Role = 'client') {
  const clock = new VirtualClock()
  const wheel = new TimerWheel(clock)
  const sent: number[] = []
  const measured: number[] = []
  const pings = new Pings({
    role,
    clock,
    wheel,
    timeoutMs: TIMEOUT,
    send: (token) => void sent.push(token),
    noteRoundTrip: (ms) => void measured.push(ms),
  })
  return { clock, wheel, pings, sent, measured }
}

/** How a wait ended: its time, or the code of its error. */
const endOf = (wait: Promise<number>) => wait.catch((error: PlexusError) => error.code)
const lost = new PlexusError('gone', { scope: 'session', code: 'CONNECTION_LOST', blame: 'carrier' })

describe('a ping', () => {
  test('settles with the time from its sending to its answer', async () => {
    const { clock, pings, sent, measured } = pingsOf()
    const wait = pings.send()
    clock.jump(42)
    expect(pings.receive(sent[0]!)).toBe(true)
    expect([await wait, measured]).toEqual([42, [42]])
  })

  test.each([-1, 0, 1])('L13 that is answered at %d ms of its time-out', async (beyond) => {
    const { clock, pings, sent } = pingsOf()
    const end = endOf(pings.send())
    await clock.advance(TIMEOUT + beyond)
    const isInTime = pings.receive(sent[0]!)
    expect([isInTime, await end]).toEqual(beyond < 0 ? [true, TIMEOUT + beyond] : [false, 'TIMEOUT'])
  })

  test('without a time-out waits as long as the session', async () => {
    const { clock, wheel, pings } = pingsOf()
    const end = endOf(pings.send({ timeoutMs: 0 }))
    await clock.advance(1000 * TIMEOUT)
    expect(wheel.size).toBe(0)
    pings.failAll(lost)
    expect(await end).toBe('CONNECTION_LOST')
  })

  test('can be given up; its late answer is nobody’s', async () => {
    const { pings, sent, wheel } = pingsOf()
    const controller = new AbortController()
    const end = endOf(pings.send({ signal: controller.signal }))
    controller.abort()
    expect([await end, pings.receive(sent[0]!), wheel.size]).toEqual(['CANCEL', false, 0])
  })

  test('that was given up before it was sent is not sent', async () => {
    const { pings, sent } = pingsOf()
    expect(await endOf(pings.send({ signal: AbortSignal.abort() }))).toBe('CANCEL')
    expect(sent).toEqual([])
  })

  test('that is answered leaves no timer and no listener behind', async () => {
    const { pings, sent, wheel, clock } = pingsOf()
    const { signal } = new AbortController()
    let listeners = 0
    const count = (by: number) => () => void (listeners += by)
    Object.assign(signal, { addEventListener: count(1), removeEventListener: count(-1) })
    const wait = pings.send({ signal })
    pings.receive(sent[0]!)
    await wait
    await clock.settle()
    expect([wheel.size, listeners]).toEqual([0, 0])
  })
})

describe('SS-14 pings in parallel', () => {
  test('have ids of their own, and each settles by its own answer', async () => {
    const { clock, pings, sent } = pingsOf()
    const waits = Array.from({ length: 10 }, () => pings.send())
    expect(new Set(sent).size).toBe(10)
    for (const token of [...sent].reverse()) {
      clock.jump(1)
      pings.receive(token)
    }
    expect(await Promise.all(waits)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  test('all settle when the session goes', async () => {
    const { pings, wheel } = pingsOf()
    const ends = Array.from({ length: 10 }, () => endOf(pings.send()))
    pings.failAll(lost)
    expect(await Promise.all(ends)).toEqual(Array(10).fill('CONNECTION_LOST'))
    expect(wheel.size).toBe(0)
  })

  test.each([
    ['a 256th', 255, true],
    ['a 257th', 256, false],
  ])('are 256 at most: %s is sent or refused', async (_, out, isSent) => {
    const { pings, sent } = pingsOf()
    for (let ping = 0; ping < out; ping += 1) void pings.send()
    const end = endOf(pings.send())
    expect(sent).toHaveLength(isSent ? out + 1 : out)
    pings.failAll(lost)
    expect(await end).toBe(isSent ? 'CONNECTION_LOST' : 'ENHANCE_YOUR_CALM')
  })
})

describe('H49 an answer', () => {
  test('that nobody asked for is not taken for one', () => {
    const { pings, measured } = pingsOf()
    expect([pings.receive(1), pings.receive(2n ** 63n), measured]).toEqual([false, false, []])
  })

  test('that comes twice counts once', async () => {
    const { pings, sent } = pingsOf()
    const wait = pings.send()
    expect([pings.receive(sent[0]!), pings.receive(sent[0]!)]).toEqual([true, false])
    expect(await wait).toBe(0)
  })
})

describe('tokens', () => {
  test.each([
    ['client', [1, 3, 5]],
    ['server', [2, 4, 6]],
  ] as const)('of a %s are %p …', (role, tokens) => {
    const { pings, sent } = pingsOf(role)
    for (const _ of tokens) void pings.send()
    expect(sent).toEqual(tokens)
  })

  test.each([
    [2 ** 31 - 5, 2 ** 31 - 3],
    [2 ** 31 - 3, 2 ** 31 - 1],
    [2 ** 31 - 1, 1],
    [2 ** 31 - 4, 2 ** 31 - 2],
    [2 ** 31 - 2, 2],
  ])('Y12 B20 stay their side’s when they come round at 2^31: after %d comes %d', (token, next) => {
    expect(tokenAfter(token)).toBe(next)
  })
})
