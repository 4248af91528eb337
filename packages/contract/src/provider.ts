import type { HeadersInit } from './headers.js'
import type { CloseOptions, StreamHandler } from './session.js'
import type { MuxStream } from './stream.js'

/** What opens and accepts streams: a session, or something that wraps sessions. The same for every protocol. */
export interface StreamProvider extends AsyncDisposable {
  open(headers?: HeadersInit): Promise<MuxStream>
  /**
   * Streams of the peer. With a handler it is called for each, and the iterable yields those that it did not refuse;
   * may be called once.
   */
  listen(handler?: StreamHandler): AsyncIterable<MuxStream>
  close(options?: CloseOptions): Promise<void>
}
