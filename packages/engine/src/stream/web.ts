import type { Bytes, MuxStream } from '@plexus/contract'

/** A stream as a pair of web streams, with its back-pressure both ways. */
export function webStreamsOf(stream: MuxStream): {
  readable: ReadableStream<Bytes>
  writable: WritableStream<Bytes>
} {
  const readable = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = await stream.read()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel() {
        stream.reset('CANCEL')
      },
    },
    { highWaterMark: 0 },
  )
  const writable = new WritableStream<Bytes>(
    {
      async start(controller) {
        void stream.closed.then((error) => error !== undefined && controller.error(error))
      },
      write: (chunk) => stream.write(chunk),
      close: () => stream.close(),
      abort() {
        stream.reset('CANCEL')
      },
    },
    { highWaterMark: 1 },
  )
  return { readable, writable }
}
