/** Who sees the requests of a client go by? The other end of what observers of a server see; never their bytes. */
import type { HeaderFields, MuxSession, PlexusError } from '@plexus/contract'
import type { ClientResponse } from './response.js'

/** One request: the same object from the first word to the last. */
export interface ClientCall {
  readonly session: MuxSession
  readonly method: string
  readonly scheme: string
  readonly authority: string
  /** Path and query; empty for CONNECT. */
  readonly path: string
  /** The head as the wire has it, pseudo fields included. */
  readonly headers: HeaderFields
  /** From `headers` on. */
  response?: ClientResponse
  /** Of `error`. */
  error?: unknown
}

/** Is told of each request: `start`, perhaps `headers`, then either `end` or `error`. What it throws is dropped. */
export interface ClientObserver {
  /** False: nobody listens, and a request that begins now is not told. Default true. */
  readonly isListening?: boolean
  /** It may be sent, and is about to be. One that may not be sent is its caller's alone. */
  start?(call: ClientCall): void
  /** The final head of the answer is there. */
  headers?(call: ClientCall): void
  /** Both bodies are over, and well. */
  end?(call: ClientCall): void
  /** It failed: before the head, or in one of the bodies; or it was given up (CANCEL). */
  error?(call: ClientCall): void
}

/** Tells what becomes of a request whose answer's head is `response`. */
export async function watched(
  observer: ClientObserver,
  call: ClientCall,
  exchange: () => Promise<ClientResponse>,
): Promise<ClientResponse> {
  tell(observer, 'start', call)
  try {
    const response = await exchange()
    call.response = response
    tell(observer, 'headers', call)
    void response.stream.closed.then((error) => over(observer, call, response.body.fault ?? error))
    return response
  } catch (error) {
    call.error = error
    tell(observer, 'error', call)
    throw error
  }
}

function over(observer: ClientObserver, call: ClientCall, error: PlexusError | undefined): void {
  if (error !== undefined) call.error = error
  tell(observer, error === undefined ? 'end' : 'error', call)
}

function tell(observer: ClientObserver, what: 'start' | 'headers' | 'end' | 'error', call: ClientCall): void {
  try {
    observer[what]?.(call)
  } catch {
    // An observer has no say.
  }
}
