import { describe, expect, test } from '@jest/globals'
import { type Bytes, type Limits, resolveLimits, type Traits } from '@plexus/contract'
import { lineProtocol, VirtualClock } from '@plexus/testkit'
import { createActor } from 'xstate'
import { FloodGuard } from '../flow/flood-guard.js'
import { SendWindow } from '../flow/send-window.js'
import type { Stream } from '../stream/mux-stream.js'
import { Outbox } from '../stream/outbox.js'
import { TimerWheel } from '../time/timer-wheel.js'
import { outFramerMachine } from './out-framer.machine.js'
import { Pump } from './pump.js'

/** A pump at a carrier with `room`; `writes` is what each write of it brought, frame by frame. */
function pumpAt(room: number, said: { limits?: Partial<Limits>; traits?: Partial<Traits> } = {}) {
  const clock = new VirtualClock()
  const limits = resolveLimits(said.limits)
  const codec = lineProtocol(said.traits).create({ role: 'client', limits })
  const reader = lineProtocol(said.traits).create({ role: 'server', limits })
  const writes: string[][] = []
  const told: string[] = []
  const carrier = {
    room,
    queued: 0,
    write(chunks: readonly Bytes[]) {
      const bytes = Buffer.concat(chunks)
      const frames: string[] = []
      reader.decode(
        bytes,
        (frame) =>
          frames.push(
            [frame.type, 'id' in frame ? frame.id : '', 'charge' in frame ? frame.charge : '']
              .join(' ')
              .trim(),
          ) > 0,
      )
      writes.push(frames)
      carrier.queued += bytes.length
      carrier.room = Math.max(0, carrier.room - bytes.length)
    },
  }
  const windowBase = { initial: 65_536, highest: 0 }
  const sessionWindow = new SendWindow({ initial: 65_536, highest: 0 })
  const stats = { bytesSent: 0, framesSent: 0, streamsOpened: 0, streamsAccepted: 0 }
  const options = {
    codec,
    carrier,
    clock,
    limits,
    wheel: new TimerWheel(clock),
    stats,
    flood: new FloodGuard(limits, clock),
    sessionWindow,
    windowBase,
  }
  const pump: Pump = new Pump(options as never, {
    onWindowEmpty: () => told.push('session window empty'),
    onUnread: (what) => told.push(`unread ${what}`),
    calm: () => told.push('calm'),
    tick: () => undefined,
    onFlushed: () => undefined,
    judgeThrown: (error) => error,
    refuseMessage: (type) => told.push(`refused ${type}`),
  })
  pump.actor = createActor(outFramerMachine, { input: pump }).start()
  const stream = (id: number, bytes: number, priority = 3, incremental = true) => {
    const outbox = Object.assign(new Outbox(), { isOpen: true })
    const actor = {
      send: (message: { type: string; on?: string }) =>
        told.push([id, message.type, message.on].join(' ').trim()),
    }
    const made = {
      id,
      priority,
      incremental,
      turnsKept: 0,
      outbox,
      actor,
      sendWindow: new SendWindow(windowBase),
      noteSent: () => undefined,
    }
    outbox.push(new Uint8Array(bytes))
    pump.request(made as unknown as Stream)
    return made as unknown as Stream
  }
  const drain = (more: number) => {
    carrier.queued = 0
    carrier.room = more
    pump.resume()
  }
  return { clock, pump, carrier, writes, told, stream, drain, sessionWindow }
}

describe('the pump', () => {
  test('DM-8 writes once a turn, control before data, the urgent before the others', async () => {
    const { clock, pump, writes, stream } = pumpAt(1e6)
    stream(1, 10, 5)
    stream(3, 10, 1)
    pump.control({ type: 'ping', token: 1, ack: false })
    await clock.advance(1)
    expect(writes).toEqual([['ping', 'data 3 10', 'data 1 10']])
  })

  test('cuts to the frame limit and takes turns among equals', async () => {
    const { clock, writes, stream } = pumpAt(1e6, { limits: { sendFrame: 10 } })
    stream(1, 25)
    stream(3, 15)
    await clock.advance(1)
    expect(writes.flat()).toEqual(['data 1 10', 'data 3 10', 'data 1 10', 'data 3 5', 'data 1 5'])
  })

  test('RFC 9218 §10: serves one that takes no turns to its end, and those that do round about', async () => {
    const { clock, writes, stream } = pumpAt(1e6, { limits: { sendFrame: 10 } })
    stream(1, 25, 3, false)
    stream(3, 15, 3, false)
    stream(5, 15, 3)
    stream(7, 15, 3)
    await clock.advance(1)
    expect(writes.flat()).toEqual([
      ...['data 1 10', 'data 1 10', 'data 1 5', 'data 3 10', 'data 3 5'],
      ...['data 5 10', 'data 7 10', 'data 5 5', 'data 7 5'],
    ])
  })

  test('B04 gives the turn on after 32 frames, and keeps it for one more urgent at any time', async () => {
    const { clock, pump, writes, stream, drain } = pumpAt(1, { limits: { sendFrame: 1 } })
    stream(1, 100, 3, false)
    stream(3, 1, 3)
    const order = () => writes.flat().map((frame) => Number(frame.split(' ')[1]))
    const serve = async () => {
      await clock.advance(1)
      drain(1)
    }
    for (let i = 0; i < 5; i += 1) await serve()
    stream(5, 2, 1, false)
    for (let i = 0; i < 31; i += 1) await serve()
    expect(order()).toEqual([1, 1, 1, 1, 1, 5, 5, ...Array.from({ length: 27 }, () => 1), 3, 1])
    expect(pump.toJSON()).toMatchObject({ ready: 1 })
  })

  test('RFC 9218 §10: what waits for the session’s window keeps its order, and a turn that goes on comes first', async () => {
    const { clock, pump, writes, stream, sessionWindow } = pumpAt(1e6, { limits: { sendFrame: 10 } })
    sessionWindow.take(65_536)
    stream(1, 30, 3, false)
    stream(3, 10, 3, false)
    await clock.advance(1)
    for (const credit of [15, 10, 15]) {
      sessionWindow.add(credit, 2 ** 31 - 1)
      pump.sessionOpened()
      await clock.advance(1)
    }
    expect(writes).toEqual([['data 1 10', 'data 1 5'], ['data 1 10'], ['data 1 5', 'data 3 10']])
  })

  test('RFC 9218 §7: a stream that becomes urgent while it stands in line goes before the others', async () => {
    const { clock, pump, writes, stream } = pumpAt(1e6)
    stream(1, 10)
    const late = stream(3, 10)
    pump.reorder(late, 0, false)
    expect([late.priority, late.incremental]).toEqual([0, false])
    await clock.advance(1)
    expect(writes.flat()).toEqual(['data 3 10', 'data 1 10'])
  })

  test('B10 writes nothing to a full carrier, and goes on where it stopped when that drains', async () => {
    const { clock, pump, writes, stream, drain } = pumpAt(1)
    stream(1, 10)
    stream(3, 10)
    await clock.advance(1)
    expect([writes, pump.isStalled]).toEqual([[['data 1 10']], true])
    drain(1e6)
    await clock.advance(1)
    expect([writes.slice(1), pump.isStalled]).toEqual([[['data 3 10']], false])
  })

  test('holds a stream at its own window and serves the others; credit lets it go on', async () => {
    const { clock, pump, writes, told, stream } = pumpAt(1e6)
    const shut = stream(1, 10)
    shut.sendWindow.take(65_536)
    stream(3, 10)
    await clock.advance(1)
    expect([writes, told]).toEqual([[['data 3 10']], ['1 windowEmpty streamWindow']])
    shut.sendWindow.add(4, 2 ** 31 - 1)
    pump.streamOpened(shut)
    await clock.advance(1)
    expect(writes.slice(1)).toEqual([['data 1 4']])
  })

  test('a stream that left has nothing to give', async () => {
    const { clock, pump, writes, stream } = pumpAt(1e6)
    pump.leave(stream(1, 10))
    stream(3, 10)
    await clock.advance(1)
    expect(writes).toEqual([['data 3 10']])
  })

  test.each([
    [256, []],
    [257, ['unread answers']],
  ])('L03 owes a peer that does not read at most 256 answers: with %d', async (answers, told) => {
    const set = pumpAt(1)
    set.stream(1, 10)
    await set.clock.advance(1)
    for (let token = 1; token <= answers; token += 1) set.pump.answer({ type: 'ping', token, ack: true })
    expect(set.told).toEqual(told)
  })

  test.each([
    [16 * 1024 - 1, ['unread bytes']],
    [16 * 1024, []],
  ])('L13 gives a full carrier 30 s to take 16 KiB: it took %d', async (taken, told) => {
    const set = pumpAt(40_000)
    for (const id of [1, 3, 5]) set.stream(id, 16 * 1024)
    await set.clock.advance(1)
    set.carrier.queued -= taken
    await set.clock.advance(30_000)
    expect(set.told).toEqual(told)
  })

  test('writes nothing any more once it is shut', async () => {
    const { clock, pump, writes, stream } = pumpAt(1e6)
    stream(1, 10)
    pump.shut()
    pump.control({ type: 'ping', token: 1, ack: false })
    await clock.advance(1)
    expect(writes).toEqual([])
  })
})
