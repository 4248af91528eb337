import type { MuxStream } from '@plexus/contract'
import type { BenchStream, StreamEvents } from '../contender.js'

/** One of our streams as a stream of the benchmark, used as a program would use it: by its promises. */
export function overMuxStream(stream: MuxStream): BenchStream {
  let drain: StreamEvents['drain']
  return {
    on(events) {
      drain = events.drain
      void deliver(stream, events)
    },
    write(bytes) {
      const taken = stream.write(bytes)
      if (drain) void taken.then(drain)
      return false
    },
    end(bytes) {
      if (bytes) void stream.write(bytes, { end: true })
      else void stream.close()
    },
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
