/** May a request be made again? Only if it was surely not processed, not for ever, and not by everybody at once (S12, DG-16). */
import { type Bytes, HeaderFields, PlexusError } from '@plexus/contract'
import type { ClientRequest, RequestBody } from '../request.js'
import { iteratorOf } from '../send-body.js'

/** Tries of one request, in all. */
const MAX_TRIES = 4

/** What all requests of a pool share: each earns a part of a retry, so that a peer in trouble is not asked much more often. */
export class RetryBudget {
  readonly #ratio: number
  readonly #most: number
  #left: number

  /**
   * @param ratio retries that a request earns
   * @param most retries that are saved up, at most; as many are there at first
   */
  constructor(ratio: number, most: number) {
    this.#ratio = ratio
    this.#most = most
    this.#left = most
  }

  /** A request was made for the first time. */
  earn(): void {
    this.#left = Math.min(this.#most, this.#left + this.#ratio)
  }

  /** @returns false: it is used up */
  spend(): boolean {
    // Ten tenths are a little less than one.
    if (this.#left < 1 - 1e-9) return false
    this.#left -= 1
    return true
  }
}

/** One request, however often it is tried. */
export class Attempts {
  /** What is tried: as it was when the caller asked, whatever happens to the caller's objects (DG-10). */
  readonly request: ClientRequest

  readonly #maxResends: number
  readonly #budget: RetryBudget
  readonly #once: OnceBody | undefined
  #tries = 1
  #resends = 0

  constructor(request: ClientRequest, maxResends: number, budget: RetryBudget) {
    const { body } = request
    this.#once = isStream(body) ? new OnceBody(body) : undefined
    this.#maxResends = maxResends
    this.#budget = budget
    const headers = request.headers === undefined ? undefined : HeaderFields.from(request.headers)
    this.request = { ...request, headers, ...(this.#once !== undefined && { body: this.#once }) }
    budget.earn()
  }

  /**
   * Whether it may be tried again after `error`. What no frame was sent of cost the peer nothing, and costs no budget; what
   * was sent and surely not processed is sent again at most `maxResends` times. A body that was begun is not begun again.
   */
  mayGoOn(error: unknown): 'yes' | 'no' | 'noBudget' {
    if (!isUnprocessed(error) || this.request.signal?.aborted || this.#tries >= MAX_TRIES) return 'no'
    if (this.#once?.isTaken) return 'no'
    if (wasSent(error)) {
      if (this.#resends >= this.#maxResends) return 'no'
      if (!this.#budget.spend()) return 'noBudget'
      this.#resends += 1
    }
    this.#tries += 1
    return 'yes'
  }
}

/** Refused by the peer, or by a session that goes away; what the caller did wrong stays wrong. */
const isUnprocessed = (error: unknown): error is PlexusError =>
  error instanceof PlexusError && error.processed === 'no' && error.scope !== 'request'

/** An error of a stream names it; without one there was none. */
const wasSent = (error: PlexusError): boolean => error.streamId !== undefined

/** What is no body at all is left to those who say so. */
const isStream = (body: ClientRequest['body']): body is StreamBody =>
  typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || 'getReader' in body)

type StreamBody = Exclude<RequestBody, string | Bytes>

/** A body that can be read once, and knows whether somebody began. */
class OnceBody implements AsyncIterable<Bytes | string> {
  isTaken = false
  readonly #body: StreamBody

  constructor(body: StreamBody) {
    this.#body = body
  }

  [Symbol.asyncIterator](): AsyncIterator<Bytes | string> {
    this.isTaken = true
    return 'getReader' in this.#body ? iteratorOf(this.#body) : this.#body[Symbol.asyncIterator]()
  }
}
