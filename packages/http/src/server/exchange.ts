/** One request and its answer, seen from the server. All three shapes of handlers stand on it. */
import {
  type Bytes,
  HeaderFields,
  type HeadersInit,
  LIMITS,
  type MuxSession,
  type MuxStream,
  PlexusError,
  type Priority,
} from '@plexus/contract'
import { Body } from '../message/body.js'
import { contentLength, faultOfFields } from '../message/fields.js'
import { type RequestHead, writeResponseHead } from '../message/heads.js'
import { quiet } from '../message/quiet.js'
import { REASONS } from '../message/reasons.js'
import { readUrgency } from '../message/urgency.js'
import type { HttpWire } from '../message/wire.js'

/** What an answer begins with. */
export interface ResponseInit {
  /** 200 to 599. Default 200. */
  readonly status?: number
  /** Shown where the protocol has a reason phrase. Default: the usual one. */
  readonly statusText?: string
  /** The regular fields, without those that speak of one connection (S04). Default none. */
  readonly headers?: HeadersInit
}

/** Gets each request. What it leaves open when it is done is ended; what it throws is answered (DM-20). */
export type ExchangeHandler = (exchange: Exchange) => void | Promise<void>

/** What the server would send before it is asked. */
export interface PushInit {
  /** Path and query of what a GET would give, at the authority of the request. */
  readonly path: string
  /** What the request for it would have said beside what the client's own request says. */
  readonly headers?: HeadersInit
  /** The head of the answer, if it is known already: then it goes out with the push, and some clients want it there. */
  readonly response?: ResponseInit
  /** 0 to 7. Default 3. */
  readonly priority?: Priority
}

/** Opens a push; see {@link Exchange.push}. */
export type Pusher = (
  exchange: Exchange,
  init: PushInit,
  handler?: ExchangeHandler,
) => Promise<Exchange | undefined>

/** What an exchange stands on. */
export interface ExchangeInit {
  readonly stream: MuxStream
  readonly session: MuxSession
  readonly request: RequestHead
  readonly wire: HttpWire
  /** The head of the answer went out already. */
  readonly head?: AnswerHead | undefined
}

/** The head of an answer, ready to be sent, and what it says of the body. */
export interface AnswerHead {
  readonly fields: HeaderFields
  readonly status: number
  readonly hasNoBody: boolean
  /** Bytes of the body that it announces. */
  readonly owed: number | undefined
}

/** @throws PlexusError (scope `request`) for what may not be sent as the answer to `request` (S01) */
export function answerHead(init: ResponseInit, request: RequestHead, wire: HttpWire): AnswerHead {
  const { status = 200, statusText = REASONS.get(status) ?? '' } = init
  if (status < 200 || status > 599) throw misuse(`a status from 200 to 599, got ${status}`)
  const given = HeaderFields.from(init.headers)
  const length = contentLength(given)
  if (typeof length === 'string') throw misuse(length)
  const { method } = request
  // RFC 9110 §8.6, §15.3.6: these say no length, where HEAD and 304 say that of another answer.
  const isEmpty = status === 204 || status === 205 || (method === 'CONNECT' && status < 300)
  const headers = isEmpty && length !== undefined ? without('content-length', given) : given
  const fields = writeResponseHead({ status, statusText, headers }, wire)
  const hasNoBody = method === 'HEAD' || status === 204 || status === 205 || status === 304
  return { fields, status, hasNoBody, owed: hasNoBody || isEmpty ? undefined : length }
}

/**
 * The raw shape: a head, a body, and an answer to be written as bytes.
 *
 * Promises it gives may be left alone: a rejection that nobody looks at harms nobody.
 */
export class Exchange {
  readonly request: RequestHead
  /** What the client sends behind the head; empty if nothing. Whoever expects `100-continue` is told so when it is read. */
  readonly body: Body
  readonly stream: MuxStream
  readonly session: MuxSession
  readonly wire: HttpWire

  readonly #push: Pusher | undefined
  #status: number | undefined
  #hasNoBody = false
  #isEnded = false
  /** Interim answers that went out, and whether the client was told to go on. */
  #informs = 0
  #isToldToGoOn = false
  /** Bytes that `content-length` promised and that were not written yet. */
  #owed: number | undefined
  #givenUp: AbortController | undefined
  readonly #onRespond: ((exchange: Exchange) => void) | undefined

  /**
   * @param onRespond told when the head of the answer is on its way
   * @param push how pushes are opened; without it there are none
   */
  constructor(init: ExchangeInit, onRespond?: (exchange: Exchange) => void, push?: Pusher) {
    const { stream, session, request, wire, head } = init
    this.#onRespond = onRespond
    this.#push = push
    if (head !== undefined) this.#note(head, head.hasNoBody)
    this.stream = stream
    this.session = session
    this.request = request
    this.wire = wire
    const length = contentLength(request.headers)
    const mayWait = wire.hasInterim && stream.state === 'open'
    this.body = new Body(stream, {
      length: typeof length === 'number' ? length : undefined,
      onWait: mayWait ? () => this.#goOn() : undefined,
    })
  }

  /** The head of the answer is on its way. */
  get isAnswered(): boolean {
    return this.#status !== undefined
  }

  /** All of the answer was written; some of it may wait for the client to take it. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Status of the answer; undefined before {@link respond}. */
  get status(): number | undefined {
    return this.#status
  }

  /** Nothing follows the head of the answer: it is one to HEAD, or a 204, 205 or 304. Known once it is answered. */
  get hasNoBody(): boolean {
    return this.#hasNoBody
  }

  /** Aborts when the client resets the stream, the session is lost, or the handler's time is up. */
  get signal(): AbortSignal {
    if (this.#givenUp === undefined) return this.stream.signal
    return AbortSignal.any([this.stream.signal, this.#givenUp.signal])
  }

  /**
   * Says something before the answer: 100, 102 or 103. Nothing goes out where the protocol has no interim answers, as in
   * SPDY, to a push, to a client that is gone, and after the tenth (S09); on HTTP/1.1 Node sends these three alone.
   *
   * @returns whether it went out
   * @throws PlexusError (scope `request`) for a status that is none, or after the answer
   */
  inform(status: number, headers?: HeadersInit): boolean {
    if (!(status >= 100 && status <= 199) || status === 101)
      throw this.#misuse(`an interim status, 101 apart, got ${status}`)
    if (this.isAnswered) throw this.#misuse('an interim status before the answer, it came after')
    const fields = HeaderFields.from(headers)
    const fault = faultOfFields(fields.flat)
    if (fault !== undefined) throw this.#misuse(fault)
    const { stream, wire } = this
    if (!wire.hasInterim || stream.initiator === 'us' || stream.state === 'closed') return false
    if (this.#informs === LIMITS.maxInforms.value) return false
    stream.inform(writeResponseHead({ status, statusText: '', headers: fields }, wire))
    this.#informs += 1
    if (status === 100) this.#isToldToGoOn = true
    return true
  }

  /**
   * Begins the answer. An answer to HEAD, 204, 205 and 304 has no body: bytes written to it are dropped. Its field `priority`, if
   * there is one, goes before the client's wish (RFC 9218 §8).
   *
   * @param options `end`: and that is all of it
   * @throws PlexusError (scope `request`) for a second answer, or a head that may not be sent (S01); then nothing was sent
   */
  respond(init: ResponseInit = {}, options: { readonly end?: boolean } = {}): void {
    this.begin(answerHead(init, this.request, this.wire), options)
  }

  /** The same with a head of {@link answerHead}, which has been looked at. */
  begin(head: AnswerHead, options: { readonly end?: boolean } = {}): void {
    if (this.isAnswered) throw this.#misuse('one answer, this is the second')
    const { fields, hasNoBody, owed } = head
    if (options.end === true && owed) throw this.#misuse(`a body of ${owed} bytes, got none`)
    const end = hasNoBody || options.end === true
    // What is said to a client that is gone is no answer.
    const isHeard = this.stream.state !== 'closed'
    this.#prioritise(fields)
    if (this.stream.initiator === 'peer') this.stream.reply(fields, { end })
    else this.stream.writeHeaders(fields, { end })
    this.#note(head, end)
    if (isHeard) this.#onRespond?.(this)
  }

  /**
   * Writes a part of the body; settles when more is wanted. Answers with 200 first if nothing was. Rejects when the stream
   * is over, or for more bytes than `content-length` promised; of those none is sent.
   */
  write(bytes: Bytes | string): Promise<void> {
    return this.#write(bytes, false)
  }

  /**
   * Ends the answer, with last bytes and trailers if there are any; settles when all is on its way. A body shorter than
   * its `content-length` is reset, so that nobody takes it for whole (S05), and this rejects.
   */
  end(bytes?: Bytes | string, trailers?: HeadersInit): Promise<void> {
    return quiet(this.#end(bytes, trailers && HeaderFields.from(trailers)))
  }

  /**
   * Sends what the client will ask for next (SPDY/3.1 §3.3): only what a GET would give, and before the bytes that mention
   * it. The handler answers it, as it would a request of the client; without one the caller does.
   *
   * Settles when the push is opened; with undefined where the client takes none, has no place for it before this exchange is
   * over, or is gone: a client that refuses, then or later, is no error. When this exchange is reset, its pushes are.
   *
   * @throws PlexusError (scope `request`), as a rejection, for what may not be asked for or answered
   */
  push(init: PushInit, handler?: ExchangeHandler): Promise<Exchange | undefined> {
    return quiet(this.#push?.(this, init, handler) ?? Promise.resolve(undefined))
  }

  /** Aborts when the handler's time is up; undefined where it has all the time there is. A part of {@link signal}. */
  get givenUp(): AbortSignal | undefined {
    return this.#givenUp?.signal
  }

  /** The handler's time is up: {@link signal} aborts with `reason`. For those who run handlers. */
  giveUp(reason: PlexusError): void {
    this.#givenUp?.abort(reason)
  }

  /** Makes {@link giveUp} possible; before {@link signal} is asked for. For those who run handlers. */
  mayBeGivenUp(): void {
    this.#givenUp ??= new AbortController()
  }

  /** The answer goes out by other means, as Node's own response does on HTTP/1.1: so far it is. For those who run handlers. */
  follow(status: number, isEnded: boolean): void {
    if (this.#isEnded) return
    const isNews = !this.isAnswered && this.stream.state !== 'closed'
    this.#status = status
    this.#isEnded = isEnded
    if (isNews) this.#onRespond?.(this)
  }

  /** RFC 9110 §10.1.1: once, and not to a client that has its answer. */
  #goOn(): void {
    if (this.#isToldToGoOn || this.isAnswered) return
    this.#isToldToGoOn = true
    if (this.request.headers.get('expect')?.toLowerCase() === '100-continue') this.inform(100)
  }

  /** RFC 9218 §8: what the answer says of its urgency goes before what the request said, member by member. */
  #prioritise(answer: HeaderFields): void {
    const said = answer.get('priority')
    if (said === undefined) return
    const wished = readUrgency(this.request.headers.get('priority') ?? '')
    const { urgency = this.stream.priority, incremental = wished.incremental ?? false } = readUrgency(said)
    this.stream.prioritise(urgency, incremental)
  }

  #note({ status, hasNoBody, owed }: AnswerHead, end: boolean): void {
    this.#status = status
    this.#hasNoBody = hasNoBody
    this.#owed = owed
    this.#isEnded = end
  }

  #write(bytes: Bytes | string, end: boolean): Promise<void> {
    const chunk = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
    if (!this.isAnswered) {
      this.respond(end ? { headers: { 'content-length': chunk.length } } : {})
    }
    if (this.#hasNoBody) return Promise.resolve()
    if (this.#owed !== undefined) {
      if (chunk.length > this.#owed)
        return quiet(Promise.reject(this.#misuse(`${this.#owed} more bytes of body, got ${chunk.length}`)))
      this.#owed -= chunk.length
    }
    const isLast = end && !this.#owed
    if (isLast) this.#isEnded = true
    return this.stream.write(chunk, { end: isLast })
  }

  async #end(bytes: Bytes | string | undefined, trailers: HeaderFields | undefined): Promise<void> {
    const fault = trailers && faultOfFields(trailers.flat)
    if (fault !== undefined) throw this.#misuse(fault)
    const hasTrailers = trailers !== undefined && trailers.size > 0
    if (bytes !== undefined) {
      const written = this.#write(bytes, !hasTrailers)
      // Only a fault is waited for here: what goes on behind it is waited for at the end.
      if (hasTrailers || !this.#isEnded) await written
    } else if (!this.isAnswered) this.respond({}, { end: !hasTrailers })
    if (this.#hasNoBody) return
    if (this.#owed) {
      this.stream.reset('INTERNAL_ERROR')
      throw this.#misuse(`${this.#owed} more bytes of body, got the end`)
    }
    if (hasTrailers && !this.#isEnded) this.stream.writeHeaders(trailers, { end: true })
    this.#isEnded = true
    await this.stream.close()
  }

  #misuse(expected: string): PlexusError {
    return misuse(expected, this.stream.id)
  }
}

const encoder = new TextEncoder()

const without = (unwanted: string, fields: HeaderFields): HeaderFields =>
  HeaderFields.from([...fields].filter(([name]) => name !== unwanted))

function misuse(expected: string, streamId?: number): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    processed: 'no',
    streamId,
  })
}
