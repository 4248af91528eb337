import { type Bytes, type ErrorCode, HeaderFields, type Limits, PlexusError } from '@plexus/contract'
import { MAX_LENGTH, u32 } from './wire.js'

/**
 * Why a header block is not taken. `stream`: it was read to its end, and only what it says is wrong. `session`: it lies
 * about itself, so nothing of it can be trusted.
 */
export class HeaderFault {
  readonly scope: 'stream' | 'session'
  readonly code: ErrorCode
  readonly message: string

  constructor(scope: HeaderFault['scope'], code: HeaderFault['code'], message: string) {
    this.scope = scope
    this.code = code
    this.message = message
  }
}

/** What `maxHeaderBytes` counts for each field beside its name and value (L07). */
const FIELD_BYTES = 32

/** Above this many pairs a duplicate name is looked for in a set, below in a plain walk, which is faster. */
const WALK_PAIRS = 16

// Where the strings of the block at hand stand: name start, name end, value start, value end. One block at a time.
const bounds: number[] = []

/**
 * Reads an inflated header block (§2.6.10): a count, then name and value with their lengths. A value joined with NULs
 * becomes one field for each part. Changes `block`: the lengths are blanked as they are read.
 */
export function parseHeaderBlock(block: Bytes, length: number, limits: Limits): HeaderFields | HeaderFault {
  if (length < 4) return torn(`expected a count of 4 bytes in a header block, ${length} bytes came`)
  const pairs = u32(block, 0)
  if (pairs > (length - 4) / 8)
    return torn(`expected a header block with room for ${pairs} pairs, ${length} bytes came`)
  bounds.length = 0
  let fault: HeaderFault | undefined
  let at = 4
  let bytes = 0
  let high = 0
  for (let pair = 0; pair < pairs; pair++) {
    const nameAt = at + 4
    const nameEnd = nameAt + (nameAt <= length ? u32(block, at) : length)
    const valueAt = nameEnd + 4
    const valueEnd = valueAt + (valueAt <= length ? u32(block, nameEnd) : length)
    if (valueEnd > length)
      return torn(`expected pair ${pair + 1} of ${pairs} to end in its header block, it does not`)
    blank(block, at)
    blank(block, nameEnd)
    fault ??= judgeName(block, nameAt, nameEnd)
    let partAt = valueAt
    for (let i = valueAt; i < valueEnd; i++) {
      const byte = block[i]!
      high |= byte
      if (byte !== 0) continue
      if (i === partAt || i === valueEnd - 1) fault ??= BAD_NUL
      bytes += nameEnd - nameAt + (i - partAt) + FIELD_BYTES
      bounds.push(nameAt, nameEnd, partAt, i)
      partAt = i + 1
    }
    bytes += nameEnd - nameAt + (valueEnd - partAt) + FIELD_BYTES
    bounds.push(nameAt, nameEnd, partAt, valueEnd)
    if (bytes > limits.maxHeaderBytes) {
      fault ??= tooLarge(`${limits.maxHeaderBytes} bytes`)
      bounds.length = 0
    } else if (bounds.length > limits.maxHeaderFields * 4) {
      fault ??= tooLarge(`${limits.maxHeaderFields} fields`)
      bounds.length = 0
    }
    at = valueEnd
  }
  if (at !== length) return torn(`expected a header block of ${at} bytes, ${length} came`)
  return fault ?? toFields(block, length, high < 0x80, pairs)
}

/** Where {@link serialiseHeaders} writes: one block at a time, to be used before the next. */
export const serialised: { bytes: Uint8Array<ArrayBuffer>; length: number } = {
  bytes: new Uint8Array(4096),
  length: 0,
}

/**
 * Writes `headers` as an uncompressed header block into {@link serialised}. Fields of one name become one pair, their
 * values joined with NULs. An empty value beside others of its name is left out: the wire has no form for it, and in a
 * list it means nothing (RFC 9110 §5.6.1).
 *
 * @throws PlexusError, scope `request`, for what the wire cannot carry; see {@link assertHeaders}
 */
export function serialiseHeaders(headers: HeaderFields): void {
  const { flat } = headers
  const bytes = makeRoom(flat)
  let pairs = 0
  let at = 4
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    if (isWritten(flat, i, name)) continue
    pairs++
    at = writeName(bytes, at + 4, name)
    const valueAt = at + 4
    at = writeValue(bytes, valueAt, flat[i + 1]!)
    for (let j = i + 2; j < flat.length; j += 2) {
      if (flat[j] !== name || flat[j + 1] === '') continue
      if (at > valueAt) bytes[at++] = 0
      at = writeValue(bytes, at, flat[j + 1]!)
    }
    writeLength(bytes, valueAt - 4, at - valueAt)
  }
  writeLength(bytes, 0, pairs)
  serialised.length = at
}

/**
 * Says whether SPDY can carry `headers`: names of one or more visible ASCII characters without upper case, values of
 * Latin-1 characters without NUL (§2.6.10), some 16 MB in all. Anything narrower is the business of HTTP.
 *
 * @throws PlexusError, scope `request`, with the first reason why not
 */
export function assertHeaders(headers: HeaderFields): void {
  serialiseHeaders(headers)
}

/** So that the block fits a frame even where it does not compress, bytes. */
const MAX_BLOCK_BYTES = MAX_LENGTH - MAX_LENGTH / 64
/** Room that one large block needed and that is not kept for the next. */
const KEEP_BYTES = 256 * 1024

/** Room for `flat`, and never too little: two lengths a field are reckoned where a joined one has a NUL. */
function makeRoom(flat: readonly string[]): Uint8Array {
  let size = 4 + flat.length * 4
  for (const string of flat) size += string.length
  if (size > MAX_BLOCK_BYTES) {
    throw refused(`headers of at most ${MAX_BLOCK_BYTES} bytes, ${size} came`, 'FRAME_SIZE_ERROR')
  }
  const { length } = serialised.bytes
  if (size > length || length > KEEP_BYTES) serialised.bytes = new Uint8Array(Math.max(size, 4096))
  return serialised.bytes
}

/** True if the field at `i` went out with an earlier one of its name. */
function isWritten(flat: readonly string[], i: number, name: string): boolean {
  for (let j = 0; j < i; j += 2) if (flat[j] === name) return true
  return false
}

/** Writes `name` at `at`, its length before it; returns where it ends. */
function writeName(bytes: Uint8Array, at: number, name: string): number {
  const { length } = name
  if (length === 0) throw refused('a header name of one character or more, an empty one came')
  writeLength(bytes, at - 4, length)
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i)
    if (!isNameByte(code)) {
      throw refused(`a header name of visible ASCII in lower case, ${JSON.stringify(name)} came`)
    }
    bytes[at + i] = code
  }
  return at + length
}

/** Writes `value` at `at`; returns where it ends. */
function writeValue(bytes: Uint8Array, at: number, value: string): number {
  const { length } = value
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0 || code > 0xff) {
      throw refused(`a header value of Latin-1 without NUL, U+${code.toString(16).padStart(4, '0')} came`)
    }
    bytes[at + i] = code
  }
  return at + length
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length >>> 24
  bytes[at + 1] = length >>> 16
  bytes[at + 2] = length >>> 8
  bytes[at + 3] = length
}

function refused(
  message: string,
  code: 'PROTOCOL_ERROR' | 'FRAME_SIZE_ERROR' = 'PROTOCOL_ERROR',
): PlexusError {
  return new PlexusError(`expected ${message}`, {
    scope: 'request',
    code,
    blame: 'application',
    processed: 'no',
  })
}

/** Visible ASCII, not upper case. */
function isNameByte(code: number): boolean {
  return code > 0x20 && code < 0x7f && (code < 0x41 || code > 0x5a)
}

function judgeName(block: Bytes, from: number, to: number): HeaderFault | undefined {
  if (from === to) return EMPTY_NAME
  for (let i = from; i < to; i++) if (!isNameByte(block[i]!)) return BAD_NAME
  return undefined
}

function toFields(block: Bytes, length: number, isAscii: boolean, pairs: number): HeaderFields | HeaderFault {
  // One string for the block and slices of it: the strings live and die together as it is.
  const text = isAscii ? ASCII.decode(block.subarray(0, length)) : decodeLatin1(block, length)
  const flat: string[] = []
  const seen = pairs > WALK_PAIRS ? new Set<string>() : undefined
  let name = ''
  let nameAt = 0
  for (let i = 0; i < bounds.length; i += 4) {
    if (bounds[i] !== nameAt) {
      nameAt = bounds[i]!
      name = text.slice(nameAt, bounds[i + 1])
      if (seen === undefined ? isWritten(flat, flat.length, name) : seen.has(name)) return DUPLICATE_NAME
      seen?.add(name)
    }
    flat.push(name, text.slice(bounds[i + 2], bounds[i + 3]))
  }
  return HeaderFields.fromFlat(flat)
}

/** Many times as fast as character by character, and right for ASCII only. */
const ASCII = new TextDecoder()

/** `TextDecoder('latin1')` is Windows-1252, which is another thing from 0x80 to 0x9f. */
function decodeLatin1(block: Bytes, length: number): string {
  let text = ''
  for (let at = 0; at < length; at += 4096) {
    const part = block.subarray(at, Math.min(at + 4096, length))
    text += String.fromCharCode.apply(null, part as unknown as number[])
  }
  return text
}

/** A length may hold bytes that are not ASCII, and would keep the block from being decoded as such. */
function blank(block: Bytes, at: number): void {
  block[at] = block[at + 1] = block[at + 2] = block[at + 3] = 0
}

function torn(message: string): HeaderFault {
  return new HeaderFault('session', 'PROTOCOL_ERROR', message)
}

function tooLarge(limit: string): HeaderFault {
  return new HeaderFault('stream', 'FRAME_SIZE_ERROR', `expected headers of at most ${limit}, more came`)
}

const misread = (message: string): HeaderFault => new HeaderFault('stream', 'PROTOCOL_ERROR', message)
const EMPTY_NAME = misread('expected a header name of one byte or more, an empty one came')
const BAD_NAME = misread('expected a header name of visible ASCII in lower case, another byte came')
const BAD_NUL = misread('expected header values joined with single NULs, an empty one stands among them')
const DUPLICATE_NAME = misread('expected a header name once in a block, it came twice')
