import type { Bytes } from './bytes.js'

/**
 * A byte pipe: what a session stands on. TCP, a Unix socket, a pair of memory queues, anything.
 *
 * The order of calls to the sink is: any number of `receive` and `drain`, at most one `end`, then exactly one `closed`,
 * after which the carrier is silent. Calls to the sink are never made from inside a call to the carrier.
 */
export interface Carrier {
  /** For logs and errors, e.g. `tcp 127.0.0.1:9310`. */
  readonly label: string
  /** Begins to deliver. Called once. */
  start(sink: CarrierSink): void
  /** How many bytes it takes just now without having to queue more than it wants to; 0 when it is full. */
  readonly room: number
  /** Bytes taken and not yet handed on to the world. */
  readonly queued: number
  /**
   * Takes all chunks, in order, as one write. More than `room` is taken too. The chunks belong to the carrier from then
   * on. If `room` is 0 afterwards, `drain` follows when there is room again.
   */
  write(chunks: readonly Bytes[]): void
  /** Stops delivery soon; `receive` may still be called for what was read already. */
  pause(): void
  resume(): void
  /** Ends our direction after all that was written. */
  end(): void
  /** Ends both directions now; what is queued may be lost. */
  destroy(): void
}

/** Where a carrier delivers. */
export interface CarrierSink {
  receive(chunk: Bytes): void
  /** There is room again. */
  drain(): void
  /** The peer ended its direction. */
  end(): void
  /** It is over, with the error that ended it, if one did. */
  closed(error?: Error): void
}
