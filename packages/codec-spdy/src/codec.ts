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
import { assertHeaders } from './header-block.js'
import { type ReceivedSettings, recalled, remember, type Setting, type SettingsStore } from './settings.js'
import { INTERNAL_ERROR, type SpdyProfile, TRAITS } from './traits.js'

/** How SPDY is spoken. Every field has a default. */
export interface SpdyOptions {
  /** Default `spdy31`. */
  readonly profile?: SpdyProfile
  /**
   * How hard our header blocks are compressed, 0 … 9. Default 1: after the first block nearly all is found in the window,
   * and 6 takes a third longer for a twentieth of the size. 0 stores: where secrets stand beside text that others choose, lengths then tell
   * nothing (CRIME).
   */
  readonly compressionLevel?: number
  /** Window of our compression context, 11 … 15 bits. Default 11, as the draft suggests: 21 KB a session; zlib's usual 15 takes 267. */
  readonly windowBits?: number
  /**
   * Sent along with our first settings: ids the engine does not act upon, or `persist` for those it does. A profile
   * without settings sends none.
   */
  readonly settings?: readonly Setting[]
  /** Server: our first settings make the client forget what it remembered. Default false. */
  readonly clearSettings?: boolean
  /** Client: where to remember what the server asks to be remembered, and what is given back to it at the start. */
  readonly settingsStore?: SettingsStore
  /** Told everything each SETTINGS frame of the peer says, before the engine is. A throw is noted as an oddity. */
  readonly onSettings?: (received: ReceivedSettings) => void
}

/**
 * SPDY/3.1 (or one of its kin, by `profile`) as a {@link Protocol}.
 *
 * @throws RangeError for a `compressionLevel` or `windowBits` there is not
 */
export function spdy(options: SpdyOptions = {}): Protocol {
  const { profile = 'spdy31', compressionLevel = 1, windowBits = 11 } = options
  expectRange('compressionLevel', compressionLevel, 0, 9)
  expectRange('windowBits', windowBits, 11, 15)
  const traits = TRAITS[profile]
  return {
    traits,
    create: (session) =>
      new SpdyCodec(traits, { ...options, profile, compressionLevel, windowBits }, session),
  }
}

type Resolved = SpdyOptions & Required<Pick<SpdyOptions, 'profile' | 'compressionLevel' | 'windowBits'>>

/** One session's SPDY: a direction each way, with a compression context each. */
class SpdyCodec implements Codec {
  readonly traits: Traits
  readonly #decoder: Decoder
  readonly #encoder: Encoder

  constructor(traits: Traits, options: Resolved, { role, limits }: CodecOptions) {
    const { settingsStore, onSettings, settings = [], clearSettings = false } = options
    // Remembering is the client's business only (§2.6.4).
    const store = role === 'client' ? settingsStore : undefined
    this.traits = traits
    this.#decoder = new Decoder({
      role,
      limits,
      onSettings:
        store === undefined
          ? onSettings
          : (received) => {
              remember(store, received)
              onSettings?.(received)
            },
    })
    this.#encoder = new Encoder({
      compressionLevel: options.compressionLevel,
      windowBits: options.windowBits,
      internalError: INTERNAL_ERROR[options.profile],
      settings,
      clear: clearSettings && role === 'server',
      recalled: () => (store === undefined ? [] : recalled(store)),
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

  checkHeaders(headers: HeaderFields): void {
    assertHeaders(headers)
  }

  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void {
    this.#encoder.encodeData(id, payload, end, out)
  }

  close(): void {
    this.#decoder.close()
    this.#encoder.close()
  }
}

function expectRange(name: string, value: number, from: number, to: number): void {
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new RangeError(`expected ${name} from ${from} to ${to}, got ${value}`)
  }
}
