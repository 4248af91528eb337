import {
  type Bytes,
  type ByteWriter,
  type HeaderFields,
  type OpenFrame,
  type OutFrame,
  type PingToken,
  PlexusError,
  type Role,
  type SettingsFrame,
  sizeOfHeaders,
} from '@plexus/contract'
import type { HpackEncoder } from './hpack/index.js'
import { goAwayCodeOf, resetCodeOf } from './neutral.js'
import { checkTrailers, requestFields, responseFields, unsendable } from './outgoing.js'
import { writePriority } from './priority.js'
import { fromNeutral, type PeerSettings, type Setting } from './settings.js'
import { FLAG, PREFACE, TYPE } from './wire.js'

export interface EncoderOptions {
  readonly role: Role
  /** The first stream was opened by the request that asked for an upgrade. */
  readonly isUpgraded: boolean
  /** `:scheme` of a stream that says none. */
  readonly scheme: string
  /** `:authority` of one that says none. */
  readonly authority: string | undefined
  /** Goes out with our first settings. */
  readonly settings: readonly Setting[]
  /** What the peer has said so far. */
  readonly peer: PeerSettings
  readonly hpack: HpackEncoder
}

/** The other direction: frames to bytes. See {@link Codec.encode}. */
export class Encoder {
  readonly #options: EncoderOptions
  #hasSaidSettings = false

  constructor(options: EncoderOptions) {
    this.#options = options
  }

  encode(frame: OutFrame, out: ByteWriter): void {
    switch (frame.type) {
      case 'open':
        if (this.#options.isUpgraded && frame.id === 1) return
        return this.#headers(frame.id, this.#requestOf(frame), frame.end, out)
      case 'reply':
        return this.#headers(frame.id, responseFields(frame.headers.flat, '200', false), frame.end, out)
      case 'inform':
        return this.#headers(frame.id, responseFields(frame.headers.flat, '103', true), false, out)
      case 'headers':
        return this.#headers(frame.id, frame.headers.flat, frame.end, out)
      case 'priority':
        return writePriorityUpdate(frame.id, writePriority(frame.urgency, frame.incremental), out)
      case 'reset':
        head(out, 4, TYPE.RST_STREAM, 0, frame.id)
        out.u32(resetCodeOf(frame.code, frame.wireCode, this.#options.role === 'server'))
        return
      case 'window':
        head(out, 4, TYPE.WINDOW_UPDATE, 0, frame.id)
        out.u32(frame.delta)
        return
      case 'settings':
        return this.#settings(frame, out)
      case 'ping':
        head(out, 8, TYPE.PING, frame.ack ? FLAG.ACK : 0, 0)
        return writeToken(frame.token, out)
      case 'goAway': {
        const debug = latin1Bytes(frame.debug ?? '')
        head(out, 8 + debug.length, TYPE.GOAWAY, 0, 0)
        out.u32(frame.lastId)
        out.u32(goAwayCodeOf(frame.code, frame.wireCode))
        out.copy(debug)
        return
      }
    }
  }

  /** §6.1; the peer's largest frame holds for whatever the caller hands in. */
  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    const { maxFrameSize } = this.#options.peer
    let rest = payload
    for (; rest.length > maxFrameSize; rest = rest.subarray(maxFrameSize)) {
      head(out, maxFrameSize, TYPE.DATA, 0, id)
      out.bytes(rest.subarray(0, maxFrameSize))
    }
    head(out, rest.length, TYPE.DATA, end ? FLAG.END_STREAM : 0, id)
    out.bytes(rest)
  }

  checkHeaders(headers: HeaderFields, end: boolean): void {
    checkTrailers(headers.flat, end)
  }

  /** The table that the peer's decoder offers has another size. */
  setPeerTableSize(size: number): void {
    this.#options.hpack.setPeerTableSize(size)
  }

  #requestOf({ headers, priority, incremental }: OpenFrame): readonly string[] {
    const { role, scheme, authority, peer } = this.#options
    if (role === 'server') throw noPush()
    const says = writePriority(priority, incremental ?? false)
    const fields = requestFields(headers.flat, { scheme, authority }, says, peer.extendedConnect)
    // §10.5.1: advice, and yet better heard here than from there (H37).
    if (peer.maxHeaderListSize === Number.POSITIVE_INFINITY) return fields
    const size = sizeOfHeaders({ flat: fields })
    if (size <= peer.maxHeaderListSize) return fields
    throw unsendable(
      `at most ${peer.maxHeaderListSize} bytes of headers, which is what the peer takes, got ${size}`,
    )
  }

  /** One HEADERS, and as many CONTINUATIONs as the peer's largest frame makes necessary (§4.3). */
  #headers(id: number, fields: readonly string[], end: boolean, out: ByteWriter): void {
    const { hpack, peer } = this.#options
    const block = hpack.encode(fields)
    const most = peer.maxFrameSize
    const endStream = end ? FLAG.END_STREAM : 0
    if (block.length <= most) {
      head(out, block.length, TYPE.HEADERS, FLAG.END_HEADERS | endStream, id)
      return out.copy(block)
    }
    head(out, most, TYPE.HEADERS, endStream, id)
    out.copy(block.subarray(0, most))
    for (let at = most; at < block.length; at += most) {
      const part = block.subarray(at, at + most)
      head(out, part.length, TYPE.CONTINUATION, at + most >= block.length ? FLAG.END_HEADERS : 0, id)
      out.copy(part)
    }
  }

  #settings({ settings, ack }: SettingsFrame, out: ByteWriter): void {
    if (ack) return head(out, 0, TYPE.SETTINGS, FLAG.ACK, 0)
    const { role, settings: own } = this.#options
    const entries = fromNeutral(settings, this.#hasSaidSettings ? [] : own)
    if (!this.#hasSaidSettings && role === 'client') out.copy(PREFACE)
    this.#hasSaidSettings = true
    head(out, entries.length * 6, TYPE.SETTINGS, 0, 0)
    for (const { id, value } of entries) {
      out.u16(id)
      out.u32(value)
    }
  }
}

/** §8.4: what a server opens is a push; we send none, so that whoever offers one does without. */
function noPush(): PlexusError {
  return new PlexusError('expected a client to open streams, HTTP/2 lets no server do so', {
    scope: 'request',
    code: 'REFUSED_STREAM',
    blame: 'us',
    processed: 'no',
  })
}

function writePriorityUpdate(id: number, value: string, out: ByteWriter): void {
  head(out, 4 + value.length, TYPE.PRIORITY_UPDATE, 0, 0)
  out.u32(id)
  out.copy(latin1Bytes(value))
}

function writeToken(token: PingToken, out: ByteWriter): void {
  const all = BigInt(token)
  out.u32(Number((all >> 32n) & 0xffff_ffffn))
  out.u32(Number(all & 0xffff_ffffn))
}

function latin1Bytes(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

function head(out: ByteWriter, length: number, type: number, flags: number, id: number): void {
  out.u24(length)
  out.u8(type)
  out.u8(flags)
  out.u32(id)
}
