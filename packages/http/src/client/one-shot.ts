/** A request and its whole answer, in one call. */
import type { Bytes, Clock, HeaderFields } from '@plexus/contract'
import { peerFault, saysMore, tooLate } from './faults.js'
import { Patience } from './patience.js'
import { ResponseRecorder } from './recorder.js'
import type { ClientRequest } from './request.js'
import type { ClientResponse } from './response.js'

const MAX_BYTES = 16 * 1024 * 1024

export interface OneShotRequest extends ClientRequest {
  /** Bytes of body that are taken at most; more is ENHANCE_YOUR_CALM. Default 16 MiB. */
  readonly limit?: number | undefined
}

/** An answer that is all there. */
export interface WholeResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderFields
  readonly body: Bytes
  /** Bytes that came. */
  readonly contentLength: number
  readonly trailers: HeaderFields
  text(): string
  json(): unknown
}

/**
 * Waits for both bodies: the answer's, and, where it says yes, the rest of the request's.
 *
 * @param timeoutMs how long the body may stand still, ms; 0 leaves that to the session
 */
export async function wholeOf(
  response: ClientResponse,
  limit: number = MAX_BYTES,
  timeoutMs: number,
  clock: Pick<Clock, 'setTimer' | 'clearTimer'>,
): Promise<WholeResponse> {
  const recorder = new ResponseRecorder()
  recorder.writeHeader(response.status, response.headers)
  const { stream, body } = response
  const patience = timeoutMs > 0 ? new Patience(clock, timeoutMs, () => stream.reset('CANCEL')) : undefined
  try {
    for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) {
      patience?.renew()
      recorder.write(bytes)
      if (recorder.size > limit)
        throw peerFault(stream, `at most ${limit} bytes of body, more came`, 'ENHANCE_YOUR_CALM')
    }
    const trailers = await response.trailers
    const { status, headers } = recorder
    const { statusText } = response
    patience?.stop()
    // RFC 9110 §10.1.1, RFC 9113 §8.1: an answer may be complete before the request is. One that says no is not sent the rest.
    if (status >= 300) response.cancel()
    else await response.sent
    return {
      status,
      statusText,
      headers,
      body: recorder.body,
      contentLength: recorder.size,
      trailers,
      text: () => recorder.text(),
      json: () => JSON.parse(recorder.text()),
    }
  } catch (error) {
    if (patience?.isOver) throw tooLate('the rest of a response', timeoutMs, stream)
    throw await saysMore(error, response.sent)
  } finally {
    patience?.stop()
  }
}
