import type { MuxStream } from '@plexus/contract'
import type { BenchStream, StreamEvents } from '../contender.js'

/** One of our streams as a stream of the benchmark, used as a program would use it: by its promises. */
export function overMuxStream(stream: MuxStream): BenchStream {
  return new OverMuxStream(stream)
}

class OverMuxStream implements BenchStream {
  readonly #stream: MuxStream
  #drain: StreamEvents['drain']

  constructor(stream: MuxStream) {
    this.#stream = stream
  }

  on(events: StreamEvents): void {
    this.#drain = events.drain
    void deliver(this.#stream, events)
  }

  write(bytes: Uint8Array): boolean {
    const taken = this.#stream.write(bytes)
    if (this.#drain) void taken.then(this.#drain)
    return false
  }

  end(bytes?: Uint8Array): void {
    if (bytes) void this.#stream.write(bytes, { end: true })
    else void this.#stream.close()
  }
}

/** Takes what is there without waiting, and waits for the rest. */
async function deliver(stream: MuxStream, { data, end }: StreamEvents): Promise<void> {
  for (;;) {
    const bytes = stream.poll() ?? (await stream.read())
    if (bytes === undefined) break
    data?.(bytes)
  }
  end?.()
}
