import type { Bytes } from '@plexus/contract'

/**
 * Below this, bytes, copying a chunk is cheaper than one more entry in a gathering write. Measured with Node 20 over
 * loopback, µs a turn: 200 chunks of 8–100 bytes take 51 joined and 80 gathered; eight heads of 8 bytes before payloads
 * of 4 KiB take 32 gathered and 59 joined.
 */
const SMALL = 2048

/** Joins runs of small chunks and leaves the others alone: what is best handed to one gathering write. */
export function gather(chunks: readonly Bytes[]): readonly Bytes[] {
  if (chunks.length < 2) return chunks
  const gathered: Bytes[] = []
  for (let from = 0; from < chunks.length; ) {
    let to = from
    let length = 0
    for (; to < chunks.length && chunks[to]!.length < SMALL; to++) length += chunks[to]!.length
    if (to - from < 2) {
      gathered.push(chunks[from++]!)
      continue
    }
    gathered.push(join(chunks, from, to, length))
    from = to
  }
  return gathered
}

function join(chunks: readonly Bytes[], from: number, to: number, length: number): Bytes {
  const joined = Buffer.allocUnsafe(length)
  let at = 0
  for (let i = from; i < to; i++) {
    joined.set(chunks[i]!, at)
    at += chunks[i]!.length
  }
  return joined
}
