import type { Role } from '@plexus/contract'
import type { Stream } from '../stream/mux-stream.js'

/** What is known of a stream id. */
export type Known =
  /** nobody opened it */
  | 'idle'
  /** it ended, and is remembered */
  | 'closed'
  /** we reset it, and are remembered to have: what was on its way is swallowed */
  | 'resetByUs'
  /** the peer reset it, and is remembered to have */
  | 'resetByPeer'
  /** it ended so long ago that nothing is known */
  | 'forgotten'

/** How a stream came to its end. */
export type Fate = Extract<Known, 'closed' | 'resetByUs' | 'resetByPeer'>

/** All streams of a session by their id, and the memory of those that ended. */
export class StreamTable implements Iterable<Stream> {
  /** Highest id the peer opened. */
  lastPeerId = 0
  /** Highest id of the peer that we took; what stands in our go-away. */
  lastAcceptedId = 0
  /** Open streams that we opened. */
  ours = 0
  /** Streams that were ever open. */
  opened = 0

  readonly #streams = new Map<number, Stream>()
  readonly #maxId: number
  readonly #ourParity: number
  #nextId: number
  /** Ids that ended well, in a ring. */
  readonly #memory: Uint32Array
  readonly #closed = new Set<number>()
  #memoryAt = 0
  /** Those that were reset, oldest first: apart, so that a thousand good ends do not wash away one bad one (H42). */
  readonly #resets = new Map<number, Fate>()
  readonly #maxResets: number

  /** @param memory how many ended streams are remembered @param resets how many of those that were reset */
  constructor(role: Role, maxId: number, memory: number, resets = memory) {
    this.#maxId = maxId
    this.#ourParity = role === 'client' ? 1 : 0
    this.#nextId = role === 'client' ? 1 : 2
    this.#memory = new Uint32Array(memory)
    this.#maxResets = resets
  }

  get size(): number {
    return this.#streams.size
  }

  /** Open streams that the peer opened. */
  get theirs(): number {
    return this.#streams.size - this.ours
  }

  get(id: number): Stream | undefined {
    return this.#streams.get(id)
  }

  /** The next id of ours; undefined when they are used up (RFC 9113 §5.1.1, SPDY/3.1 §2.3.2). */
  get nextId(): number | undefined {
    return this.#nextId > this.#maxId ? undefined : this.#nextId
  }

  /** Ids of ours that are left. */
  get idsLeft(): number {
    return Math.max(0, Math.floor((this.#maxId - this.#nextId) / 2) + 1)
  }

  takeId(): void {
    this.#nextId += 2
  }

  /** Highest id we used. */
  get lastOwnId(): number {
    return this.#nextId - 2
  }

  isOurs(id: number): boolean {
    return (id & 1) === this.#ourParity
  }

  add(stream: Stream): void {
    this.#streams.set(stream.id, stream)
    this.opened += 1
    if (stream.initiator === 'us') this.ours += 1
  }

  /** Forgets the stream, and remembers that it was. @returns false if it was not there. */
  remove(stream: Stream, fate: Fate): boolean {
    if (!this.#streams.delete(stream.id)) return false
    if (stream.initiator === 'us') this.ours -= 1
    this.remember(stream.id, fate)
    return true
  }

  remember(id: number, fate: Fate): void {
    if (fate !== 'closed') return this.#rememberReset(id, fate)
    // An id takes one place however often it is named, or a peer that repeats itself washes the others away.
    if (this.#memory.length === 0 || this.#closed.has(id)) return
    const oldest = this.#memory[this.#memoryAt]!
    if (oldest !== 0) this.#closed.delete(oldest)
    this.#memory[this.#memoryAt] = id
    this.#memoryAt = (this.#memoryAt + 1) % this.#memory.length
    this.#closed.add(id)
  }

  /** What is known of an id that is not open. */
  know(id: number): Known {
    const reset = this.#resets.get(id)
    if (reset !== undefined) return reset
    if (this.#closed.has(id)) return 'closed'
    const last = this.isOurs(id) ? this.lastOwnId : this.lastPeerId
    return id > last ? 'idle' : 'forgotten'
  }

  #rememberReset(id: number, fate: Fate): void {
    this.#resets.set(id, fate)
    if (this.#resets.size > this.#maxResets) this.#resets.delete(this.#resets.keys().next().value!)
  }

  [Symbol.iterator](): Iterator<Stream> {
    return this.#streams.values()
  }
}
