import {
  type Bytes,
  type FaultFrame,
  Gather,
  type HeaderFields,
  type InFrame,
  type Limits,
  NO_BYTES,
  type OpenFrame,
  type Role,
} from '@plexus/contract'
import {
  DEPENDS_ON_ITSELF,
  MAX_DEBUG,
  readControl,
  readOldPriority,
  readPriorityUpdate,
  sessionFault,
  streamFault,
} from './control.js'
import { frameName, judgeHead, SHAPES } from './frames.js'
import { type BlockStep, HeaderBlock } from './header-block.js'
import { type HeaderLists, ListFault } from './header-lists.js'
import { readPriority } from './priority.js'
import { type PeerSettings, readSettings, type SaidSettings, SettingFault, toNeutral } from './settings.js'
import { FLAG, HEAD_BYTES, PREFACE, TYPE, u24, u31 } from './wire.js'

export interface DecoderOptions {
  readonly role: Role
  readonly limits: Limits
  /** Payload of the largest frame we take, bytes. */
  readonly maxFrameSize: number
  readonly lists: HeaderLists
  /** What the peer has said so far. */
  readonly peer: PeerSettings
  /** Everything a SETTINGS frame said. What it throws becomes an oddity. */
  onSettings(said: SaidSettings): void
  /** Our settings are in force at the peer. */
  onSettingsAck(): void
  /** The request that asked for an upgrade from HTTP/1.1, which is the peer's stream 1. */
  readonly upgraded: { readonly headers: HeaderFields; readonly settings: Bytes } | undefined
}

type Emit = (frame: InFrame) => boolean

/** What the next byte belongs to. */
const AT_PREFACE = 0
const AT_HEAD = 1
/** The byte before padded DATA that says how much of it is padding. */
const AT_PADDING_LENGTH = 2
const IN_DATA = 3
const IN_CONTROL = 4
const IN_SKIPPED = 5
/** After a session fault nothing is taken in any more. */
const SHUT = 6

/** One direction of one session: bytes to frames. See {@link Codec.decode}. */
export class Decoder {
  readonly #options: DecoderOptions
  #state: number
  /** Of the preface that came. */
  #prefaceBytes = 0
  /** The peer's first frame, which is SETTINGS, came (RFC 9113 §3.4). */
  #isGreeted = false
  /** Highest id of the peer's that a HEADERS opened: what it names again is no opening. */
  #lastPeerId = 0

  /** The start of a head that is not whole. */
  readonly #head = new Uint8Array(HEAD_BYTES)
  #headBytes = 0

  /** The frame at hand; `left` bytes of it did not come yet. */
  #type = 0
  #flags = 0
  #id = 0
  #left = 0
  /** DATA: what the next piece takes from the windows, and the padding behind the payload. */
  #charge = 0
  #padding = 0
  /** The part that came of a frame that spans chunks. */
  readonly #gathered = new Gather()

  /** The header block at hand, while it is not whole. */
  readonly #block: HeaderBlock

  /** What one frame of the wire gave beside a frame for which `emit` answered false. */
  #pending: InFrame | undefined

  constructor(options: DecoderOptions) {
    this.#options = options
    this.#block = new HeaderBlock(options.limits)
    this.#state = options.role === 'server' ? AT_PREFACE : AT_HEAD
    if (options.upgraded !== undefined) this.#lastPeerId = 1
  }

  /** See {@link Codec.awaitsRest}: of a head, a frame that is taken whole, or a header block (L13). */
  get awaitsRest(): boolean {
    return this.#block.id !== 0 || this.#headBytes > 0 || this.#state === IN_CONTROL
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
            this.#left = 0
            goesOn = this.#whole(chunk.subarray(at, end), emit)
          } else {
            goesOn = this.#gather(chunk, at, end, emit)
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
        case AT_PADDING_LENGTH:
          goesOn = this.#padded(chunk[at++]!, emit)
          break
        case AT_PREFACE: {
          const end = Math.min(length, at + PREFACE.length - this.#prefaceBytes)
          goesOn = this.#preface(chunk.subarray(at, end), emit)
          at = end
          break
        }
        default:
          return length
      }
    }
    return at
  }

  close(): void {
    this.#state = SHUT
    this.#pending = undefined
    this.#gathered.clear()
    this.#block.clear()
  }

  /** §3.4: what a client says before all else; the first byte that differs is enough. */
  #preface(bytes: Bytes, emit: Emit): boolean {
    for (const byte of bytes) {
      if (byte === PREFACE[this.#prefaceBytes]) {
        this.#prefaceBytes += 1
        continue
      }
      const char = JSON.stringify(String.fromCharCode(byte))
      const message = `expected the preface of HTTP/2, "PRI * HTTP/2.0…", got ${char} at byte ${this.#prefaceBytes} of it`
      return this.#shut('PROTOCOL_ERROR', message, 'preface', emit)
    }
    if (this.#prefaceBytes === PREFACE.length) this.#state = AT_HEAD
    return true
  }

  // --- heads ------------------------------------------------------------------------------------------------------

  #begin(bytes: Bytes, at: number, emit: Emit): boolean {
    const length = u24(bytes, at)
    const type = bytes[at + 3]!
    const flags = bytes[at + 4]!
    const id = u31(bytes, at + 5)
    this.#type = type
    this.#flags = flags
    this.#id = id
    this.#left = length
    const { maxFrameSize } = this.#options
    if (this.#block.id !== 0 && (type !== TYPE.CONTINUATION || id !== this.#block.id)) {
      const message = `expected CONTINUATION on stream ${this.#block.id}, ${frameName(type)} on stream ${id} came`
      return this.#shut('PROTOCOL_ERROR', message, frameName(type), emit)
    }
    if (length > maxFrameSize) {
      const message = `expected ${frameName(type)} with at most ${maxFrameSize} bytes, ${length} were announced`
      return this.#shut('FRAME_SIZE_ERROR', message, frameName(type), emit)
    }
    if (!this.#isGreeted && (type !== TYPE.SETTINGS || (flags & FLAG.ACK) !== 0)) {
      const message = `expected SETTINGS as the first frame, ${frameName(type)} came`
      return this.#shut('PROTOCOL_ERROR', message, frameName(type), emit)
    }
    if (SHAPES[type] === undefined)
      return this.#skip({ type: 'ignored', what: 'unknown', name: frameName(type) }, emit)
    const sentence = judgeHead(type, flags, id, length)
    if (sentence !== undefined) {
      const { scope, code, message } = sentence
      const name = frameName(type)
      if (scope === 'session' || this.#isIdle(id)) return this.#shut(code, message, name, emit)
      return this.#skip(streamFault(id, code, message, name), emit)
    }
    if (type === TYPE.DATA) return this.#beginData(length, emit)
    const refusal = this.#refuse(type, id, length)
    if (refusal !== undefined) return this.#shut(refusal.code, refusal.message, frameName(type), emit)
    this.#state = IN_CONTROL
    return length > 0 || this.#whole(NO_BYTES, emit)
  }

  /** What a well-formed head may not say here. */
  #refuse(type: number, id: number, length: number): Pick<FaultFrame, 'code' | 'message'> | undefined {
    const { role, limits } = this.#options
    switch (type) {
      case TYPE.HEADERS:
        if (role === 'server' && (id & 1) === 0)
          return { code: 'PROTOCOL_ERROR', message: `expected an odd stream of the client's, got ${id}` }
        return this.#block.refuse(type, length)
      case TYPE.CONTINUATION:
        return this.#block.refuse(type, length)
      case TYPE.PUSH_PROMISE:
        // §8.4: a client cannot push; §6.6: nor can a server that was told not to, and we always tell (H47).
        return { code: 'PROTOCOL_ERROR', message: 'expected no PUSH_PROMISE, for none was allowed, one came' }
      case TYPE.PRIORITY_UPDATE:
        if (role === 'server') return undefined
        return { code: 'PROTOCOL_ERROR', message: 'expected no PRIORITY_UPDATE from a server, one came' }
      case TYPE.SETTINGS:
        if (length / 6 <= limits.maxSettingsEntries) return undefined
        return {
          code: 'ENHANCE_YOUR_CALM',
          message: `expected SETTINGS with at most ${limits.maxSettingsEntries} entries, ${length / 6} were announced`,
        }
      default:
        return undefined
    }
  }

  #skip(frame: InFrame, emit: Emit): boolean {
    this.#state = this.#left > 0 ? IN_SKIPPED : AT_HEAD
    return emit(frame)
  }

  /** Nobody opened it: a stream error would be an answer on a stream that is none (§6.4). */
  #isIdle(id: number): boolean {
    return (id & 1) === (this.#options.role === 'server' ? 0 : 1) || id > this.#lastPeerId
  }

  // --- data -------------------------------------------------------------------------------------------------------

  #beginData(length: number, emit: Emit): boolean {
    this.#charge = length
    this.#padding = 0
    if ((this.#flags & FLAG.PADDED) !== 0) {
      this.#state = AT_PADDING_LENGTH
      return true
    }
    this.#state = IN_DATA
    return length > 0 || this.#data(NO_BYTES, emit)
  }

  /** §6.1: padding as long as the payload, or longer, is an error of the session (H39). */
  #padded(padding: number, emit: Emit): boolean {
    if (padding >= this.#left) return this.#shut('PROTOCOL_ERROR', tooMuchPadding('DATA'), 'DATA', emit)
    this.#padding = padding + 1
    this.#left -= padding + 1
    this.#state = IN_DATA
    return this.#left > 0 || this.#data(NO_BYTES, emit)
  }

  #data(payload: Bytes, emit: Emit): boolean {
    const charge = this.#charge
    // The first piece says it all.
    const padding = charge > 0 ? this.#padding : 0
    const isLast = this.#left === 0
    this.#charge = 0
    if (isLast) {
      this.#left = Math.max(0, this.#padding - 1)
      this.#state = this.#left > 0 ? IN_SKIPPED : AT_HEAD
    }
    const end = isLast && (this.#flags & FLAG.END_STREAM) !== 0
    return emit({ type: 'data', id: this.#id, payload, charge, padding, end })
  }

  // --- all others -------------------------------------------------------------------------------------------------

  #gather(chunk: Bytes, from: number, to: number, emit: Emit): boolean {
    this.#gathered.add(chunk, from, to)
    this.#left -= to - from
    // L12: nobody reads more of a go-away than this.
    const isEnough = this.#type === TYPE.GOAWAY && this.#gathered.length >= 8 + MAX_DEBUG
    if (this.#left > 0 && !isEnough) return true
    const goesOn = this.#whole(this.#gathered.bytes, emit)
    this.#gathered.clear()
    return goesOn
  }

  /** A whole frame, or as much of it as is read. Nothing that is emitted is a view of `bytes`. */
  #whole(bytes: Bytes, emit: Emit): boolean {
    const id = this.#id
    this.#state = this.#left > 0 ? IN_SKIPPED : AT_HEAD
    switch (this.#type) {
      case TYPE.HEADERS:
        return this.#blockStep(this.#block.begin(id, this.#flags, bytes), emit)
      case TYPE.CONTINUATION:
        return this.#blockStep(this.#block.goOn(this.#flags, bytes), emit)
      case TYPE.SETTINGS:
        return this.#settings(bytes, emit)
      case TYPE.PRIORITY:
        return this.#emitOrShut(readOldPriority(id, bytes), this.#isIdle(id), emit)
      case TYPE.PRIORITY_UPDATE:
        return this.#emitOrShut(readPriorityUpdate(bytes), false, emit)
      default:
        return emit(readControl(this.#type, this.#flags, id, bytes))
    }
  }

  #emitOrShut(frame: InFrame, isIdle: boolean, emit: Emit): boolean {
    if (frame.type !== 'fault' || (frame.scope === 'stream' && !isIdle)) return emit(frame)
    return this.#shut(frame.code, frame.message, frame.frame, emit)
  }

  #settings(bytes: Bytes, emit: Emit): boolean {
    const { role, peer, upgraded, onSettings, onSettingsAck } = this.#options
    if ((this.#flags & FLAG.ACK) !== 0) {
      onSettingsAck()
      return emit({ type: 'settings', settings: {}, ack: true })
    }
    const first = this.#isGreeted ? undefined : upgraded
    const said = readSettings(first === undefined ? bytes : joined(first.settings, bytes), role, peer)
    if (said instanceof SettingFault) return this.#shut(said.code, said.message, 'SETTINGS', emit)
    this.#isGreeted = true
    let oddity: InFrame | undefined
    try {
      onSettings(said)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      oddity = { type: 'ignored', what: 'oddity', name: `onSettings threw: ${reason}` }
    }
    const goesOn = emit({ type: 'settings', settings: toNeutral(said.values), ack: false })
    const next = first === undefined ? oddity : openOf(1, first.headers, true)
    if (next === undefined) return goesOn
    if (goesOn) return emit(next)
    // Nobody comes for it where the session ended in between.
    if (this.#state !== SHUT) this.#pending = next
    return false
  }

  // --- header blocks ----------------------------------------------------------------------------------------------

  #blockStep(step: BlockStep, emit: Emit): boolean {
    if (step === 'unfinished') return true
    if (step === 'padding') return this.#shut('PROTOCOL_ERROR', tooMuchPadding('HEADERS'), 'HEADERS', emit)
    const goesOn = this.#blockDone(this.#id, this.#block.flags, step, emit)
    this.#block.clear()
    return goesOn
  }

  /** A whole block. What is wrong with it is said after it was decoded: the tables stay in step. */
  #blockDone(id: number, flags: number, block: Bytes, emit: Emit): boolean {
    const { role, lists } = this.#options
    const opens = role === 'server' && id > this.#lastPeerId
    if (opens) this.#lastPeerId = id
    const headers = lists.read(block, opens)
    const end = (flags & FLAG.END_STREAM) !== 0
    if (headers instanceof ListFault) return this.#listFault(headers, id, opens, emit)
    const fault = this.#judge(id, end)
    if (fault !== undefined) return this.#listFault(fault, id, opens, emit)
    switch (lists.kind) {
      case 'open':
        return emit(openOf(id, headers, end))
      case 'inform':
        return emit({ type: 'inform', id, headers })
      case 'reply':
        return emit({ type: 'reply', id, headers, end })
      case 'headers':
        return emit({ type: 'headers', id, headers, end })
    }
  }

  #listFault({ scope, code, message }: ListFault, id: number, opens: boolean, emit: Emit): boolean {
    if (scope === 'session') return this.#shut(code, message, 'HEADERS', emit)
    const fault = streamFault(id, code, message, 'HEADERS')
    return emit(opens ? { ...fault, opens } : { ...fault, follows: true })
  }

  /** What a list may not be where it stands (§8.1). */
  #judge(id: number, end: boolean): ListFault | undefined {
    const { kind } = this.#options.lists
    if (this.#block.dependsOnItself) return new ListFault('stream', 'PROTOCOL_ERROR', DEPENDS_ON_ITSELF)
    if (kind === 'headers' && !end)
      return new ListFault(
        'stream',
        'PROTOCOL_ERROR',
        `expected trailers of stream ${id} to end it, they do not`,
      )
    if (kind === 'inform' && end)
      return new ListFault(
        'stream',
        'PROTOCOL_ERROR',
        `expected an interim response on stream ${id} not to end it`,
      )
    return undefined
  }

  #shut(code: FaultFrame['code'], message: string, frame: string, emit: Emit): boolean {
    this.#state = SHUT
    return emit(sessionFault(code, message, frame))
  }
}

function openOf(id: number, headers: HeaderFields, end: boolean): OpenFrame {
  const open = { type: 'open', id, parent: 0, priority: 3, headers, end, unidirectional: false } as const
  const said = headers.get('priority')
  if (said === undefined) return open
  const { urgency, incremental } = readPriority(said)
  return { ...open, priority: urgency, incremental }
}

function joined(a: Bytes, b: Bytes): Bytes {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const tooMuchPadding = (name: string) => `expected ${name} with less padding than payload, more came`
