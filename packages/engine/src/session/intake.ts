import type { Bytes, Carrier, Clock, Codec, InFrame, Limits } from '@plexus/contract'

export interface IntakeOptions {
  readonly codec: Codec
  readonly carrier: Carrier
  readonly clock: Clock
  readonly limits: Limits
  onFrame(frame: InFrame): void
  /** A turn's work is done. */
  onWorked(): void
}

/** How many frames go by between two looks at the clock. */
const FRAMES_PER_LOOK = 64

/**
 * From the carrier's chunks to frames, in the turn they come. After a turn's worth of work (L11) the rest of a chunk
 * waits for the next turn, and the carrier with it.
 */
export class Intake {
  /** How often work began. */
  turn = 0

  readonly #options: IntakeOptions
  #rest: Bytes[] = []
  #isShut = false
  /** What was read is too much for those who read it (F03). */
  #isHeld = false
  #isWaiting = false
  #frames = 0
  #startedAt = 0
  #afterwards: (() => void)[] = []

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  receive(chunk: Bytes): void {
    if (this.#isShut) return
    if (this.#rest.length > 0 || this.#isWaiting) {
      this.#rest.push(chunk)
      return
    }
    this.#work(chunk)
  }

  /** Calls `run` when all that came is handled: an end, or a loss, comes after the bytes before it. */
  whenDone(run: () => void): void {
    if (this.#isWaiting && !this.#isShut) this.#afterwards.push(run)
    else run()
  }

  /** What is still to come waits for us. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Takes nothing more from the carrier until {@link release}. */
  hold(): void {
    this.#isHeld = true
    this.#options.carrier.pause()
  }

  release(): void {
    this.#isHeld = false
    if (!this.#isWaiting) this.#options.carrier.resume()
  }

  /** Nothing is decoded any more (H44). */
  shut(): void {
    if (this.#isShut) return
    this.#isShut = true
    this.#rest = []
    // What still comes is read and dropped: unread bytes would turn the end of a TCP connection into a reset (SS-17).
    this.#options.carrier.resume()
    this.#goOn()
  }

  #goOn(): void {
    for (const run of this.#afterwards.splice(0)) run()
  }

  #work(chunk: Bytes): void {
    const { codec, clock, limits, carrier } = this.#options
    this.turn += 1
    this.#frames = 0
    this.#startedAt = clock.now()
    const part = chunk.length > limits.bytesPerTurn ? chunk.subarray(0, limits.bytesPerTurn) : chunk
    const taken = codec.decode(part, this.#emit)
    if (this.#isShut) return
    this.#options.onWorked()
    if (taken === chunk.length) return
    this.#rest.unshift(chunk.subarray(taken))
    this.#isWaiting = true
    carrier.pause()
    clock.yield(this.#continue)
  }

  #emit = (frame: InFrame): boolean => {
    const { limits, clock } = this.#options
    this.#options.onFrame(frame)
    if (this.#isShut) return false
    this.#frames += 1
    if (this.#frames >= limits.framesPerTurn) return false
    return this.#frames % FRAMES_PER_LOOK !== 0 || clock.now() - this.#startedAt < limits.turnMs
  }

  #continue = (): void => {
    this.#isWaiting = false
    while (!this.#isShut && !this.#isWaiting) {
      const chunk = this.#rest.shift()
      if (chunk === undefined) {
        if (!this.#isHeld) this.#options.carrier.resume()
        this.#goOn()
        return
      }
      this.#work(chunk)
      if (!this.#isWaiting && this.#rest.length > 0) {
        this.#isWaiting = true
        this.#options.clock.yield(this.#continue)
      }
    }
  }
}
