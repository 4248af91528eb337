import type {
  Bytes,
  ByteWriter,
  Codec,
  CodecOptions,
  HeaderFields,
  InFrame,
  OutFrame,
  Protocol,
  Traits,
} from '@plexus/contract'
import { Decoder } from './decode.js'
import { Encoder } from './encode.js'
import { HeaderLists } from './header-lists.js'
import { HpackEncoder } from './hpack/index.js'
import {
  INITIAL_TABLE,
  initialPeerSettings,
  notePeer,
  readSettings,
  type Setting,
  SettingFault,
} from './settings.js'
import { TRAITS } from './traits.js'
import { MAX_MAX_FRAME, MIN_MAX_FRAME, SETTING } from './wire.js'

/** How HTTP/2 is spoken. Every field has a default. */
export interface Http2Options {
  /**
   * Payload of the largest frame we take, 16,384 … 16,777,215 bytes; SETTINGS_MAX_FRAME_SIZE. Default for clients 65,535, which is a stream's
   * first window: a server that has one stream only then sends four times as much under one head. For servers 16,384, so that nobody's
   * frame holds up the others of a shared connection.
   */
  readonly maxFrameSize?: number
  /** Table of our header decoder, 0 … 4096 bytes (L08); SETTINGS_HEADER_TABLE_SIZE. Default 4096; 0 keeps nothing. */
  readonly headerTableSize?: number
  /**
   * Names, in lower case, of fields that no compression table may hold, here or further on, beside `authorization`, `proxy-authorization`,
   * `set-cookie` and short cookies (RFC 7541 §7.1.3). Default none.
   */
  readonly secrets?: readonly string[]
  /** Server: CONNECT may say `:protocol` (RFC 8441). Default false: whoever serves streams has to know what it means. */
  readonly extendedConnect?: boolean
  /**
   * The session begins as the answer to an upgrade from HTTP/1.1 (RFC 7540 §3.2): the request that asked for it is stream 1, and what
   * its `HTTP2-Settings` said, the payload of a SETTINGS frame, holds until the first real one says otherwise. A server is handed the
   * stream behind that; a client opens it, and nothing goes out. Such a request has no body. Once per protocol: for one session.
   */
  readonly upgraded?: { readonly headers: HeaderFields; readonly settings: Bytes } | undefined
  /** `:scheme` of streams that are opened without one. Default `http`. */
  readonly scheme?: 'http' | 'https'
  /** `:authority` of streams that are opened without one and without `host`. Default none, which some servers do not take. */
  readonly authority?: string | undefined
  /** Told everything each SETTINGS frame of the peer says, by id, before the engine is. A throw is noted as an oddity. */
  readonly onSettings?: (values: ReadonlyMap<number, number>) => void
}

/**
 * HTTP/2 (RFC 9113) as a {@link Protocol}.
 *
 * @throws RangeError for a `maxFrameSize` or `headerTableSize` there is not, and for settings of an upgrade that cannot be
 */
export function http2(options: Http2Options = {}): Protocol {
  const { maxFrameSize, headerTableSize = INITIAL_TABLE } = options
  if (maxFrameSize !== undefined) {
    expectRange('maxFrameSize', maxFrameSize, MIN_MAX_FRAME, MAX_MAX_FRAME)
  }
  expectRange('headerTableSize', headerTableSize, 0, INITIAL_TABLE)
  if (options.upgraded !== undefined) expectSettings(options.upgraded.settings)
  return {
    traits: TRAITS,
    create(session) {
      const size = maxFrameSize ?? MAX_FRAME_SIZE[session.role]
      return new Http2Codec({ ...options, maxFrameSize: size, headerTableSize }, session)
    },
  }
}

const MAX_FRAME_SIZE = { client: 65_535, server: MIN_MAX_FRAME }

type Resolved = Http2Options & Required<Pick<Http2Options, 'maxFrameSize' | 'headerTableSize'>>

/** One session's HTTP/2: a direction each way, and what the peer said that matters to the wire only. */
class Http2Codec implements Codec {
  readonly traits: Traits = TRAITS
  readonly #decoder: Decoder
  readonly #encoder: Encoder

  constructor(options: Resolved, { role, limits }: CodecOptions) {
    const { maxFrameSize, headerTableSize, secrets = [], scheme = 'http', authority, onSettings } = options
    const allowsProtocol = role === 'server' && (options.extendedConnect ?? false)
    const peer = initialPeerSettings()
    // Until the peer has heard of another size it compresses with the one everybody begins with (§4.3.1).
    const lists = new HeaderLists({ role, limits, allowsProtocol }, INITIAL_TABLE)
    const { upgraded } = options
    const encoder = new Encoder({
      role,
      isUpgraded: upgraded !== undefined && role === 'client',
      scheme,
      authority,
      peer,
      settings: ownSettings(role, { maxFrameSize, headerTableSize, allowsProtocol }, limits.maxHeaderBytes),
      hpack: new HpackEncoder({ maxTableSize: INITIAL_TABLE, secrets }),
    })
    this.#encoder = encoder
    this.#decoder = new Decoder({
      role,
      upgraded: role === 'server' ? upgraded : undefined,
      limits,
      maxFrameSize,
      lists,
      peer,
      onSettings({ values, smallestTable }) {
        notePeer(values, peer)
        if (smallestTable !== undefined) {
          encoder.setPeerTableSize(smallestTable)
          encoder.setPeerTableSize(peer.headerTableSize)
        }
        onSettings?.(values)
      },
      onSettingsAck() {
        if (headerTableSize !== INITIAL_TABLE) lists.setMaxTableSize(headerTableSize)
      },
    })
  }

  decode(chunk: Bytes, emit: (frame: InFrame) => boolean): number {
    return this.#decoder.decode(chunk, emit)
  }

  get awaitsRest(): boolean {
    return this.#decoder.awaitsRest
  }

  encode(frame: OutFrame, out: ByteWriter): void {
    this.#encoder.encode(frame, out)
  }

  checkHeaders(headers: HeaderFields, end: boolean): void {
    this.#encoder.checkHeaders(headers, end)
  }

  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    this.#encoder.encodeData(id, payload, end, out)
  }

  close(): void {
    this.#decoder.close()
  }
}

/** @throws RangeError for what no SETTINGS frame of a client may say */
function expectSettings(payload: Bytes): void {
  if (payload.length % 6 !== 0)
    throw new RangeError(`expected settings of 6 bytes each, got ${payload.length} bytes`)
  const said = readSettings(payload, 'server', initialPeerSettings())
  if (said instanceof SettingFault) throw new RangeError(said.message)
}

/** What we say of ourselves beside what the engine does. */
function ownSettings(
  role: CodecOptions['role'],
  own: { maxFrameSize: number; headerTableSize: number; allowsProtocol: boolean },
  maxHeaderBytes: number,
): Setting[] {
  const settings: Setting[] = [
    { id: SETTING.HEADER_TABLE_SIZE, value: own.headerTableSize },
    { id: SETTING.MAX_FRAME_SIZE, value: own.maxFrameSize },
    { id: SETTING.MAX_HEADER_LIST_SIZE, value: Math.min(maxHeaderBytes, 0xffff_ffff) },
    { id: SETTING.NO_RFC7540_PRIORITIES, value: 1 },
  ]
  if (role === 'client') settings.push({ id: SETTING.ENABLE_PUSH, value: 0 })
  if (own.allowsProtocol) settings.push({ id: SETTING.ENABLE_CONNECT_PROTOCOL, value: 1 })
  return settings
}

function expectRange(name: string, value: number, from: number, to: number): void {
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new RangeError(`expected ${name} from ${from} to ${to}, got ${value}`)
  }
}
