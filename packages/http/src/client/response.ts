/** An answer, seen from the client: its head, and its body as it comes. */
import type { Bytes, HeaderFields, MuxStream } from '@plexus/contract'
import { Body } from '../message/body.js'
import { contentLength } from '../message/fields.js'
import { HeadFault, type ResponseHead, readResponseHead } from '../message/heads.js'
import type { HttpWire } from '../message/wire.js'
import { peerFault } from './faults.js'

/** S09: more than this many interim responses are a fault. */
const MAX_INTERIM = 10

export class ClientResponse {
  /** 200…599 */
  readonly status: number
  /** The reason phrase, where the protocol has one; else empty. */
  readonly statusText: string
  readonly headers: HeaderFields
  /** Not reading it holds the server back; to be rid of it, {@link cancel}. */
  readonly body: Body
  readonly stream: MuxStream
  /**
   * Settles when the request's body is on its way, or nobody wants the rest of it; rejects when it failed: with what the
   * caller's body threw as its cause. A rejection that nobody looks at harms nobody.
   */
  readonly sent: Promise<void>

  constructor(stream: MuxStream, head: ResponseHead, method: string, sent: Promise<void>) {
    this.stream = stream
    this.status = head.status
    this.statusText = head.statusText
    this.headers = head.headers
    this.sent = sent
    const { status } = head
    const isTunnel = method === 'CONNECT' && status < 300
    const length = isTunnel ? undefined : (contentLength(head.headers) as number | undefined)
    this.body = new Body(stream, { length, isBare: method === 'HEAD' || status === 204 || status === 304 })
  }

  /** 200…299 */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** The fields behind the body; see {@link Body.trailers}. */
  get trailers(): Promise<HeaderFields> {
    return this.body.trailers
  }

  /** See {@link Body.bytes}. */
  bytes(limit?: number): Promise<Bytes> {
    return this.body.bytes(limit)
  }

  /** See {@link Body.text}. */
  text(limit?: number): Promise<string> {
    return this.body.text(limit)
  }

  /** The body as JSON; rejects with a SyntaxError for what is none. See {@link Body.text}. */
  async json(limit?: number): Promise<unknown> {
    return JSON.parse(await this.body.text(limit))
  }

  /** The rest is not wanted: CANCEL on the wire, unless all has come. */
  cancel(): void {
    this.stream.reset('CANCEL')
  }
}

/**
 * What comes before the answer, where the protocol has a frame of its own for that: in order, and all of it before the
 * answer's head is read. Settles when that has come, or the stream is over. How many there may be is the session's to know.
 */
export async function hearInterim(
  stream: MuxStream,
  wire: HttpWire,
  onInterim: (head: ResponseHead) => void,
): Promise<void> {
  for (;;) {
    const fields = await stream.readInform()
    if (fields === undefined) return
    const head = readResponseHead(fields, wire)
    if (head instanceof HeadFault) throw peerFault(stream, head.message.replace(/^expected /, ''))
    onInterim(head)
  }
}

/**
 * The final head of the answer to a request. Rejects with the stream's end, or resets it with PROTOCOL_ERROR for a head
 * that is none (S01–S06) and for more than ten interim ones (S09).
 *
 * @param onInterim gets each interim head, 100 to 199
 */
export async function readHead(
  stream: MuxStream,
  wire: HttpWire,
  onInterim?: (head: ResponseHead) => void,
): Promise<ResponseHead> {
  if (wire.hasInterim && onInterim !== undefined) await hearInterim(stream, wire, onInterim)
  let fields: HeaderFields | undefined = await stream.replied
  for (let interim = 0; ; interim++) {
    if (fields === undefined) throw peerFault(stream, 'a final response, got the end')
    const head = readResponseHead(fields, wire)
    if (head instanceof HeadFault) throw peerFault(stream, head.message.replace(/^expected /, ''))
    if (head.status >= 200) return head
    // A switch of protocols is for a whole connection (RFC 9113 §8.6).
    if (head.status === 101) throw peerFault(stream, 'no 101 on a stream')
    if (interim === MAX_INTERIM)
      throw peerFault(stream, `at most ${MAX_INTERIM} interim responses, more came`)
    onInterim?.(head)
    fields = await stream.readHeaders()
  }
}
