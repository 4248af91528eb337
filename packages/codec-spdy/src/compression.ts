import type { Bytes } from '@plexus/contract'
import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_NEED_DICT,
  Z_OK,
  Z_SYNC_FLUSH,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateSetDictionary,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateSetDictionary,
} from 'pako'
import { headerDictionary } from './dictionary.js'

/** What came out of one call: the first `length` bytes of `bytes`, to be used before the next call of anyone. */
export interface Scratch {
  bytes: Uint8Array<ArrayBuffer>
  length: number
}

const SCRATCH_BYTES = 4096
/** A scratch that one large block made larger than this is let go of afterwards. */
const SCRATCH_KEEP_BYTES = 256 * 1024

// One block at a time is worked on, whatever the number of sessions, so the output space is the module's.
const NOTHING = new Uint8Array(0)
const deflated: Scratch = { bytes: NOTHING, length: 0 }
const inflated: Scratch = { bytes: NOTHING, length: 0 }

/** `deflateInit2`'s number for the one method there is. */
const Z_DEFLATED = 8

/**
 * Space for 1024 symbols and a hash of 2^11 heads. A header block is some hundred symbols: more only costs memory, which
 * every session pays (21 KB with 11 window bits; zlib's usual 8 with 15 is 267 KB) and 100 µs of clearing at its start.
 */
const MEM_LEVEL = 4

/** The sending context of one session: blocks must go to the wire in the order they were compressed. */
export class HeaderCompressor {
  readonly #level: number
  readonly #windowBits: number
  #stream: ZStream | undefined

  /**
   * @param level 0 … 9; 0 stores, so that lengths tell nothing about contents (CRIME)
   * @param windowBits 11 … 15
   */
  constructor(level: number, windowBits: number) {
    this.#level = level
    this.#windowBits = windowBits
  }

  /** Compresses the first `length` bytes of `block` and ends with a sync flush. */
  compress(block: Bytes, length: number): Scratch {
    const stream = (this.#stream ??= this.#create())
    stream.input = block
    stream.next_in = 0
    stream.avail_in = length
    stream.next_out = 0
    do {
      makeRoom(deflated, stream, Number.POSITIVE_INFINITY)
      zlibDeflate(stream, Z_SYNC_FLUSH)
    } while (stream.avail_out === 0)
    return release(deflated, stream)
  }

  close(): void {
    this.#stream = undefined
  }

  #create(): ZStream {
    const stream = new ZStream()
    // The last argument is zlib's own hash, sized by memLevel; pako's takes 64 KiB whatever memLevel says.
    zlibDeflateInit2(stream, this.#level, Z_DEFLATED, this.#windowBits, MEM_LEVEL, Z_DEFAULT_STRATEGY, true)
    zlibDeflateSetDictionary(stream, headerDictionary())
    return stream
  }
}

/** The receiving context of one session. It is lost for good with the first {@link inflate} that gives no scratch. */
export class HeaderInflater {
  /** Why the last block was not inflated: what was expected and what came. */
  fault = ''
  #stream: ZStream | undefined
  #hasDictionary = false

  /**
   * Inflates the block of `length` bytes at `at`. Stops as soon as more than `maxBytes` came out.
   *
   * @returns undefined if it is no block that ends at its last byte with a sync flush; {@link fault} says why
   */
  inflate(chunk: Bytes, at: number, length: number, maxBytes: number): Scratch | undefined {
    const stream = (this.#stream ??= createInflate())
    stream.input = chunk
    stream.next_in = at
    stream.avail_in = length
    stream.next_out = 0
    const isDone = this.#run(stream, maxBytes)
    release(inflated, stream)
    return isDone ? inflated : undefined
  }

  close(): void {
    this.#stream = undefined
  }

  #run(stream: ZStream, maxBytes: number): boolean {
    do {
      makeRoom(inflated, stream, maxBytes + 1)
      let status: number = zlibInflate(stream, Z_SYNC_FLUSH)
      if (status === Z_NEED_DICT && zlibInflateSetDictionary(stream, headerDictionary()) === Z_OK) {
        this.#hasDictionary = true
        status = zlibInflate(stream, Z_SYNC_FLUSH)
      }
      if (stream.next_out > maxBytes) {
        this.fault = `expected a header block of at most ${maxBytes} bytes inflated, more came`
        return false
      }
      // Z_BUF_ERROR: it has no more to say, and its output ended with the room by chance.
      if (status !== Z_OK && status !== Z_BUF_ERROR) {
        this.fault = `expected a header block that inflates, ${reason(status, stream)}`
        return false
      }
    } while (stream.avail_out === 0)
    if (!this.#hasDictionary) {
      this.fault = 'expected a header block compressed with the SPDY/3 dictionary, it names none'
      return false
    }
    if (stream.avail_in > 0 || stream.data_type !== AT_BLOCK_BOUNDARY) {
      this.fault = 'expected a header block that ends with a sync flush at the end of its frame, it does not'
      return false
    }
    return true
  }
}

/** zlib's `data_type` after `inflate`: between two deflate blocks, not after the last, no bit left over. */
const AT_BLOCK_BOUNDARY = 128

/** 0 window bits: the window is as large as the peer's zlib header says, so a modest peer costs modest memory. */
function createInflate(): ZStream {
  const stream = new ZStream()
  zlibInflateInit2(stream, 0)
  return stream
}

function reason(status: number, stream: ZStream): string {
  if (status === Z_NEED_DICT) return 'it names another dictionary'
  if (status > 0) return 'it ends the compressed stream'
  return stream.msg === '' ? `zlib says ${status}` : stream.msg
}

/**
 * Gives `stream` room after what it wrote, `maxBytes` in all; doubles what is full, so memory follows the output, not a
 * claim.
 */
function makeRoom(scratch: Scratch, stream: ZStream, maxBytes: number): void {
  const used = stream.next_out
  if (used === 0 && scratch.bytes.length > SCRATCH_KEEP_BYTES) scratch.bytes = NOTHING
  if (used === scratch.bytes.length) {
    const larger = new Uint8Array(Math.max(SCRATCH_BYTES, used * 2))
    larger.set(scratch.bytes)
    scratch.bytes = larger
  }
  stream.output = scratch.bytes
  stream.avail_out = Math.min(scratch.bytes.length, maxBytes) - used
}

/** Takes the output from `stream`, which must not keep a view of what belongs to others. */
function release(scratch: Scratch, stream: ZStream): Scratch {
  scratch.length = stream.next_out
  stream.output = stream.input = NOTHING
  stream.avail_in = stream.avail_out = 0
  return scratch
}
