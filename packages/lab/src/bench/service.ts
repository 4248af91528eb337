import type { BenchStream, StreamEvents } from './contender.js'

/** What the server has received, on all streams. */
export interface Tally {
  received: number
}

/** The server's side of all workloads: does with a stream what its task says. */
export function makeService(tally: Tally): (task: string, stream: BenchStream) => void {
  return (task, stream) => {
    const [kind, argument] = task.split('/')
    switch (kind) {
      case 'echo':
        return stream.on({
          data: (bytes) => void stream.write(bytes),
          end: () => stream.end(),
        })
      case 'sink':
        return stream.on({
          data: (bytes) => void (tally.received += bytes.length),
          end: () => stream.end(),
        })
      case 'source':
        return flood(stream, Number(argument))
      case 'hold':
        stream.on(NOTHING)
        stream.write(ONE_BYTE)
        return
      default:
        throw new Error(`no task is called '${task}'`)
    }
  }
}

/** Writes for as long as the process lives, never more than the stream wants. */
export function flood(stream: BenchStream, writeSize: number): void {
  const chunk = Buffer.alloc(writeSize, 'plexus')
  const pour = () => {
    while (stream.write(chunk));
  }
  stream.on({ drain: pour })
  pour()
}

const NOTHING: StreamEvents = {}
const ONE_BYTE = Buffer.from('!')
