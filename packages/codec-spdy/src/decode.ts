import {
  type Bytes,
  type ErrorCode,
  type FaultFrame,
  Gather,
  HeaderFields,
  type InFrame,
  type Limits,
  NO_BYTES,
  type Priority,
  type Role,
} from '@plexus/contract'
import { HeaderInflater } from './compression.js'
import { frameName, judgeHead, type Sentence, SHAPES } from './frames.js'
import { HeaderFault, parseHeaderBlock } from './header-block.js'
import { goAwayCode, resetCode } from './neutral.js'
import { type ReceivedSetting, type ReceivedSettings, toNeutral } from './settings.js'
import { FLAG, HEAD_BYTES, TYPE, u24, u31, u32 } from './wire.js'

export interface DecoderOptions {
  readonly role: Role
  readonly limits: Limits
  /** Everything a SETTINGS frame said. What it throws becomes an oddity. */
  readonly onSettings: ((received: ReceivedSettings) => void) | undefined
}

type Emit = (frame: InFrame) => boolean

/** What the next byte belongs to. */
const AT_HEAD = 0
const IN_DATA = 1
const IN_CONTROL = 2
const IN_SKIPPED = 3
/** After a session fault nothing is taken in any more. */
const SHUT = 4

/** One direction of one session: bytes to frames. See {@link Codec.decode}. */
export class Decoder {
  readonly #limits: Limits
  readonly #onSettings: DecoderOptions['onSettings']
  /** Lowest bit of our own ids: a ping that has it is the answer to one of ours (§2.6.5). */
  readonly #parity: 0 | 1
  readonly #inflater = new HeaderInflater()
  #state = AT_HEAD

  /** The start of a head that is not whole. */
  readonly #head = new Uint8Array(HEAD_BYTES)
  #headBytes = 0

  /** Bytes of the frame at hand that did not come yet. */
  #left = 0
  #type = 0
  #flags = 0
  /** DATA: its stream, and what the next piece takes from the windows. */
  #id = 0
  #charge = 0
  /** The part that came of a control frame that spans chunks. */
  readonly #gathered = new Gather()

  /** The control frame at hand is at fault, and only its stream id is waited for. */
  #sentence: Sentence | undefined
  /** What one frame of the wire gave beside a frame for which `emit` answered false. */
  #pending: InFrame | undefined

  constructor(options: DecoderOptions) {
    this.#limits = options.limits
    this.#onSettings = options.onSettings
    this.#parity = options.role === 'client' ? 1 : 0
  }

  /** See {@link Codec.awaitsRest}. */
  get awaitsRest(): boolean {
    return this.#state === IN_CONTROL || this.#headBytes > 0
  }

  decode(chunk: Bytes, emit: Emit): number {
    const { length } = chunk
    if (this.#pending !== undefined) {
      const pending = this.#pending
      this.#pending = undefined
      if (!emit(pending)) return 0
    }
    let at = 0
    let goesOn = true
    while (goesOn && at < length) {
      switch (this.#state) {
        case AT_HEAD:
          if (this.#headBytes === 0 && length - at >= HEAD_BYTES) {
            at += HEAD_BYTES
            goesOn = this.#begin(chunk, at - HEAD_BYTES, emit)
          } else {
            this.#head[this.#headBytes++] = chunk[at++]!
            if (this.#headBytes < HEAD_BYTES) break
            this.#headBytes = 0
            goesOn = this.#begin(this.#head, 0, emit)
          }
          break
        case IN_DATA: {
          const end = Math.min(length, at + this.#left)
          const payload = at === 0 && end === length ? chunk : chunk.subarray(at, end)
          this.#left -= end - at
          at = end
          goesOn = this.#data(payload, emit)
          break
        }
        case IN_CONTROL: {
          const end = Math.min(length, at + this.#left)
          if (end - at === this.#left && this.#gathered.length === 0) {
            goesOn = this.#control(chunk, at, this.#left, emit)
          } else {
            this.#gather(chunk, at, end)
            if (this.#left === 0) goesOn = this.#controlGathered(emit)
          }
          at = end
          break
        }
        case IN_SKIPPED: {
          const end = Math.min(length, at + this.#left)
          this.#left -= end - at
          if (this.#left === 0) this.#state = AT_HEAD
          at = end
          break
        }
        default:
          return length
      }
    }
    // Of a session that is at its end a byte is left behind, so that the caller comes again for the reason.
    return this.#pending !== undefined && this.#state === SHUT ? at - 1 : at
  }

  close(): void {
    this.#state = SHUT
    this.#pending = undefined
    this.#gathered.clear()
    this.#inflater.close()
  }

  #begin(bytes: Bytes, at: number, emit: Emit): boolean {
    const first = u32(bytes, at)
    const flags = bytes[at + 4]!
    const length = u24(bytes, at + 5)
    this.#flags = flags
    this.#left = length
    if (first < 0x8000_0000) return this.#beginData(first, length, emit)
    const type = first & 0xffff
    const sentence = judgeHead(type, (first >>> 16) & 0x7fff, flags, length, this.#limits)
    if (sentence !== undefined) return this.#condemn(sentence, length, emit)
    if (SHAPES[type] === undefined) {
      this.#state = length > 0 ? IN_SKIPPED : AT_HEAD
      return emit({ type: 'ignored', what: 'unknown', name: frameName(type) })
    }
    this.#type = type
    this.#state = IN_CONTROL
    return true
  }

  #beginData(id: number, length: number, emit: Emit): boolean {
    this.#id = id
    this.#charge = length
    if (length === 0) return this.#data(NO_BYTES, emit)
    this.#state = IN_DATA
    if (length <= this.#limits.maxDataFrame) return true
    // The pieces are handed on all the same: the windows have to be charged for them, and nobody keeps them.
    const message = `expected DATA of at most ${this.#limits.maxDataFrame} bytes, ${length} were announced`
    return this.#fault(streamFault(id, 'FRAME_SIZE_ERROR', message, 'DATA'), emit)
  }

  #data(payload: Bytes, emit: Emit): boolean {
    const charge = this.#charge
    const isLast = this.#left === 0
    this.#charge = 0
    if (isLast) this.#state = AT_HEAD
    const end = isLast && (this.#flags & FLAG.FIN) !== 0
    return emit({ type: 'data', id: this.#id, payload, charge, padding: 0, end })
  }

  #gather(chunk: Bytes, from: number, to: number): void {
    this.#gathered.add(chunk, from, to)
    this.#left -= to - from
  }

  #controlGathered(emit: Emit): boolean {
    const { bytes, length } = this.#gathered
    const goesOn = this.#control(bytes, 0, length, emit)
    this.#gathered.clear()
    return goesOn
  }

  /** A whole control frame. Nothing that is emitted is a view of `bytes`. */
  #control(bytes: Bytes, at: number, size: number, emit: Emit): boolean {
    this.#state = AT_HEAD
    const id = u31(bytes, at)
    if (this.#sentence !== undefined) return this.#execute(this.#sentence, id, emit)
    switch (this.#type) {
      case TYPE.SYN_STREAM: {
        const headers = this.#headers(bytes, at + 10, size - 10)
        if (headers instanceof HeaderFault) return this.#headerFault(headers, id, emit)
        const flags = this.#flags
        return emit({
          type: 'open',
          id,
          parent: u31(bytes, at + 4),
          priority: (bytes[at + 8]! >>> 5) as Priority,
          headers,
          end: (flags & FLAG.FIN) !== 0,
          unidirectional: (flags & FLAG.UNIDIRECTIONAL) !== 0,
        })
      }
      case TYPE.SYN_REPLY: {
        const headers = this.#headers(bytes, at + 4, size - 4)
        if (headers instanceof HeaderFault) return this.#headerFault(headers, id, emit)
        return emit({ type: 'reply', id, headers, end: (this.#flags & FLAG.FIN) !== 0 })
      }
      case TYPE.HEADERS: {
        const headers = this.#headers(bytes, at + 4, size - 4)
        if (headers instanceof HeaderFault) return this.#headerFault(headers, id, emit)
        return emit({ type: 'headers', id, headers, end: (this.#flags & FLAG.FIN) !== 0 })
      }
      case TYPE.WINDOW_UPDATE:
        return emit({ type: 'window', id, delta: u31(bytes, at + 4) })
      case TYPE.RST_STREAM: {
        const wireCode = u32(bytes, at + 4)
        return emit({ type: 'reset', id, code: resetCode(wireCode), wireCode })
      }
      case TYPE.PING: {
        const token = u32(bytes, at)
        return emit({ type: 'ping', token, ack: (token & 1) === this.#parity })
      }
      case TYPE.GOAWAY: {
        const wireCode = u32(bytes, at + 4)
        return emit({ type: 'goAway', lastId: id, code: goAwayCode(wireCode), wireCode })
      }
      default:
        return this.#settings(bytes, at, size, emit)
    }
  }

  /** Inflates always, whoever the headers are for: what is left out would be missing from the next block (P06). */
  #headers(bytes: Bytes, at: number, length: number): HeaderFields | HeaderFault {
    const limits = this.#limits
    if (length === 0) return HeaderFields.NONE
    // Up to twice the limit is inflated, so that a block that is a little too large costs its stream and no more.
    const block = this.#inflater.inflate(bytes, at, length, limits.maxHeaderBytes * 2)
    if (block === undefined) return new HeaderFault('session', 'COMPRESSION_ERROR', this.#inflater.fault)
    const headers = parseHeaderBlock(block.bytes, block.length, limits)
    if (length <= limits.maxHeaderBlock || headers instanceof HeaderFault) return headers
    const message = `expected a header block of at most ${limits.maxHeaderBlock} bytes, ${length} came`
    return new HeaderFault('stream', 'FRAME_SIZE_ERROR', message)
  }

  #settings(bytes: Bytes, at: number, size: number, emit: Emit): boolean {
    const count = u32(bytes, at)
    if (count * 8 + 4 !== size) {
      const message = `expected SETTINGS with as many entries as it has room for, ${count} in ${size - 4} bytes came`
      return this.#shut(sessionFault('PROTOCOL_ERROR', message, 'SETTINGS'), emit)
    }
    const entries = new Map<number, ReceivedSetting>()
    for (let i = at + 4; i < at + size; i += 8) {
      const id = u24(bytes, i + 1)
      // §2.6.4: the first value of an id counts, and the others do not.
      if (!entries.has(id)) entries.set(id, { id, value: u32(bytes, i + 4), flags: bytes[i]! })
    }
    const received = { entries: [...entries.values()], clear: (this.#flags & FLAG.CLEAR_SETTINGS) !== 0 }
    const oddity = this.#tell(received)
    const goesOn = emit({ type: 'settings', settings: toNeutral(received.entries), ack: false })
    if (oddity === undefined) return goesOn
    if (goesOn) return emit(oddity)
    this.#pending = oddity
    return false
  }

  #tell(received: ReceivedSettings): InFrame | undefined {
    try {
      this.#onSettings?.(received)
      return undefined
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { type: 'ignored', what: 'oddity', name: `onSettings threw: ${reason}` }
    }
  }

  #headerFault({ scope, code, message }: HeaderFault, id: number, emit: Emit): boolean {
    const frame = frameName(this.#type)
    if (scope === 'session') return this.#shut(sessionFault(code, message, frame), emit)
    return this.#fault(streamFault(id, code, message, frame), emit)
  }

  #fault(fault: FaultFrame, emit: Emit): boolean {
    return fault.scope === 'session' ? this.#shut(fault, emit) : emit(fault)
  }

  #condemn(sentence: Sentence, length: number, emit: Emit): boolean {
    if (sentence.streamCode === undefined || length < 4) return this.#shut(sessionPart(sentence), emit)
    this.#sentence = sentence
    this.#left = 4
    this.#state = IN_CONTROL
    return true
  }

  #execute(sentence: Sentence, id: number, emit: Emit): boolean {
    const last = sessionPart(sentence)
    const { streamCode, message, frame } = sentence
    if (id === 0 || streamCode === undefined) return this.#shut(last, emit)
    this.#state = SHUT
    if (emit(streamFault(id, streamCode, message, frame))) return this.#shut(last, emit)
    this.#pending = last
    return false
  }

  #shut(fault: FaultFrame, emit: Emit): boolean {
    this.#state = SHUT
    return emit(fault)
  }
}

/** Its id is used up, whatever else is wrong with it. */
const OPENS = frameName(TYPE.SYN_STREAM)

function streamFault(id: number, code: ErrorCode, message: string, frame: string): FaultFrame {
  // A fault of stream 0 is nobody's but the session's.
  if (id === 0) return sessionFault('PROTOCOL_ERROR', message, frame)
  const fault: FaultFrame = { type: 'fault', scope: 'stream', id, code, message, frame }
  return frame === OPENS ? { ...fault, opens: true } : fault
}

function sessionFault(code: ErrorCode, message: string, frame: string): FaultFrame {
  return { type: 'fault', scope: 'session', id: 0, code, message, frame }
}

function sessionPart({ code, message, frame }: Sentence): FaultFrame {
  return sessionFault(code, message, frame)
}
