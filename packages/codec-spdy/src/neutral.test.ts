import { describe, expect, test } from '@jest/globals'
import type { ErrorCode } from '@plexus/contract'
import { goAwayCode, goAwayStatus, resetCode, resetStatus } from './neutral.js'

describe('RST_STREAM', () => {
  test.each<[number, ErrorCode]>([
    [0, 'PROTOCOL_ERROR'],
    [1, 'PROTOCOL_ERROR'],
    [2, 'INVALID_STREAM'],
    [3, 'REFUSED_STREAM'],
    [4, 'UNSUPPORTED_VERSION'],
    [5, 'CANCEL'],
    [6, 'INTERNAL_ERROR'],
    [7, 'FLOW_CONTROL_ERROR'],
    [8, 'STREAM_IN_USE'],
    [9, 'STREAM_CLOSED'],
    [10, 'UNKNOWN'],
    [11, 'FRAME_SIZE_ERROR'],
    [12, 'UNKNOWN'],
    [0xffff_ffff, 'UNKNOWN'],
  ])('status %i means %s, and goes out as it came unless it is invalid', (status, code) => {
    expect(resetCode(status)).toBe(code)
    expect(resetStatus(code, status)).toBe(status === 0 ? 1 : status)
  })

  test.each<[ErrorCode, number]>([
    ['NO_ERROR', 5],
    ['TIMEOUT', 5],
    ['CONNECTION_LOST', 5],
    ['ENHANCE_YOUR_CALM', 1],
    ['COMPRESSION_ERROR', 1],
    ['SETTINGS_TIMEOUT', 1],
    ['INADEQUATE_SECURITY', 1],
    ['HTTP_1_1_REQUIRED', 1],
    ['CONNECT_ERROR', 6],
    ['UNKNOWN', 1],
  ])('%s, which has no number here, goes out as %i', (code, status) => {
    expect(resetStatus(code, undefined)).toBe(status)
  })

  test('an unknown code never goes out as the invalid 0', () => {
    expect(resetStatus('UNKNOWN', 0)).toBe(1)
  })
})

describe('GOAWAY', () => {
  test.each<[number, ErrorCode]>([
    [0, 'NO_ERROR'],
    [1, 'PROTOCOL_ERROR'],
    [2, 'INTERNAL_ERROR'],
    [11, 'INTERNAL_ERROR'],
    [3, 'UNKNOWN'],
    [0xffff_ffff, 'UNKNOWN'],
  ])('status %i means %s', (status, code) => {
    expect(goAwayCode(status)).toBe(code)
  })

  test.each<[ErrorCode, number]>([
    ['NO_ERROR', 0],
    ['CANCEL', 0],
    ['INTERNAL_ERROR', 2],
    ['CONNECT_ERROR', 2],
    ['PROTOCOL_ERROR', 1],
    ['FLOW_CONTROL_ERROR', 1],
    ['COMPRESSION_ERROR', 1],
    ['ENHANCE_YOUR_CALM', 1],
    ['FRAME_SIZE_ERROR', 1],
    ['TIMEOUT', 1],
    ['UNKNOWN', 1],
  ])('%s goes out as %i', (code, status) => {
    expect(goAwayStatus(code, undefined, 2)).toBe(status)
  })

  test('a fault of ours has the number of the draft that is spoken, an unknown one the number it came with', () => {
    expect(goAwayStatus('INTERNAL_ERROR', undefined, 11)).toBe(11)
    expect(goAwayStatus('UNKNOWN', 77, 2)).toBe(77)
  })
})
