import { describe, expect, test } from '@jest/globals'
import { type Limits, resolveLimits, type Traits } from '@plexus/contract'
import { lineProtocol } from '@plexus/testkit'
import fc from 'fast-check'
import { Inbox } from '../stream/inbox.js'
import type { Stream } from '../stream/mux-stream.js'
import { Budget } from './budget.js'
import { Receiver } from './receiver.js'

const FIRST = 65_536

function receiverWith(traits: Partial<Traits> = {}, limits: Partial<Limits> = {}, budget?: Budget) {
  const grants: [id: number, credit: number][] = []
  const held: boolean[] = []
  const measured: true[] = []
  const receiver = new Receiver({
    traits: lineProtocol(traits).traits,
    limits: resolveLimits(limits),
    budget,
    grant: (id, credit) => void grants.push([id, credit]),
    measure: () => void measured.push(true),
    hold: () => void held.push(true),
    release: () => void held.push(false),
  })
  return { receiver, grants, held, measured }
}

/** As much of a stream as the receiver knows. */
function streamOf(receiver: Receiver, id = 1): Stream {
  const inbox = new Inbox()
  inbox.gate = 'open'
  return { id, inbox, receiveWindow: receiver.window() } as unknown as Stream
}

/** What dispatch does with a frame that no fault meets. */
function arrive(receiver: Receiver, stream: Stream, bytes: number, padding = 0, now = 0): boolean {
  expect(receiver.charge(stream, bytes + padding)).toBeUndefined()
  receiver.creditSession(padding, now)
  receiver.creditStream(stream, padding, now)
  stream.inbox.take(new Uint8Array(bytes))
  return receiver.keep(stream, bytes)
}

const SLOW = 1_000_000

describe('SS-16 the session’s window', () => {
  test('is widened to 1 MiB at the start, or to what the session may hold', () => {
    const roomy = receiverWith()
    roomy.receiver.start()
    expect(roomy.grants).toEqual([[0, 1024 * 1024 - FIRST]])

    const narrow = receiverWith({}, { sessionReceive: 100_000 })
    narrow.receiver.start()
    expect(narrow.grants).toEqual([[0, 100_000 - FIRST]])
  })

  test('stays as the protocol has it where the session may hold no more', () => {
    const { receiver, grants } = receiverWith({}, { sessionReceive: FIRST })
    receiver.start()
    expect(grants).toEqual([])
  })

  test('is unheard of where the protocol has none', () => {
    const { receiver, grants } = receiverWith({ sessionWindow: false })
    receiver.start()
    expect(receiver.charge(undefined, FIRST + 1)).toBeUndefined()
    receiver.creditSession(FIRST, 0)
    expect(grants).toEqual([])
  })

  test('B09 grows with what nobody reads, as far as its limit, before those who read are kept waiting', () => {
    const { receiver, grants } = receiverWith({}, { sessionReceive: 3 * FIRST })
    for (const id of [1, 3, 5]) arrive(receiver, streamOf(receiver, id), FIRST / 2)
    expect(grants).toEqual([
      [0, FIRST],
      [0, FIRST],
    ])
    for (const id of [7, 9, 11]) arrive(receiver, streamOf(receiver, id), FIRST / 2)
    expect(receiver.charge(undefined, 1)).toBe('overSessionWindow')
  })

  test('H34 is exceeded by the byte that is one too many, whichever stream it is for', () => {
    const { receiver } = receiverWith({ initialStreamWindow: 10 * FIRST }, { sessionReceive: FIRST })
    arrive(receiver, streamOf(receiver, 1), FIRST - 1)
    arrive(receiver, streamOf(receiver, 3), 1)
    expect(receiver.charge(streamOf(receiver, 5), 1)).toBe('overSessionWindow')
  })

  test('is given back what came for a stream that is gone', () => {
    const { receiver, grants } = receiverWith()
    receiver.charge(undefined, FIRST)
    receiver.creditSession(FIRST, SLOW)
    expect(grants).toEqual([[0, FIRST]])
  })
})

describe('a stream’s window', () => {
  test('H34 is exceeded by the byte that is one too many', () => {
    const { receiver } = receiverWith({ initialSessionWindow: 10 * FIRST })
    const stream = streamOf(receiver)
    arrive(receiver, stream, FIRST)
    expect(receiver.charge(stream, 1)).toBe('overStreamWindow')
  })

  test('SS-3 is its own: one that nobody reads leaves the next one all of its bytes', () => {
    const { receiver } = receiverWith()
    receiver.start()
    expect(arrive(receiver, streamOf(receiver, 1), FIRST)).toBe(true)
    expect(arrive(receiver, streamOf(receiver, 3), FIRST - 1)).toBe(false)
  })

  test('DM-19 is given nothing back after the peer’s end; the session is', () => {
    const { receiver, grants } = receiverWith({}, { sessionReceive: FIRST })
    const stream = streamOf(receiver)
    arrive(receiver, stream, FIRST)
    stream.inbox.gate = 'ended'
    receiver.giveBack(stream, FIRST, SLOW)
    expect(grants).toEqual([[0, FIRST]])
  })

  test('H12 padding comes back at once, without a reader', () => {
    const { receiver, grants } = receiverWith()
    const stream = streamOf(receiver)
    for (let frame = 1; frame <= 512; frame += 1) arrive(receiver, stream, 0, 256, frame * SLOW)
    expect(grants.filter(([id]) => id === 1)).toHaveLength(8)
    expect(stream.receiveWindow.granted).toBe(FIRST)
  })

  test('grows out of what the session may hold, and gives it back for the next stream', () => {
    const { receiver } = receiverWith({ sessionWindow: false }, { sessionReceive: FIRST })
    const [first, second] = [streamOf(receiver, 1), streamOf(receiver, 3)]
    const readAll = (stream: Stream) => {
      arrive(receiver, stream, FIRST)
      receiver.giveBack(stream, FIRST, 0)
      return stream.receiveWindow.target
    }
    expect([readAll(first), readAll(first)]).toEqual([FIRST, 2 * FIRST])
    expect([readAll(second), readAll(second)]).toEqual([FIRST, FIRST])
    first.receiveWindow.close()
    expect(readAll(second)).toBe(2 * FIRST)
  })
})

describe('a round trip', () => {
  const readAt = (receiver: Receiver, stream: Stream, now: number) => {
    const bytes = stream.receiveWindow.granted
    arrive(receiver, stream, bytes)
    receiver.giveBack(stream, bytes, now)
    return stream.receiveWindow.target
  }

  test('is asked for when a window first grows, and every ten seconds that one does', () => {
    const { receiver, measured } = receiverWith({ sessionWindow: false })
    /** The time of a first credit is not known; the second comes a millisecond later. */
    const growAt = (id: number, now: number) => {
      const stream = streamOf(receiver, id)
      readAt(receiver, stream, now - 1)
      return readAt(receiver, stream, now)
    }
    const askedAt = [1, 40, 10_000, 10_001, 20_000].map((now, index) => {
      expect(growAt(2 * index + 1, now)).toBe(2 * FIRST)
      return measured.splice(0).length
    })
    expect(askedAt).toEqual([1, 0, 0, 1, 0])
  })

  test('is not asked for by a reader that needs no more than it has', () => {
    const { receiver, measured } = receiverWith({ sessionWindow: false })
    const stream = streamOf(receiver)
    readAt(receiver, stream, 0)
    measured.length = 0
    for (let turn = 1; turn < 10; turn += 1) readAt(receiver, stream, turn * SLOW)
    expect(measured).toEqual([])
  })

  test('decides whether a window grows; none counts as shorter than two milliseconds', () => {
    const grows = (roundTripMs: number, everyMs: number) => {
      const { receiver } = receiverWith({ sessionWindow: false })
      const stream = streamOf(receiver)
      receiver.roundTripMs = roundTripMs
      readAt(receiver, stream, 0)
      const { target } = stream.receiveWindow
      return readAt(receiver, stream, everyMs) > target
    }
    expect([grows(100, 199), grows(100, 200), grows(0.1, 3.9), grows(0.1, 4)]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })
})

describe('F03 without windows on the wire', () => {
  const windowless = { streamWindow: false, sessionWindow: false }

  test('the carrier is held at the byte that fills the session, once, and let go at half of it', () => {
    const { receiver, held } = receiverWith(windowless, { sessionReceive: 1000 })
    const stream = streamOf(receiver)
    arrive(receiver, stream, 999)
    expect(held).toEqual([])
    arrive(receiver, stream, 1)
    arrive(receiver, stream, 500)
    expect(held).toEqual([true])
    receiver.giveBack(stream, 999, 0)
    expect(held).toEqual([true])
    receiver.giveBack(stream, 1, 0)
    expect(held).toEqual([true, false])
  })

  test('a session that holds nothing is not held for what others hold of the process’s bytes', () => {
    const process = new Budget(1000)
    process.charge(1000)
    const { receiver, held } = receiverWith(windowless, {}, process)
    const stream = streamOf(receiver)
    arrive(receiver, stream, 1)
    receiver.giveBack(stream, 1, 0)
    expect(held).toEqual([true, false])
  })

  test('L10 a stream is full at what one stream may hold: at −1, 0 and +1', () => {
    const fullAt = (bytes: number) => {
      const { receiver } = receiverWith(windowless)
      return arrive(receiver, streamOf(receiver), bytes)
    }
    const { streamReceive } = resolveLimits()
    expect([-1, 0, 1].map((beyond) => fullAt(streamReceive + beyond))).toEqual([false, true, true])
  })
})

describe('H35 after any mix of data, padding, reads, drops and late data for streams that are gone', () => {
  const WINDOW = 1000
  const bytes = fc.oneof(fc.nat({ max: 80 }), fc.constant(WINDOW))
  const deed = fc.record({
    what: fc.constantFrom('send', 'send', 'read', 'drop', 'late'),
    who: fc.nat({ max: 2 }),
    bytes,
    padding: fc.nat({ max: 20 }),
  })

  test('the peer’s credit and what is unread are more than half of the session’s window, and never more than all of it', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60, size: 'max' }), (deeds) => {
        const { receiver, grants } = receiverWith(
          { initialSessionWindow: WINDOW, initialStreamWindow: WINDOW },
          { sessionReceive: WINDOW },
        )
        const streams = [streamOf(receiver, 1), streamOf(receiver, 3), streamOf(receiver, 5)]
        let credit = WINDOW
        for (const { what, who, bytes, padding } of deeds) {
          const stream = streams[who]!
          const room = Math.min(credit, stream.receiveWindow.granted)
          if (what === 'send' && room > padding) {
            const payload = Math.min(bytes, room - padding)
            arrive(receiver, stream, payload, padding)
            credit -= payload + padding
          } else if (what === 'late') {
            const late = Math.min(bytes, credit)
            receiver.charge(undefined, late)
            receiver.creditSession(late, SLOW)
            credit -= late
          } else if (what === 'read') {
            const read = stream.inbox.shift()
            if (read !== undefined) receiver.giveBack(stream, read.length, SLOW)
          } else if (what === 'drop') {
            const dropped = stream.inbox.drop()
            stream.inbox.gate = 'shut'
            receiver.giveBack(stream, dropped, SLOW)
            stream.receiveWindow.close()
            streams[who] = streamOf(receiver, stream.id + 6)
          }
          for (const [id, granted] of grants.splice(0)) if (id === 0) credit += granted
          const unread = streams.reduce((sum, each) => sum + each.inbox.size, 0)
          if (receiver.unread.used !== unread)
            throw new Error(`${receiver.unread.used} of ${unread} in the books`)
          if (credit + unread <= WINDOW / 2 || credit + unread > WINDOW) {
            throw new Error(`the peer may send ${credit}, ${unread} are unread, of ${WINDOW}`)
          }
        }
      }),
    )
  })
})
