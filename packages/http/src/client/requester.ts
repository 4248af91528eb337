/** Who makes requests: one session's client, or a pool of many. Agents, dispatchers and `fetch` stand on either. */
import type { Clock } from '@plexus/contract'
import type { PoolRequest } from './pool/http-pool.js'
import type { ClientResponse } from './response.js'

export interface Requester {
  readonly options: { readonly origin?: string | URL | undefined }
  /** What its waits are measured by. */
  readonly clock: Pick<Clock, 'setTimer' | 'clearTimer'>
  /** It goes by `origin`, `tls` and the like of each request; one session is where it is, and does not look at them. */
  readonly isRouting: boolean
  /** Interim answers can come; a pool does not know before, and says no. */
  readonly hasInterim: boolean
  /** Throws for an origin that it is not for. */
  expectOrigin(origin: string): void
  request(request: PoolRequest): Promise<ClientResponse>
}
