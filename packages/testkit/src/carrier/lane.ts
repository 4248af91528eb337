import { type Bytes, type Chance, type Clock, NO_BYTES } from '@plexus/contract'
import { join } from '../bytes.js'
import { intFrom } from '../chance.js'
import { type CutHow, type Fault, type Incident, Tamper } from './faults.js'

/**
 * In what pieces bytes arrive: all that is due together (as from a socket, at most 64 KiB), chunk by chunk as written,
 * one byte at a time, or of random sizes from min to max.
 */
export type Pieces = 'merged' | 'asWritten' | 'bytes' | readonly [min: number, max: number]

export interface LaneOptions {
  readonly clock: Clock
  readonly chance: Chance
  /** Bytes on the way above which the carrier is full. */
  readonly highWater: number
  /** How long a byte is on its way, ms; a range is drawn for each write. Order is kept. */
  readonly latencyMs: number | readonly [min: number, max: number]
  readonly pieces: Pieces
  readonly faults: readonly Fault[]
  readonly record: boolean
}

/** What a lane tells the two carriers it lies between. Only ever called from the clock. */
export interface LaneEnds {
  /** The receiver listens just now. */
  takes(): boolean
  arrive(piece: Bytes): void
  arriveEnd(): void
  /** The writer's end is through. */
  ended(): void
  hasRoom(): void
  broken(error: Error): void
}

const MAX_PIECE = 65_536

type Parcel = { readonly due: number } & ({ bytes: Bytes } | { readonly mark: 'end' | Incident })

/** One direction of a memory pair, and the hand on it. */
export class Lane {
  /** May be changed at any time; holds for what is written later. */
  latencyMs: LaneOptions['latencyMs']
  /** May be changed at any time. */
  pieces: Pieces
  /** Bytes written and not yet arrived. */
  queued = 0

  readonly #clock: Clock
  readonly #chance: Chance
  readonly #highWater: number
  readonly #tamper: Tamper
  readonly #record: boolean
  readonly #written: Bytes[] = []
  readonly #arrived: Bytes[] = []
  #parcels: Parcel[] = []
  #ends: LaneEnds | undefined
  #lastDue = Number.NEGATIVE_INFINITY
  #timer: unknown
  #stallTimer: unknown
  #isWoken = false
  #isStalled = false
  #isFull = false
  /** Set when nothing that is written arrives any more. */
  #fate: CutHow | 'refused' | undefined

  constructor(options: LaneOptions) {
    this.#clock = options.clock
    this.#chance = options.chance
    this.#highWater = options.highWater
    this.#tamper = new Tamper(options.faults)
    this.#record = options.record
    this.latencyMs = options.latencyMs
    this.pieces = options.pieces
  }

  /** Everything written here, before any fault. Empty where nothing is recorded. */
  get written(): Bytes {
    return join(this.#written)
  }

  /** Everything that arrived. Empty where nothing is recorded. */
  get arrived(): Bytes {
    return join(this.#arrived)
  }

  get room(): number {
    return this.#isStalled ? 0 : Math.max(0, this.#highWater - this.queued)
  }

  /** Nothing leaves, and the writer sees no room, until `unstall`. */
  stall(): void {
    this.#isStalled = true
    this.#isFull = true
  }

  unstall(): void {
    if (!this.#isStalled) return
    this.#isStalled = false
    this.#clearTimers()
    this.#wake()
  }

  /** Cuts after all that is written. What is written later never arrives. */
  cut(how: CutHow): void {
    this.#strike({ kind: 'cut', at: 0, how })
    this.#wake()
  }

  /** Cuts at once: what is on its way is lost too. */
  cutNow(how: CutHow): void {
    this.#parcels = []
    this.queued = 0
    this.cut(how)
  }

  /** @internal A fault at byte 0 waits for no byte. */
  join(ends: LaneEnds): void {
    this.#ends = ends
    this.push([NO_BYTES])
  }

  /** @internal */
  push(chunks: readonly Bytes[]): void {
    if (this.#record) this.#written.push(...chunks)
    if (this.#fate === 'refused') {
      this.#later(() => this.#ends?.broken(brokenPipe('EPIPE', 'write')))
      return
    }
    const due = this.#due()
    const pass = (bytes: Bytes) => this.#pass(bytes, due)
    for (const chunk of chunks) this.#tamper.take(chunk, pass, (incident) => this.#strike(incident))
    if (this.room === 0) this.#isFull = true
    this.#wake()
  }

  /** @internal */
  end(): void {
    if (this.#fate === undefined) this.#parcels.push({ due: this.#due(), mark: 'end' })
    else if (this.#fate !== 'silence') this.#later(() => this.#ends?.ended())
    this.#wake()
  }

  /** @internal The receiver is gone: what is on its way is lost, and what is written later breaks the writer. */
  refuse(): void {
    this.#fate = 'refused'
    this.#parcels = []
    this.queued = 0
    this.#clearTimers()
    if (!this.#isFull) return
    this.#isFull = this.#isStalled = false
    this.#later(() => this.#ends?.hasRoom())
  }

  /** @internal */
  wake(): void {
    this.#wake()
  }

  #pass(bytes: Bytes, due: number): void {
    if (bytes.length === 0 || (this.#fate !== undefined && this.#fate !== 'silence')) return
    this.queued += bytes.length
    if (this.#fate === undefined) this.#parcels.push({ due, bytes })
  }

  #strike(incident: Incident): void {
    if (this.#fate !== undefined) return
    if (incident.kind === 'cut') this.#fate = incident.how
    this.#parcels.push({ due: this.#due(), mark: incident })
  }

  #due(): number {
    const { latencyMs } = this
    const ms = typeof latencyMs === 'number' ? latencyMs : intFrom(this.#chance, ...latencyMs)
    this.#lastDue = Math.max(this.#lastDue, this.#clock.now() + ms)
    return this.#lastDue
  }

  #later(run: () => void): void {
    this.#clock.yield(run)
  }

  /** Sees to it that the next parcel is looked at when it is due. */
  #wake(): void {
    const next = this.#parcels[0]
    if (this.#isWoken || this.#timer !== undefined || this.#ends === undefined) return
    if (next === undefined ? !this.#owesDrain() : this.#isStalled && !this.#owesDrain()) return
    const ms = next === undefined || this.#owesDrain() ? 0 : next.due - this.#clock.now()
    if (ms > 0) {
      this.#timer = this.#clock.setTimer(() => {
        this.#timer = undefined
        this.#step()
      }, ms)
      return
    }
    this.#isWoken = true
    this.#later(() => {
      this.#isWoken = false
      this.#step()
    })
  }

  #clearTimers(): void {
    this.#clock.clearTimer(this.#timer)
    this.#clock.clearTimer(this.#stallTimer)
    this.#timer = this.#stallTimer = undefined
  }

  #owesDrain(): boolean {
    return this.#isFull && this.room > 0
  }

  #step(): void {
    const ends = this.#ends!
    const next = this.#parcels[0]
    try {
      if (next !== undefined && !this.#isStalled && next.due <= this.#clock.now() && ends.takes())
        this.#deliver(next, ends)
    } finally {
      if (this.#owesDrain()) {
        this.#isFull = false
        ends.hasRoom()
      }
      if (ends.takes()) this.#wake()
    }
  }

  #deliver(next: Parcel, ends: LaneEnds): void {
    if ('bytes' in next) {
      const piece = this.#piece()
      this.queued -= piece.length
      if (this.#record) this.#arrived.push(piece)
      ends.arrive(piece)
      return
    }
    this.#parcels.shift()
    const { mark } = next
    if (mark === 'end') {
      ends.arriveEnd()
      ends.ended()
    } else if (mark.kind === 'stall') {
      this.stall()
      if (mark.forMs !== undefined) this.#stallTimer = this.#clock.setTimer(() => this.unstall(), mark.forMs)
    } else if (mark.how === 'end') ends.arriveEnd()
    else if (mark.how === 'reset') ends.broken(brokenPipe('ECONNRESET', 'read'))
  }

  /** Takes the next piece from the parcels that are due. */
  #piece(): Bytes {
    const now = this.#clock.now()
    const size = this.#size()
    const taken: Bytes[] = []
    let length = 0
    while (length < size) {
      const parcel = this.#parcels[0]
      if (parcel === undefined || !('bytes' in parcel) || parcel.due > now) break
      const part = parcel.bytes.subarray(0, size - length)
      taken.push(part)
      length += part.length
      if (part.length === parcel.bytes.length) this.#parcels.shift()
      else parcel.bytes = parcel.bytes.subarray(part.length)
      if (this.pieces === 'asWritten') break
    }
    return join(taken)
  }

  #size(): number {
    const { pieces } = this
    if (pieces === 'bytes') return 1
    if (pieces === 'merged' || pieces === 'asWritten') return MAX_PIECE
    return Math.max(1, intFrom(this.#chance, ...pieces))
  }
}

function brokenPipe(code: 'ECONNRESET' | 'EPIPE', call: string): Error {
  return Object.assign(new Error(`${call} ${code}`), { code })
}
