import type { Duplex, Readable, Writable } from 'node:stream'
import type { Bytes, Carrier, CarrierSink } from '@plexus/contract'

export interface StreamCarrierOptions {
  /** For logs and errors. Default `duplex`. */
  readonly label?: string
  /** Bytes taken and not yet handed on above which the carrier is full. Default 128 KiB. */
  readonly highWater?: number
}

const HIGH_WATER = 128 * 1024

/** Any Node Duplex as a carrier. Use {@link socketCarrier} for sockets. */
export function duplexCarrier(duplex: Duplex, options: StreamCarrierOptions = {}): Carrier {
  duplex.allowHalfOpen = true
  return new StreamCarrier(duplex, duplex, options)
}

/** A readable and a writable, which may be one and the same, as a carrier. */
export class StreamCarrier implements Carrier {
  readonly label: string

  readonly #readable: Readable
  readonly #writable: Writable
  readonly #highWater: number
  #sink: CarrierSink | undefined
  #open: number
  #isFull = false
  #hasEnded = false
  #error: Error | undefined
  #isOver = false

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
    }
  }

  start(sink: CarrierSink): void {
    if (this.#sink !== undefined) throw new Error(`${this.label} was started before`)
    this.#sink = sink
    if (this.#isOver) {
      process.nextTick(() => sink.closed(this.#error))
      return
    }
    this.#readable.on('end', () => this.#isOver || sink.end())
    this.#readable.on('data', (chunk: Bytes) => this.#isOver || sink.receive(chunk))
  }

  get room(): number {
    return this.#hasEnded || this.#isOver ? 0 : Math.max(0, this.#highWater - this.#writable.writableLength)
  }

  get queued(): number {
    return this.#writable.writableLength
  }

  write(chunks: readonly Bytes[]): void {
    const writable = this.#writable
    const last = chunks.length - 1
    if (last < 0 || this.#hasEnded || this.#isOver || writable.destroyed) return
    if (last > 0) writable.cork()
    for (let i = 0; i < last; i++) writable.write(chunks[i])
    writable.write(chunks[last], this.#written)
    if (last > 0) writable.uncork()
    if (writable.writableLength >= this.#highWater) this.#isFull = true
  }

  pause(): void {
    this.#readable.pause()
  }

  resume(): void {
    this.#readable.resume()
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#writable.end()
  }

  destroy(): void {
    this.#hasEnded = true
    this.#readable.destroy()
    this.#writable.destroy()
  }

  /** Not 'drain': that comes by the stream's own mark, which may be above ours. */
  readonly #written = () => {
    if (!this.#isFull || this.room === 0) return
    this.#isFull = false
    this.#sink?.drain()
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#readable.destroy()
    this.#writable.destroy()
  }

  #sideClosed(): void {
    if (--this.#open > 0) return
    this.#isOver = true
    this.#sink?.closed(this.#error)
  }
}
