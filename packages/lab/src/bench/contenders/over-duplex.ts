import type { Duplex } from 'node:stream'
import type { BenchStream } from '../contender.js'

/** Any Node Duplex as a stream of the benchmark. */
export function overDuplex(duplex: Duplex): BenchStream {
  return {
    on(events) {
      if (events.data) duplex.on('data', events.data)
      else duplex.resume()
      if (events.end) duplex.on('end', events.end)
      if (events.drain) duplex.on('drain', events.drain)
    },
    write: (bytes) => duplex.write(bytes),
    end(bytes) {
      if (bytes) duplex.end(bytes)
      else duplex.end()
    },
  }
}

/** Reads a Duplex to its end. @returns how many bytes came */
export function bytesOf(duplex: Duplex): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0
    duplex.on('data', (bytes: Uint8Array) => void (received += bytes.length))
    duplex.on('end', () => resolve(received))
    duplex.on('error', reject)
  })
}
