import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SendWindow } from './send-window.js'

const MAX = 2 ** 31 - 1

test('H33 settings can take back what was granted: the window goes below zero and waits for its way back', () => {
  const base = { initial: 65_536, highest: 0 }
  const window = new SendWindow(base)
  window.take(60_000)
  base.initial = 16_384
  expect(window.available).toBe(16_384 - 60_000)
  expect(window.add(43_616, MAX)).toBe(true)
  expect(window.available).toBe(0)
  expect(window.add(1, MAX)).toBe(true)
  expect(window.available).toBe(1)
})

test('H06 one assignment moves the windows of all streams, open or stalled', () => {
  const base = { initial: 100, highest: 0 }
  const windows = Array.from({ length: 1000 }, () => new SendWindow(base))
  windows.forEach((window, sent) => void window.take(sent % 101))
  base.initial = 150
  expect(windows.map((window) => window.available)).toEqual(windows.map((_, sent) => 150 - (sent % 101)))
})

test('H31 B20 credit may fill the window to 2^31-1; one byte more is refused and changes nothing', () => {
  const window = new SendWindow({ initial: 65_536, highest: 0 })
  expect(window.add(MAX - 65_536 + 1, MAX)).toBe(false)
  expect(window.available).toBe(65_536)
  expect(window.add(MAX - 65_536, MAX)).toBe(true)
  expect(window.available).toBe(MAX)
  expect(window.add(1, MAX)).toBe(false)
})

test('B20 a stream that sent 2^53 bytes in all knows its window to the byte', () => {
  const window = new SendWindow({ initial: MAX, highest: 0 })
  for (let sent = 0; sent < 2 ** 22; sent += 1) {
    window.take(MAX)
    window.add(MAX, MAX)
  }
  window.take(1)
  expect(window.available).toBe(MAX - 1)
})

test('DM-16 H35 what may be sent is what was granted less what was sent, after any mix of credit and settings', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('take' as const), bytes: fc.nat({ max: 70_000 }) }),
    fc.record({ type: fc.constant('add' as const), bytes: fc.integer({ min: 1, max: MAX }) }),
    fc.record({ type: fc.constant('settings' as const), bytes: fc.integer({ min: 0, max: MAX }) }),
  )
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const base = { initial: 65_536, highest: 0 }
      const window = new SendWindow(base)
      let granted = 65_536n
      let sent = 0n
      for (const { type, bytes } of steps) {
        if (type === 'take') {
          window.take(bytes)
          sent += BigInt(bytes)
        } else if (type === 'settings') {
          granted += BigInt(bytes - base.initial)
          base.initial = bytes
        } else {
          const fits = granted - sent + BigInt(bytes) <= BigInt(MAX)
          expect(window.add(bytes, MAX)).toBe(fits)
          if (fits) granted += BigInt(bytes)
        }
        expect(BigInt(window.available)).toBe(granted - sent)
      }
    }),
  )
})
