import { describe, expect, test } from '@jest/globals'
import {
  type Bytes,
  type Carrier,
  type Codec,
  type InFrame,
  type Limits,
  resolveLimits,
} from '@plexus/contract'
import { bytesOf, VirtualClock } from '@plexus/testkit'
import fc from 'fast-check'
import { Intake } from './intake.js'

/** Each byte is a frame. */
const byteCodec = {
  decode(chunk: Bytes, emit: (frame: InFrame) => boolean): number {
    let at = 0
    while (at < chunk.length) if (!emit(String.fromCharCode(chunk[at++]!) as never)) break
    return at
  },
} as unknown as Codec

function intakeWith(limits: Partial<Limits> = {}, onFrame: (frame: string) => void = () => {}) {
  const clock = new VirtualClock({ turns: 'byHand' })
  const frames: string[] = []
  /** `decode` got this many bytes. */
  const parts: number[] = []
  const carrier = { isPaused: false, pause: () => pause(true), resume: () => pause(false) }
  const pause = (isPaused: boolean) => void (carrier.isPaused = isPaused)
  const codec = {
    decode(chunk, emit) {
      parts.push(chunk.length)
      return byteCodec.decode(chunk, emit)
    },
  } as Codec
  const intake = new Intake({
    codec,
    carrier: carrier as unknown as Carrier,
    clock,
    limits: resolveLimits(limits),
    onFrame(frame) {
      frames.push(frame as unknown as string)
      onFrame(frame as unknown as string)
    },
    onWorked: () => undefined,
  })
  return { intake, clock, frames, parts, carrier }
}

describe('L11 the work of one turn', () => {
  const { framesPerTurn, bytesPerTurn, turnMs } = resolveLimits()

  test.each([
    [-1, false],
    [0, false],
    [1, true],
  ])('is 1,024 frames: at %d it is cut: %p', (beyond, isCut) => {
    const { intake, frames, carrier, clock } = intakeWith()
    intake.receive(new Uint8Array(framesPerTurn + beyond))
    expect([frames.length, carrier.isPaused]).toEqual([
      Math.min(framesPerTurn, framesPerTurn + beyond),
      isCut,
    ])
    clock.settleSync()
    expect([frames.length, carrier.isPaused]).toEqual([framesPerTurn + beyond, false])
  })

  test.each([
    [-1, [bytesPerTurn - 1]],
    [0, [bytesPerTurn]],
    [1, [bytesPerTurn, 1]],
  ])('is 256 KiB: at %d the codec gets %p', (beyond, expected) => {
    const { intake, parts, clock } = intakeWith({ framesPerTurn: Number.POSITIVE_INFINITY })
    intake.receive(new Uint8Array(bytesPerTurn + beyond))
    clock.settleSync()
    expect(parts).toEqual(expected)
  })

  test.each([
    [-0.5, 640],
    [0, 64],
    [0.5, 64],
  ])('is 2 ms, looked at every 64 frames: %d ms over it ends at frame %d', (over, handled) => {
    const { intake, frames, clock } = intakeWith({}, () => {
      if (frames.length === 64) clock.jump(turnMs + over)
    })
    intake.receive(new Uint8Array(640))
    expect(frames).toHaveLength(handled)
    clock.settleSync()
    expect(frames).toHaveLength(640)
  })

  test('begins anew with each turn', () => {
    const { intake, frames, clock } = intakeWith()
    const lengths: number[] = []
    intake.receive(new Uint8Array(3 * framesPerTurn))
    for (let turn = 0; turn < 2; turn += 1) {
      lengths.push(frames.length)
      clock.settleSync()
    }
    expect(lengths).toEqual([framesPerTurn, 3 * framesPerTurn])
  })
})

describe('what comes while the rest waits', () => {
  test('SS-1 is handled after it, in order', () => {
    const { intake, frames, clock } = intakeWith({ framesPerTurn: 2 })
    intake.receive(bytesOf('abcde'))
    intake.receive(bytesOf('fg'))
    intake.receive(bytesOf('h'))
    expect(frames.join('')).toBe('ab')
    clock.settleSync()
    expect(frames.join('')).toBe('abcdefgh')
  })

  test('SS-17 and the end comes after all of it, once', () => {
    const { intake, frames, clock } = intakeWith({ framesPerTurn: 2 })
    intake.receive(bytesOf('abcde'))
    intake.whenDone(() => frames.push('.'))
    expect(frames.join('')).toBe('ab')
    clock.settleSync()
    expect(frames.join('')).toBe('abcde.')
  })

  test('an end with nothing before it comes at once', () => {
    const { intake, frames } = intakeWith()
    intake.receive(bytesOf('a'))
    intake.whenDone(() => frames.push('.'))
    expect(frames.join('')).toBe('a.')
  })
})

describe('the carrier', () => {
  test('F03 stays held when the rest is handled, until it is released', () => {
    const { intake, carrier, clock } = intakeWith({ framesPerTurn: 2 })
    intake.receive(bytesOf('abcde'))
    intake.hold()
    clock.settleSync()
    expect(carrier.isPaused).toBe(true)
    intake.release()
    expect(carrier.isPaused).toBe(false)
  })

  test('is not let go by a release while the rest waits', () => {
    const { intake, carrier, clock } = intakeWith({ framesPerTurn: 2 })
    intake.hold()
    intake.receive(bytesOf('abcde'))
    intake.release()
    expect(carrier.isPaused).toBe(true)
    clock.settleSync()
    expect(carrier.isPaused).toBe(false)
  })

  test('a hold from inside a frame holds it', () => {
    const { intake, carrier, clock } = intakeWith(
      { framesPerTurn: 2 },
      (frame) => frame === 'c' && intake.hold(),
    )
    intake.receive(bytesOf('abcde'))
    clock.settleSync()
    expect(carrier.isPaused).toBe(true)
  })
})

describe('H44 once it is shut', () => {
  test('nothing is decoded any more: not the rest, not what comes', () => {
    const { intake, frames, clock } = intakeWith({ framesPerTurn: 2 })
    intake.receive(bytesOf('abcde'))
    intake.shut()
    intake.receive(bytesOf('fg'))
    clock.settleSync()
    expect(frames.join('')).toBe('ab')
  })

  test('not even the next frame of the chunk that brought the end', () => {
    const { intake, frames } = intakeWith({}, (frame) => frame === 'b' && intake.shut())
    intake.receive(bytesOf('abcde'))
    expect(frames.join('')).toBe('ab')
  })

  test('SS-17 the carrier reads on, and what it reads is dropped', () => {
    const { intake, carrier, frames } = intakeWith({ framesPerTurn: 2 })
    intake.receive(bytesOf('abcde'))
    intake.hold()
    intake.shut()
    expect(carrier.isPaused).toBe(false)
    expect(frames.join('')).toBe('ab')
  })
})

test('B02 the frames are those of the bytes, however these are cut, and whatever a turn may do', () => {
  const limits = fc.record({
    framesPerTurn: fc.integer({ min: 1, max: 10 }),
    bytesPerTurn: fc.integer({ min: 1, max: 10 }),
  })
  const chunk = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...'abcdefgh') })
  fc.assert(
    fc.property(limits, fc.array(fc.tuple(chunk, fc.boolean())), (limits, chunks) => {
      const { intake, frames, clock, parts } = intakeWith(limits)
      for (const [text, settles] of chunks) {
        intake.receive(bytesOf(text))
        if (settles) clock.settleSync()
      }
      intake.whenDone(() => frames.push('.'))
      clock.settleSync()
      expect(frames.join('')).toBe(`${chunks.map(([text]) => text).join('')}.`)
      expect(Math.max(0, ...parts)).toBeLessThanOrEqual(limits.bytesPerTurn)
    }),
  )
})

test('an end and a loss that wait for the bytes before them come in their order, also when nothing more is read', async () => {
  const { intake } = intakeWith({ framesPerTurn: 1 })
  const told: string[] = []
  intake.receive(new Uint8Array(3))
  intake.whenDone(() => told.push('end'))
  intake.whenDone(() => told.push('closed'))
  expect(told).toEqual([])
  intake.shut()
  expect(told).toEqual(['end', 'closed'])
})
