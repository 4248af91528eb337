import type { Bytes, ByteWriter } from './bytes.js'
import type { InFrame, OutFrame, Role } from './frame.js'
import type { HeaderFields } from './headers.js'
import type { Limits } from './limits.js'
import type { Traits } from './traits.js'

/** One wire, before anyone speaks on it: makes a {@link Codec} for each session. */
export interface Protocol {
  readonly traits: Traits
  create(options: CodecOptions): Codec
}

export interface CodecOptions {
  readonly role: Role
  readonly limits: Limits
}

/**
 * One session's wire, both ways: bytes to frames, frames to bytes. It holds the compression contexts and the unfinished
 * head of a frame, and nothing else: no stream, no window, no timer, no socket.
 */
export interface Codec {
  readonly traits: Traits

  /**
   * Reads frames from `chunk` and hands each to `emit`, payload as views of `chunk`. Stops after a frame for which
   * `emit` said `false`. Keeps the start of an unfinished frame, bounded by the limits. Never throws for what is in the
   * bytes: that is a {@link FaultFrame}.
   *
   * @returns how many bytes of `chunk` were taken; fewer than all only if `emit` said `false`.
   */
  decode(chunk: Bytes, emit: (frame: InFrame) => boolean): number

  /**
   * It holds the start of a control frame or a header block whose rest has not come, and nothing behind that can be read.
   * A data frame, which is handed on in pieces, does not count. Codecs without such waits leave it out.
   */
  readonly awaitsRest?: boolean

  /**
   * Says whether the wire can carry `headers` after the first of a stream, as its last or not: asked where the application hands
   * them in, so that nothing throws later.
   *
   * @throws PlexusError, scope `request`, with the first reason why not
   */
  checkHeaders(headers: HeaderFields, end: boolean): void

  /**
   * Writes a whole frame. Header blocks are compressed here, in this turn, so the order of calls is the order on the
   * wire. It does not police: what the charts allow is not this module's question.
   */
  encode(frame: OutFrame, out: ByteWriter): void

  /** Writes one data frame: the head into the writer's slab, the payload by reference. */
  encodeData(id: number, payload: Bytes, end: boolean, out: ByteWriter): void

  /** Lets go of what is held outside the JavaScript heap, if anything. */
  close(): void
}
