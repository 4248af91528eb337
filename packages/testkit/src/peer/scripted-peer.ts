import {
  type Bytes,
  ByteWriter,
  type Carrier,
  type Clock,
  type Codec,
  type DataFrame,
  type InFrame,
  type Limits,
  type OutFrame,
  type Protocol,
  type Role,
  resolveLimits,
} from '@plexus/contract'
import { Collector } from './collector.js'
import { bytesOf, bytesOfHex } from './frames.js'
import { type FrameOf, type FrameWanted, mismatches } from './match.js'
import { type Patience, patienceOf } from './patience.js'
import { show, showFrame } from './show.js'

export interface ScriptedPeerOptions {
  readonly protocol: Protocol
  /** The role of the peer: the other one than that of the session under test. */
  readonly role: Role
  /** The peer's end. It is started at once. */
  readonly carrier: Carrier
  readonly clock: Clock
  readonly limits?: Partial<Limits>
  /** How long a wanted frame may take, ms of `clock`. Default 1,000. */
  readonly withinMs?: number
}

/** The far end of a dialogue: a test says what it sends and what it wants, frame by frame. */
export function scriptedPeer(options: ScriptedPeerOptions): ScriptedPeer {
  return new ScriptedPeer(options)
}

/** See {@link scriptedPeer}. Every promise of it rejects with the dialogue so far when it goes otherwise than wanted. */
export class ScriptedPeer {
  /** All frames that came, data frames put together, in order. */
  readonly frames: InFrame[] = []
  /** All frames that were sent. */
  readonly sent: (OutFrame | DataFrame)[] = []

  readonly #carrier: Carrier
  readonly #clock: Clock
  readonly #codec: Codec
  readonly #patience: Patience
  readonly #withinMs: number
  readonly #out = new ByteWriter()
  readonly #lines: string[] = []
  #unread: InFrame[] = []
  #ignored: FrameWanted[] = []
  #hasEnd = false
  #isClosed = false
  #error: Error | undefined

  constructor(options: ScriptedPeerOptions) {
    const { protocol, role, carrier, clock } = options
    this.#carrier = carrier
    this.#clock = clock
    this.#codec = protocol.create({ role, limits: resolveLimits(options.limits) })
    this.#patience = patienceOf(clock)
    this.#withinMs = options.withinMs ?? 1000
    const collector = new Collector((frame) => this.#got(frame))
    carrier.start({
      receive: (chunk) => {
        this.#codec.decode(chunk, (frame) => {
          collector.take(frame)
          return true
        })
        this.#patience.news()
      },
      drain: () => undefined,
      end: () => {
        this.#hasEnd = true
        this.#note('<', 'end of the carrier')
        this.#patience.news()
      },
      closed: (error) => {
        this.#isClosed = true
        this.#error = error
        this.#note('<', error === undefined ? 'carrier closed' : `carrier closed: ${error.message}`)
        this.#codec.close()
        this.#patience.news()
      },
    })
  }

  // --- sends

  /** Sends frames in one write and lets the other side take them in. */
  async sends(...frames: readonly (OutFrame | DataFrame)[]): Promise<void> {
    for (const frame of frames) {
      this.sent.push(frame)
      this.#note('>', showFrame(frame))
      if (frame.type === 'data') this.#codec.encodeData(frame.id, frame.payload, frame.end, this.#out)
      else this.#codec.encode(frame, this.#out)
    }
    this.#carrier.write(this.#out.take())
    await this.#patience.rest()
  }

  /** Sends bytes as they stand; a text is read as hexadecimal digits, white space is for the eye. */
  async sendsBytes(bytes: Bytes | string): Promise<void> {
    const raw = typeof bytes === 'string' ? bytesOfHex(bytes) : bytes
    this.#note('>', `bytes ${show(raw)}`)
    this.#carrier.write([raw])
    await this.#patience.rest()
  }

  /** Ends its direction of the carrier. */
  async ends(): Promise<void> {
    this.#note('>', 'end of the carrier')
    this.#carrier.end()
    await this.#patience.rest()
  }

  /** Reads no more, so that what is sent to it piles up. */
  stalls(): void {
    this.#note('>', 'reads no more')
    this.#carrier.pause()
  }

  async resumes(): Promise<void> {
    this.#note('>', 'reads again')
    this.#carrier.resume()
    await this.#patience.rest()
  }

  /** Is gone at once, in both directions. */
  async cuts(): Promise<void> {
    this.#note('>', 'cuts the carrier')
    this.#carrier.destroy()
    await this.#patience.rest()
  }

  // --- wants

  /** Frames like these may come at any time and are passed over. */
  ignores(...wanted: readonly FrameWanted[]): this {
    this.#ignored.push(...wanted)
    this.#unread = this.#unread.filter((frame) => !this.#isIgnored(frame))
    return this
  }

  /** Waits for the next frame, which has to be as wanted, and gives it back. */
  async wants<Wanted extends FrameWanted>(wanted: Wanted): Promise<FrameOf<Wanted>> {
    const frame = await this.#next(showFrame(wanted))
    const wrong = mismatches(frame, wanted)
    if (wrong.length > 0) throw this.#failure(showFrame(wanted), showFrame(frame), wrong)
    return frame as FrameOf<Wanted>
  }

  /** Waits for as many frames as are wanted, in any order, and gives them back in the order wanted. */
  async wantsAny(wanted: readonly FrameWanted[]): Promise<InFrame[]> {
    const met = new Map<FrameWanted, InFrame>()
    while (met.size < wanted.length) {
      const open = wanted.filter((one) => !met.has(one))
      const shown = open.map(showFrame).join('\n  or ')
      const frame = await this.#next(shown)
      const match = open.find((one) => mismatches(frame, one).length === 0)
      if (match === undefined) throw this.#failure(shown, showFrame(frame), [])
      met.set(match, frame)
    }
    return wanted.map((one) => met.get(one)!)
  }

  /** Waits for `payload` on stream `id`, in however many data frames; other frames must not come between. */
  async wantsPayload(
    id: number,
    payload: string | Bytes,
    said: { readonly end?: boolean } = {},
  ): Promise<void> {
    const wanted = bytesOf(payload)
    let at = 0
    for (;;) {
      const left = wanted.subarray(at)
      const shown = showFrame({ type: 'data', id, payload: left, end: said.end })
      const frame = await this.#next(shown)
      const isNext =
        frame.type === 'data' &&
        frame.id === id &&
        frame.payload.length <= left.length &&
        frame.payload.every((byte, i) => byte === left[i])
      if (!isNext) throw this.#failure(shown, showFrame(frame), [])
      at += frame.payload.length
      const isWhole = at === wanted.length
      if (frame.end && !(isWhole && said.end !== false)) throw this.#failure(shown, showFrame(frame), [])
      if (isWhole && (said.end !== true || frame.end)) return
    }
  }

  /** Nothing more comes; `forMs` of the clock pass meanwhile (default: 0 on a virtual clock, 20 on a real one). */
  async idle(forMs?: number): Promise<void> {
    await this.#patience.rest(forMs)
    if (this.#unread.length > 0) throw this.#failure('nothing', this.#unread.map(showFrame).join('\n  '), [])
  }

  /** The other side ends its direction, or closes, and no frame comes before that. */
  async wantsEnd(): Promise<void> {
    await this.#wantsOver('the end of the carrier', () => this.#hasEnd || this.#isClosed)
  }

  /** The carrier is over, in both directions; gives back the error that ended it, if one did. */
  async wantsClosed(): Promise<Error | undefined> {
    await this.#wantsOver('a closed carrier', () => this.#isClosed)
    return this.#error
  }

  /** All that was said so far, a line each, with the time on the clock, ms; `>` the peer sent, `<` it got. */
  get dialogue(): string {
    return this.#lines.join('\n')
  }

  // --- how

  #got(frame: InFrame): void {
    this.frames.push(frame)
    this.#note('<', showFrame(frame))
    if (!this.#isIgnored(frame)) this.#unread.push(frame)
  }

  #isIgnored(frame: InFrame): boolean {
    return this.#ignored.some((one) => mismatches(frame, one).length === 0)
  }

  async #next(wanted: string): Promise<InFrame> {
    await this.#patience.until(() => this.#unread.length > 0 || this.#isClosed, this.#withinMs)
    const frame = this.#unread.shift()
    if (frame !== undefined) return frame
    throw this.#failure(wanted, this.#isClosed ? 'a closed carrier' : `nothing in ${this.#withinMs} ms`, [])
  }

  async #wantsOver(wanted: string, isOver: () => boolean): Promise<void> {
    await this.#patience.until(() => this.#unread.length > 0 || isOver(), this.#withinMs)
    if (this.#unread.length > 0) throw this.#failure(wanted, this.#unread.map(showFrame).join('\n  '), [])
    if (!isOver()) throw this.#failure(wanted, `nothing in ${this.#withinMs} ms`, [])
  }

  #note(direction: '<' | '>', what: string): void {
    this.#lines.push(`${this.#clock.now().toFixed(1).padStart(10)} ${direction} ${what}`)
  }

  #failure(wanted: string, got: string, wrong: readonly string[]): Error {
    const where = wrong.length === 0 ? '' : `\nwhere\n  ${wrong.join('\n  ')}`
    const said = this.#lines.length === 0 ? '  (nothing)' : this.dialogue
    return new Error(
      `the peer wanted\n  ${wanted}\nand got\n  ${got}${where}\nthe dialogue, in ms (> it sent, < it got)\n${said}`,
    )
  }
}
