import { expect, test } from '@jest/globals'
import { resolveLimits } from '@plexus/contract'
import { frameName, judgeHead } from './frames.js'
import { TYPE } from './wire.js'

const limits = resolveLimits()

test('every type of the draft has its name, and what is none has its number', () => {
  for (const [name, type] of Object.entries(TYPE)) expect(frameName(type)).toBe(name)
  expect(frameName(11)).toBe('control frame of type 11')
})

test('a sentence says what was expected and what came', () => {
  expect(judgeHead(TYPE.PING, 3, 0, 5, limits)?.message).toBe('expected PING with 4 bytes, 5 were announced')
  expect(judgeHead(TYPE.PING, 3, 2, 4, limits)?.message).toBe('expected PING with no flags, 2 came')
  expect(judgeHead(TYPE.GOAWAY, 2, 0, 8, limits)?.message).toBe('expected GOAWAY with version 3, 2 came')
  expect(judgeHead(TYPE.SETTINGS, 3, 0, 13, limits)?.message).toBe(
    'expected SETTINGS with entries of 8 bytes, 9 bytes of them were announced',
  )
})

test('a head that is right is passed without a word', () => {
  const right: [type: number, flags: number, length: number][] = [
    [TYPE.SYN_STREAM, 0xff, 10],
    [TYPE.SYN_REPLY, 0xff, 4],
    [TYPE.HEADERS, 0xff, 65_536],
    [TYPE.SETTINGS, 0xff, 4 + 32 * 8],
    [TYPE.RST_STREAM, 0, 8],
    [TYPE.PING, 0, 4],
    [TYPE.GOAWAY, 0, 8],
    [TYPE.WINDOW_UPDATE, 0, 8],
    [TYPE.CREDENTIAL, 0xff, 65_536],
    [0x7fff, 0xff, 0],
  ]
  for (const [type, flags, length] of right) expect(judgeHead(type, 3, flags, length, limits)).toBeUndefined()
})
