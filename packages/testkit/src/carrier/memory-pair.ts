import type { Bytes, Carrier, CarrierSink, Chance, Clock } from '@plexus/contract'
import { seededChance } from '../chance.js'
import type { Fault } from './faults.js'
import { Lane, type LaneOptions, type Pieces } from './lane.js'

export interface MemoryPairOptions {
  readonly clock: Clock
  /** Bytes on the way, each direction, above which the carrier is full. Default 64 KiB. */
  readonly highWater?: number
  /** How long a byte is on its way, ms; a range is drawn for each write. Default 0: the next turn. */
  readonly latencyMs?: LaneOptions['latencyMs']
  /** In what pieces bytes arrive. Default `merged`. */
  readonly pieces?: Pieces
  /** Draws sizes and delays. Default: seed 1. */
  readonly chance?: Chance
  /** What goes wrong with what the first and the second carrier write. */
  readonly faults?: { readonly a?: readonly Fault[]; readonly b?: readonly Fault[] }
  /** Keep everything written, for `outgoing.written` and `outgoing.arrived`. Default true. */
  readonly record?: boolean
}

/** Two carriers, each the far end of the other, without a world between them but the clock. */
export function memoryPair(options: MemoryPairOptions): [MemoryCarrier, MemoryCarrier] {
  const { clock, highWater = 65_536, latencyMs = 0, pieces = 'merged', faults = {}, record = true } = options
  const shared = { clock, highWater, latencyMs, pieces, record, chance: options.chance ?? seededChance(1) }
  const fromA = new Lane({ ...shared, faults: faults.a ?? [] })
  const fromB = new Lane({ ...shared, faults: faults.b ?? [] })
  const a = new MemoryCarrier('memory a', clock, fromA, fromB)
  const b = new MemoryCarrier('memory b', clock, fromB, fromA)
  connect(a, fromA, b)
  connect(b, fromB, a)
  return [a, b]
}

function connect(writer: MemoryCarrier, lane: Lane, reader: MemoryCarrier): void {
  lane.join({
    takes: () => reader.takes,
    arrive: (piece) => reader.arrive(piece),
    arriveEnd: () => reader.arriveEnd(),
    ended: () => writer.ended(),
    hasRoom: () => writer.hasRoom(),
    broken: (error) => {
      reader.over(error)
      writer.over(error)
    },
  })
}

/** One end of a {@link memoryPair}. What it does to its sink it does from the clock, never from inside a call. */
export class MemoryCarrier implements Carrier {
  readonly label: string
  /** What this end writes: look into it, slow it, break it. */
  readonly outgoing: Lane
  /** What the other end writes. */
  readonly incoming: Lane

  readonly #clock: Clock
  #sink: CarrierSink | undefined
  #isPaused = false
  #hasEnded = false
  #isEndThrough = false
  #peerEnded = false
  #isDestroyed = false
  #isOver = false
  #error: Error | undefined

  constructor(label: string, clock: Clock, outgoing: Lane, incoming: Lane) {
    this.label = label
    this.outgoing = outgoing
    this.incoming = incoming
    this.#clock = clock
  }

  // --- the carrier, as a session sees it

  start(sink: CarrierSink): void {
    if (this.#sink !== undefined) throw new Error(`${this.label} was started before`)
    this.#sink = sink
    if (this.#isOver) this.#clock.yield(() => sink.closed(this.#error))
    else this.incoming.wake()
  }

  get room(): number {
    return this.#hasEnded || this.#isDestroyed || this.#isOver ? 0 : this.outgoing.room
  }

  get queued(): number {
    return this.outgoing.queued
  }

  write(chunks: readonly Bytes[]): void {
    if (this.#hasEnded || this.#isDestroyed || this.#isOver) return
    this.outgoing.push(chunks)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.incoming.wake()
  }

  end(): void {
    if (this.#hasEnded || this.#isDestroyed || this.#isOver) return
    this.#hasEnded = true
    this.outgoing.end()
  }

  /**
   * As on a socket: what was written still arrives; then the peer sees our end, or a reset if something of the peer's
   * was still unread here.
   */
  destroy(): void {
    if (this.#isDestroyed || this.#isOver) return
    this.#isDestroyed = true
    const hasUnread = this.incoming.queued > 0
    this.incoming.refuse()
    if (hasUnread) this.outgoing.cut('reset')
    else if (!this.#hasEnded) this.outgoing.end()
    this.#clock.yield(() => this.over())
  }

  // --- what its lanes tell it

  /** @internal */
  get takes(): boolean {
    return this.#sink !== undefined && !this.#isPaused && !this.#isDestroyed && !this.#isOver
  }

  /** @internal */
  arrive(piece: Bytes): void {
    this.#sink!.receive(piece)
  }

  /** @internal */
  arriveEnd(): void {
    if (this.#peerEnded) return
    this.#peerEnded = true
    this.#sink!.end()
    this.#closeIfDone()
  }

  /** @internal */
  ended(): void {
    this.#isEndThrough = true
    this.#closeIfDone()
  }

  /** @internal */
  hasRoom(): void {
    if (!this.#hasEnded && !this.#isDestroyed && !this.#isOver) this.#sink?.drain()
  }

  /** @internal */
  over(error?: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.incoming.refuse()
    this.#sink?.closed(error)
  }

  #closeIfDone(): void {
    if (this.#peerEnded && this.#isEndThrough && !this.#isDestroyed) this.over()
  }
}
