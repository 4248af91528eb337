import type { Readable, Writable } from 'node:stream'
import type { Bytes, Carrier, CarrierSink } from '@plexus/contract'
import { gather } from './gather.js'

export interface StreamCarrierOptions {
  /** For logs and errors. */
  readonly label?: string | undefined
  /** Bytes taken and not yet handed on above which the carrier is full. Default 128 KiB. */
  readonly highWater?: number | undefined
}

const HIGH_WATER = 128 * 1024

const VIGIL_MS = 60_000

/** A readable and a writable, which may be one and the same, as a carrier. */
export class StreamCarrier implements Carrier {
  readonly label: string

  readonly #readable: Readable
  readonly #writable: Writable
  readonly #highWater: number
  #sink: CarrierSink | undefined
  /** What came while we were inside a call of the writable: a Duplex may be short-circuited with its far end. */
  #late: Bytes[] = []
  #isWriting = false
  #isFull = false
  #hasEnded = false
  /** Sides that are not closed, and directions that are not ended. */
  #open: number
  #flowing = 2
  #error: Error | undefined
  #isOver = false
  /** Keeps the process alive, as a stream that is read does by itself. */
  #vigil: NodeJS.Timeout | undefined

  constructor(readable: Readable, writable: Writable, options: StreamCarrierOptions) {
    this.label = options.label ?? 'duplex'
    this.#readable = readable
    this.#writable = writable
    this.#highWater = options.highWater ?? HIGH_WATER
    const sides = new Set([readable, writable])
    this.#open = sides.size
    for (const side of sides) {
      side.on('error', (error: Error) => this.#fail(error))
      side.on('close', () => this.#sideClosed())
      if (side.closed) process.nextTick(() => this.#sideClosed())
    }
    writable.on('finish', () => this.#directionEnded())
  }

  start(sink: CarrierSink): void {
    if (this.#sink !== undefined) throw new Error(`${this.label} was started before`)
    this.#sink = sink
    if (this.#isOver) {
      process.nextTick(() => sink.closed(this.#error))
      return
    }
    this.#readable.on('end', () => this.#ended())
    this.#readable.on('data', (chunk: Bytes) => this.#receive(chunk))
  }

  get room(): number {
    return this.#isDeaf() ? 0 : Math.max(0, this.#highWater - this.#writable.writableLength)
  }

  get queued(): number {
    return this.#writable.writableLength
  }

  write(chunks: readonly Bytes[]): void {
    const gathered = gather(chunks)
    const last = gathered.length - 1
    if (last < 0 || this.#isDeaf()) return
    const writable = this.#writable
    this.#isWriting = true
    if (last > 0) writable.cork()
    for (let i = 0; i < last; i++) writable.write(gathered[i])
    writable.write(gathered[last], this.#written)
    if (last > 0) writable.uncork()
    this.#isWriting = false
    if (writable.writableLength >= this.#highWater) this.#isFull = true
  }

  pause(): void {
    this.#readable.pause()
  }

  resume(): void {
    if (this.#sink !== undefined) this.#readable.resume()
  }

  end(): void {
    if (this.#isDeaf()) return
    this.#hasEnded = true
    this.#isWriting = true
    this.#writable.end()
    this.#isWriting = false
  }

  destroy(): void {
    this.#hasEnded = true
    this.#late = []
    this.#readable.destroy()
    this.#writable.destroy()
  }

  /** It takes nothing more: we ended it, or it is gone. */
  #isDeaf(): boolean {
    return this.#hasEnded || this.#isOver || this.#writable.destroyed
  }

  /** Not by 'drain', which goes by the stream's own mark: ours may be below it. */
  readonly #written = () => {
    if (!this.#isFull || this.room === 0) return
    this.#isFull = false
    this.#sink?.drain()
  }

  #receive(chunk: Bytes): void {
    if (this.#isOver || this.#readable.destroyed) return
    if (!this.#isWriting && this.#late.length === 0) {
      this.#sink!.receive(chunk)
      return
    }
    if (this.#late.push(chunk) === 1) process.nextTick(() => this.#catchUp())
  }

  #catchUp(): void {
    const late = this.#late
    this.#late = []
    for (const chunk of late) if (!this.#isOver && !this.#readable.destroyed) this.#sink!.receive(chunk)
  }

  #ended(): void {
    this.#catchUp()
    if (this.#isOver) return
    // Nothing is read any more: without this, a process that waits for its last streams would end beneath them.
    this.#vigil = setInterval(() => {}, VIGIL_MS)
    this.#sink!.end()
    this.#directionEnded()
  }

  /** When both are, it is over, also where the stream does not see to that itself. */
  #directionEnded(): void {
    if (--this.#flowing === 0) setImmediate(() => this.destroy())
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.destroy()
  }

  #sideClosed(): void {
    if (--this.#open !== 0) return
    this.#isOver = true
    clearInterval(this.#vigil)
    this.#sink?.closed(this.#error)
  }
}
