import {
  type Bytes,
  type ByteWriter,
  type HeaderFields,
  type OutFrame,
  PlexusError,
  type SettingsFrame,
} from '@plexus/contract'
import { HeaderCompressor, type Scratch } from './compression.js'
import { serialised, serialiseHeaders } from './header-block.js'
import { goAwayStatus, resetStatus } from './neutral.js'
import { fromNeutral, type ReceivedSetting, type Setting } from './settings.js'
import { CONTROL, FLAG, MAX_LENGTH, TYPE } from './wire.js'

export interface EncoderOptions {
  readonly compressionLevel: number
  readonly windowBits: number
  /** The number of GOAWAY's INTERNAL_ERROR. */
  readonly internalError: number
  /** Goes out with our first settings. */
  readonly settings: readonly Setting[]
  /** Our first settings say that what was remembered is to be forgotten. */
  readonly clear: boolean
  /** A frame of its own before our first settings, so that where the two differ ours, the later, prevail. */
  readonly recalled: () => readonly ReceivedSetting[]
}

/** The other direction: frames to bytes. See {@link Codec.encode}. */
export class Encoder {
  readonly #options: EncoderOptions
  readonly #compressor: HeaderCompressor
  #hasSaidSettings = false

  constructor(options: EncoderOptions) {
    this.#options = options
    this.#compressor = new HeaderCompressor(options.compressionLevel, options.windowBits)
  }

  encode(frame: OutFrame, out: ByteWriter): void {
    switch (frame.type) {
      case 'open': {
        const block = this.#block(frame.headers)
        const flags = (frame.end ? FLAG.FIN : 0) | (frame.unidirectional ? FLAG.UNIDIRECTIONAL : 0)
        head(out, TYPE.SYN_STREAM, flags, 10 + block.length)
        out.u32(frame.id)
        out.u32(frame.parent)
        out.u16(frame.priority << 13)
        out.copy(block.bytes.subarray(0, block.length))
        return
      }
      case 'reply':
        return this.#withHeaders(TYPE.SYN_REPLY, frame.id, frame.headers, frame.end, out)
      case 'inform':
      case 'priority':
        throw notInSpdy(frame.type)
      case 'headers':
        return this.#withHeaders(TYPE.HEADERS, frame.id, frame.headers, frame.end, out)
      case 'reset':
        head(out, TYPE.RST_STREAM, 0, 8)
        out.u32(frame.id)
        out.u32(resetStatus(frame.code, frame.wireCode))
        return
      case 'window':
        head(out, TYPE.WINDOW_UPDATE, 0, 8)
        out.u32(frame.id)
        out.u32(frame.delta)
        return
      case 'settings':
        return this.#settings(frame, out)
      case 'ping':
        head(out, TYPE.PING, 0, 4)
        out.u32(Number(frame.token))
        return
      case 'goAway':
        head(out, TYPE.GOAWAY, 0, 8)
        out.u32(frame.lastId)
        out.u32(goAwayStatus(frame.code, frame.wireCode, this.#options.internalError))
        return
    }
  }

  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    let rest = payload
    for (; rest.length > MAX_LENGTH; rest = rest.subarray(MAX_LENGTH)) {
      out.u32(id)
      out.u32(MAX_LENGTH)
      out.bytes(rest.subarray(0, MAX_LENGTH))
    }
    out.u32(id)
    out.u32((end ? FLAG.FIN << 24 : 0) | rest.length)
    out.bytes(rest)
  }

  close(): void {
    this.#compressor.close()
  }

  #withHeaders(type: number, id: number, headers: HeaderFields, end: boolean, out: ByteWriter): void {
    const block = this.#block(headers)
    head(out, type, end ? FLAG.FIN : 0, 4 + block.length)
    out.u32(id)
    out.copy(block.bytes.subarray(0, block.length))
  }

  #block(headers: HeaderFields): Scratch {
    // What the wire cannot carry throws here, before the context has seen a byte of it.
    serialiseHeaders(headers)
    return this.#compressor.compress(serialised.bytes, serialised.length)
  }

  #settings({ settings, ack }: SettingsFrame, out: ByteWriter): void {
    // SPDY has no acknowledgement (§2.6.4).
    if (ack) return
    const { settings: extra, clear, recalled } = this.#options
    if (this.#hasSaidSettings) return writeSettings(fromNeutral(settings, []), 0, out)
    this.#hasSaidSettings = true
    const remembered = recalled()
    if (remembered.length > 0) writeSettings(remembered, 0, out)
    writeSettings(fromNeutral(settings, extra), clear ? FLAG.CLEAR_SETTINGS : 0, out)
  }
}

function writeSettings(entries: readonly ReceivedSetting[], flags: number, out: ByteWriter): void {
  head(out, TYPE.SETTINGS, flags, 4 + entries.length * 8)
  out.u32(entries.length)
  for (const { id, value, flags: entryFlags } of entries) {
    out.u8(entryFlags)
    out.u24(id)
    out.u32(value)
  }
}

/** The engine's traits say so too; whoever asks all the same is told here. */
function notInSpdy(type: string): PlexusError {
  return new PlexusError(`expected a frame that SPDY has, got '${type}'`, {
    scope: 'request',
    code: 'PROTOCOL_ERROR',
    blame: 'application',
    processed: 'no',
    event: type,
  })
}

function head(out: ByteWriter, type: number, flags: number, length: number): void {
  out.u32(CONTROL + type)
  out.u32((flags << 24) | length)
}
