import { describe, expect, test } from '@jest/globals'
import { errorCode, goAwayCodeOf, resetCodeOf, wireCodeOf } from './neutral.js'
import { readPriority, writePriority } from './priority.js'
import { TRAITS } from './traits.js'
import { ERROR } from './wire.js'

const { faults } = TRAITS

describe('H42 each frame in each state of a stream costs what RFC 9113 says', () => {
  test.each([
    [
      'idle',
      [faults.dataOnIdle, faults.headersOnIdle, faults.creditOnIdle, faults.resetOnIdle],
      'session',
      'PROTOCOL_ERROR',
    ],
    [
      'half-closed (remote)',
      [faults.dataAfterEnd, faults.headersAfterEnd, faults.replyAfterEnd],
      'stream',
      'STREAM_CLOSED',
    ],
    ['closed by both ends', [faults.dataOnClosed, faults.headersOnClosed], 'session', 'STREAM_CLOSED'],
    ['closed by its reset', [faults.dataOnReset, faults.headersOnReset], 'stream', 'STREAM_CLOSED'],
  ])('%s', (_state, verdicts, scope, code) => {
    for (const verdict of verdicts) expect(verdict).toEqual({ scope, code })
  })

  test('H40 ids that are no one’s, or somebody else’s, cost the session', () => {
    for (const name of ['openLower', 'openParity', 'openTwice', 'headersOnForgotten'] as const)
      expect(faults[name]).toEqual({ scope: 'session', code: 'PROTOCOL_ERROR' })
    expect(faults.openSkips).toEqual({ scope: 'ignore' })
  })

  test.each([
    ['H32', 'creditZero', 'PROTOCOL_ERROR'],
    ['H31', 'creditOverflow', 'FLOW_CONTROL_ERROR'],
  ] as const)('%s %s in the scope it was said in', (_row, name, code) => {
    expect(faults[`${name}OnStream`]).toEqual({ scope: 'stream', code })
    expect(faults[`${name}OnSession`]).toEqual({ scope: 'session', code })
  })

  test('H34 more than we granted, in the scope of the window', () => {
    expect(faults.overStreamWindow).toEqual({ scope: 'stream', code: 'FLOW_CONTROL_ERROR' })
    expect(faults.overSessionWindow).toEqual({ scope: 'session', code: 'FLOW_CONTROL_ERROR' })
  })

  test('S09 a second response, an interim one behind it, and too many of those cost the session', () => {
    for (const name of ['replyTwice', 'informAfterReply', 'informTooMany', 'replyOnUnknown'] as const)
      expect(faults[name].scope).toBe('session')
  })

  test('B20 ids and windows end where 31 bits do', () => {
    expect([TRAITS.maxStreamId, TRAITS.maxWindow]).toEqual([2 ** 31 - 1, 2 ** 31 - 1])
  })
})

describe('codes', () => {
  test('every number of the RFC has a word, and the word that number', () => {
    for (const [name, code] of Object.entries(ERROR)) {
      expect(errorCode(code)).toBe(name)
      expect(wireCodeOf(errorCode(code), undefined)).toBe(code)
    }
    expect([errorCode(14), errorCode(0xffff_ffff)]).toEqual(['UNKNOWN', 'UNKNOWN'])
    expect(wireCodeOf('UNKNOWN', 0xffff_ffff)).toBe(0xffff_ffff)
  })

  test('an end that is nobody’s fault says so', () => {
    expect([resetCodeOf('NO_ERROR', undefined, false), resetCodeOf('NO_ERROR', undefined, true)]).toEqual([
      8, 0,
    ])
    expect([resetCodeOf('TIMEOUT', undefined, true), goAwayCodeOf('CANCEL', undefined)]).toEqual([8, 0])
  })
})

describe('RFC 9218 priorities', () => {
  test.each([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i, u=2', 2, true],
    ['i=?0, u=5', 5, false],
    ['i=?1', 3, true],
    ['u=1,u=4', 4, false],
    ['u=8', 3, false],
    ['u=-1', 3, false],
    ['u="1"', 3, false],
    ['u', 3, false],
    ['i=1', 3, false],
    ['foo=bar;u=1, u=6;x=1', 6, false],
    ['u=1;', 1, false],
    ['\0\xff,,,=', 3, false],
  ])('%j', (text, urgency, incremental) => {
    expect(readPriority(text)).toEqual({ urgency, incremental })
  })

  test('are written as short as they are read', () => {
    expect([
      writePriority(3, false),
      writePriority(0, false),
      writePriority(5, true),
      writePriority(3, true),
    ]).toEqual(['', 'u=0', 'u=5, i', 'i'])
  })
})
