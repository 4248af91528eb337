import type { MuxSession, MuxStream, StreamHandler, StreamProvider } from '@plexus/contract'
import { misuse } from './misuse.js'

/** A session as a {@link StreamProvider}. The session must have been made without a handler. */
export function provider(session: MuxSession): StreamProvider {
  let isListening = false
  return {
    open: (headers) => session.open(headers === undefined ? {} : { headers }),
    listen(handler) {
      if (isListening) throw misuse('expected one call of listen, this is the second')
      isListening = true
      return handler === undefined ? session : handled(session, handler)
    },
    close: (options) => session.close(options),
    [Symbol.asyncDispose]: () => session.close(),
  }
}

/** Calls `handler` for each stream as it comes, whether or not somebody iterates; keeps for those who do what lives on. */
function handled(session: MuxSession, handler: StreamHandler): AsyncIterable<MuxStream> {
  const kept = new Set<MuxStream>()
  let isOver = false
  let wake: (() => void) | undefined

  const handle = async (stream: MuxStream) => {
    try {
      await handler(stream)
    } catch {
      stream.reset('INTERNAL_ERROR')
    }
  }
  const accept = async () => {
    for await (const stream of session) {
      void handle(stream)
      if (stream.state === 'closed') continue
      kept.add(stream)
      void stream.closed.then(() => kept.delete(stream))
      wake?.()
    }
    isOver = true
    wake?.()
  }
  void accept()

  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (const stream of kept) {
          kept.delete(stream)
          yield stream
        }
        if (isOver) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
