import type { Bytes } from '@plexus/contract'

/** From here on the fixed cost of a decoder pays. */
const LONG = 64
/** What one call may be handed as arguments. */
const PART = 4096

/** Many times as fast as character by character, and right for ASCII only. */
const ASCII = new TextDecoder()

const { fromCharCode } = String

/** The string whose characters are the bytes `from` to `to`, one each. Nothing is made but the string. */
export function latin1(bytes: Bytes, from: number, to: number): string {
  if (to - from > LONG) return longLatin1(bytes.subarray(from, to))
  let text = ''
  let at = from
  for (; at + 16 <= to; at += 16) {
    text += fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
      bytes[at + 8]!,
      bytes[at + 9]!,
      bytes[at + 10]!,
      bytes[at + 11]!,
      bytes[at + 12]!,
      bytes[at + 13]!,
      bytes[at + 14]!,
      bytes[at + 15]!,
    )
  }
  const left = to - at
  if (left & 8) {
    text += fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
    )
    at += 8
  }
  if (left & 4) {
    text += fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
    at += 4
  }
  if (left & 2) {
    text += fromCharCode(bytes[at]!, bytes[at + 1]!)
    at += 2
  }
  return left & 1 ? text + fromCharCode(bytes[at]!) : text
}

/** `TextDecoder('latin1')` is Windows-1252, which is another thing from 0x80 to 0x9f. */
function longLatin1(bytes: Bytes): string {
  let high = 0
  for (let i = 0; i < bytes.length; i++) high |= bytes[i]!
  if (high < 0x80) return ASCII.decode(bytes)
  let text = ''
  for (let at = 0; at < bytes.length; at += PART) {
    text += fromCharCode.apply(null, bytes.subarray(at, at + PART) as unknown as number[])
  }
  return text
}
