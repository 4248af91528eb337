/** One request and its answer, seen from the server. All three shapes of handlers stand on it. */
import {
  type Bytes,
  HeaderFields,
  type HeadersInit,
  type MuxSession,
  type MuxStream,
  PlexusError,
} from '@plexus/contract'
import { Body } from '../message/body.js'
import { contentLength } from '../message/fields.js'
import { type RequestHead, writeResponseHead } from '../message/heads.js'
import type { HttpWire } from '../message/wire.js'

/** What an answer begins with. */
export interface ResponseInit {
  /** Default 200. */
  readonly status?: number
  /** Shown where the protocol has a reason phrase. Default: the usual one. */
  readonly statusText?: string
  readonly headers?: HeadersInit
}

/** Gets each request. What it leaves open when it returns is ended; what it throws is answered (DM-20). */
export type ExchangeHandler = (exchange: Exchange) => void | Promise<void>

/** The raw shape: a head, a body, and an answer to be written as bytes. */
export class Exchange {
  readonly request: RequestHead
  /** What the client sends behind the head; empty if nothing. */
  readonly body: Body
  readonly stream: MuxStream
  readonly session: MuxSession

  readonly #wire: HttpWire
  #head: ResponseInit | undefined
  #hasNoBody = false
  /** Bytes that `content-length` promised and that were not written yet. */
  #owed: number | undefined

  constructor(stream: MuxStream, session: MuxSession, request: RequestHead, wire: HttpWire) {
    this.stream = stream
    this.session = session
    this.request = request
    this.#wire = wire
    const length = contentLength(request.headers)
    this.body = new Body(stream, { length: typeof length === 'number' ? length : undefined })
  }

  /** The head of the answer is on its way. */
  get isAnswered(): boolean {
    return this.#head !== undefined
  }

  /** Status of the answer; undefined before {@link respond}. */
  get status(): number | undefined {
    return this.#head?.status
  }

  /** Aborts when the client resets the stream or the session is lost. */
  get signal(): AbortSignal {
    return this.stream.signal
  }

  /**
   * Begins the answer. An answer to HEAD, 204, 205 and 304 has no body: bytes written to it are dropped.
   *
   * @throws PlexusError (scope `request`) for a second answer, or a head that may not be sent (S01); then nothing was sent
   */
  respond(init: ResponseInit = {}, options: { readonly end?: boolean } = {}): void {
    if (this.#head !== undefined) throw misuse('one answer, this is the second', this.stream)
    const { status = 200, statusText = REASONS.get(status) ?? '' } = init
    if (status < 200) throw misuse(`a final status, got ${status}`, this.stream)
    const headers = HeaderFields.from(init.headers)
    const fields = writeResponseHead({ status, statusText, headers }, this.#wire)
    const length = contentLength(headers)
    if (typeof length === 'string') throw misuse(length, this.stream)
    this.#hasNoBody = this.request.method === 'HEAD' || status === 204 || status === 205 || status === 304
    this.#owed = this.#hasNoBody || (this.request.method === 'CONNECT' && status < 300) ? undefined : length
    this.#head = { status, statusText, headers }
    const end = this.#hasNoBody || options.end === true
    if (options.end && this.#owed) throw misuse(`a body of ${this.#owed} bytes, got none`, this.stream)
    this.stream.reply(fields, { end })
  }

  /**
   * Writes a part of the body; settles when more is wanted. Answers with 200 first if nothing was. Rejects when the stream
   * is over, or for more bytes than `content-length` promised.
   */
  write(bytes: Bytes | string): Promise<void> {
    if (this.#head === undefined) this.respond()
    if (this.#hasNoBody) return Promise.resolve()
    const chunk = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
    if (this.#owed !== undefined) {
      if (chunk.length > this.#owed)
        return Promise.reject(misuse(`${this.#owed} more bytes of body, got ${chunk.length}`, this.stream))
      this.#owed -= chunk.length
    }
    return this.stream.write(chunk)
  }

  /** Ends the answer, with last bytes and trailers if there are any. Rejects if the body is shorter than it promised. */
  async end(bytes?: Bytes | string, trailers?: HeadersInit): Promise<void> {
    if (this.#head === undefined && bytes === undefined && trailers === undefined) {
      this.respond({}, { end: true })
      return
    }
    if (bytes !== undefined) await this.write(bytes)
    else if (this.#head === undefined) this.respond()
    if (this.#hasNoBody) return
    if (this.#owed !== undefined && this.#owed > 0) {
      this.stream.reset('INTERNAL_ERROR')
      throw misuse(`${this.#owed} more bytes of body, got the end`, this.stream)
    }
    if (trailers !== undefined) this.stream.writeHeaders(trailers, { end: true })
    else await this.stream.close()
  }
}

const encoder = new TextEncoder()

/** Reason phrases for SPDY's `:status` (RFC 9110 §15); others go out bare. */
export const REASONS: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [416, 'Range Not Satisfiable'],
  [421, 'Misdirected Request'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
])

function misuse(expected: string, stream: MuxStream): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
    streamId: stream.id,
  })
}
