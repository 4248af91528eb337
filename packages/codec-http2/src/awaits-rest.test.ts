import { describe, expect, test } from '@jest/globals'
import type { Bytes } from '@plexus/contract'
import {
  block,
  continuation,
  data,
  frame,
  greeted,
  headers,
  join,
  REQUEST,
  zeros,
} from './dialogue.test.kit.js'
import { FLAG, TYPE } from './wire.js'

/** Whether the codec waits, after each of the pieces. */
function waitsAfter(...pieces: readonly Bytes[]): (boolean | undefined)[] {
  const codec = greeted()
  return pieces.map((piece) => {
    codec.decode(piece, () => true)
    return codec.awaitsRest
  })
}

describe('H13 L13 a codec says that it waits for the rest', () => {
  const ping = frame(TYPE.PING, zeros(8))
  const pairs = block(...REQUEST)

  test('of a head and of a frame that is taken whole', () => {
    expect(waitsAfter(ping.subarray(0, 5), ping.subarray(5, 12), ping.subarray(12))).toEqual([
      true,
      true,
      false,
    ])
  })

  test('of a header block, also between its frames, and with nothing in them', () => {
    expect(
      waitsAfter(
        headers(1, pairs.subarray(0, 3), FLAG.END_STREAM),
        continuation(1, zeros(0)),
        continuation(1, pairs.subarray(3), FLAG.END_HEADERS),
      ),
    ).toEqual([true, true, false])
  })

  test('and not of data, which is handed on as it comes', () => {
    const long = join(headers(1, pairs, FLAG.END_HEADERS), data(1, zeros(1000)))
    expect(waitsAfter(long.subarray(0, long.length - 500), long.subarray(long.length - 500))).toEqual([
      false,
      false,
    ])
  })
})
