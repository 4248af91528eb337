/** Who answers behind a proxy? A session of ours, or anybody who takes a request in this shape. */
import type { Bytes, ErrorCode, HeaderFields, MuxSession, Priority } from '@plexus/contract'
import type { RequestHead, ResponseHead } from '../message/heads.js'
import type { HttpWire } from '../message/wire.js'
import { Refusal, Refused, written } from './crossing.js'

/** A body on its way in. */
export interface IncomingBody {
  /** The next bytes; undefined at the end. Rejects if there will be no end. */
  read(): Promise<Bytes | undefined>
  /** Settles behind the end. */
  readonly trailers: Promise<HeaderFields>
}

/** How a request is made of an {@link Origin}. */
export interface CallOptions {
  /** False: the head is all. */
  readonly hasBody: boolean
  /** 0 (first) to 7, where the protocol has that. */
  readonly priority: Priority
  /** Nobody wants it any more. */
  readonly isGivenUp: boolean
  /** Gives it up before it is on its way; once it is, the call is reset. Made when it is asked for: {@link isGivenUp} is cheap. */
  readonly signal: AbortSignal
}

/** Takes requests whose heads have crossed already, and answers as it was answered. */
export interface Origin {
  /** Asks. Rejects if it cannot be asked; what becomes of a request that is on its way is the call's to tell. */
  ask(request: RequestHead, options: CallOptions): Promise<OriginCall>
}

/** One request at an origin. Its waits settle, with errors after `reset` and when the origin is gone. */
export interface OriginCall {
  /** What is spoken, as `via` names it. */
  readonly protocol: string
  /**
   * The head of the answer, a final one, and what is behind it.
   *
   * @param onInterim gets what comes before it, where somebody wants to know and the protocol has that
   */
  answer(onInterim?: (head: ResponseHead) => void): Promise<OriginAnswer>
  /** Of the request's body; settles when more is wanted. */
  write(bytes: Bytes): Promise<void>
  /** Ends the request's body. */
  end(trailers: HeaderFields): Promise<void>
  /** It is over already, and there is nothing left to reset. */
  readonly isOver: boolean
  /** Ends all of it, otherwise than well. */
  reset(code: ErrorCode): void
}

export interface OriginAnswer {
  readonly head: ResponseHead
  readonly body: IncomingBody
}

/** Where a request can be sent on to. */
export type ProxyTarget = MuxSession | Origin

export const isOrigin = (target: ProxyTarget): target is Origin => 'ask' in target

/** @throws Refused with 400 for a head that cannot be written */
export function writeable(request: RequestHead, wire: HttpWire): HeaderFields {
  const fields = written(request, wire)
  if (fields instanceof Refusal) throw new Refused(fields)
  return fields
}
