/** An origin at the other end of a session: each request is a stream of its own. */
import {
  type Bytes,
  type ErrorCode,
  type HeaderFields,
  LIMITS,
  type MuxSession,
  type MuxStream,
  PlexusError,
} from '@plexus/contract'
import { hearInterim } from '../client/response.js'
import { Body } from '../message/body.js'
import { contentLength } from '../message/fields.js'
import { HeadFault, type RequestHead, type ResponseHead, readResponseHead } from '../message/heads.js'
import { wireOf } from '../message/wire.js'
import { Refusal, Refused } from './crossing.js'
import { type CallOptions, type OriginAnswer, type OriginCall, writeable } from './origin.js'

/** Sends one request over `session`. Rejects as `open` of it does. */
export async function askSession(
  session: MuxSession,
  request: RequestHead,
  options: CallOptions,
): Promise<OriginCall> {
  const { hasBody, priority } = options
  if (options.isGivenUp) throw givenUp()
  const headers = writeable(request, wireOf(session))
  if (!isTaken(headers))
    throw new Refused(new Refusal(431, 'a head within the limits of sessions, got a larger one'))
  const waitSignal = () => options.signal
  const stream = await session.open({ headers, end: !hasBody, priority, waitSignal })
  return new SessionCall(session, stream, request.method)
}

/** By the bounds that sessions have unless they are told otherwise: whoever is there would reset the stream and not say why (L07). */
function isTaken({ size, flat }: HeaderFields): boolean {
  const { maxHeaderFields, maxHeaderBytes } = LIMITS
  const bytes = flat.reduce((sum, { length }) => sum + length, size * 32)
  return size <= maxHeaderFields.value && bytes <= maxHeaderBytes.value
}

/** A protocol as `via` names it (RFC 9110 §7.6.3). */
export const protocolOf = ({ protocol }: Pick<MuxSession, 'protocol'>): string =>
  protocol.startsWith('spdy') ? protocol.toUpperCase() : protocol === 'h2' ? '2' : protocol

class SessionCall implements OriginCall {
  readonly #session: MuxSession
  readonly #stream: MuxStream
  readonly #method: string

  constructor(session: MuxSession, stream: MuxStream, method: string) {
    this.#session = session
    this.#stream = stream
    this.#method = method
  }

  get protocol(): string {
    return protocolOf(this.#session)
  }

  get isOver(): boolean {
    return this.#stream.state === 'closed'
  }

  async answer(onInterim?: (head: ResponseHead) => void): Promise<OriginAnswer> {
    const stream = this.#stream
    const wire = wireOf(this.#session)
    if (wire.hasInterim && onInterim !== undefined) await hearInterim(stream, wire, onInterim)
    const head = readResponseHead(await stream.replied, wire)
    if (head instanceof HeadFault) throw broken(stream, head.message)
    const { status, headers } = head
    if (status < 200) throw broken(stream, `expected a final status, got ${status}`)
    const length = contentLength(headers)
    const isBare = this.#method === 'HEAD' || status === 204 || status === 304
    const body = new Body(stream, { length: typeof length === 'number' ? length : undefined, isBare })
    return { head, body }
  }

  write(bytes: Bytes): Promise<void> {
    return this.#stream.write(bytes)
  }

  async end(trailers: HeaderFields): Promise<void> {
    if (trailers.size > 0) this.#stream.writeHeaders(trailers, { end: true })
    else await this.#stream.close()
  }

  reset(code: ErrorCode): void {
    this.#stream.reset(code)
  }
}

function givenUp(): PlexusError {
  return new PlexusError('expected a client that waits for its answer, it is gone', {
    scope: 'request',
    code: 'CANCEL',
    blame: 'peer',
    processed: 'no',
  })
}

function broken(stream: MuxStream, message: string): PlexusError {
  stream.reset('PROTOCOL_ERROR')
  return new PlexusError(message, {
    scope: 'stream',
    code: 'PROTOCOL_ERROR',
    blame: 'peer',
    streamId: stream.id,
  })
}
