import type { MuxStream, PlexusSession } from 'plexus'
import { inWordsOf } from './contract.js'
import { TestBytes } from './test-bytes.js'

/** Bytes written at once. */
const PIECE = 16 * 1024

/** Opens stream `index` of the contract. */
export function openTest(
  session: PlexusSession,
  index: number,
  signal: AbortSignal,
  test?: string,
): Promise<MuxStream> {
  const headers = {
    ':method': 'POST',
    ':path': `/echo/${index}`,
    ':version': 'HTTP/1.1',
    ':host': 'peer',
    ':scheme': 'http',
    'x-stream': index,
    'x-test': test,
  }
  return session.open({ headers: inWordsOf<string | number | undefined>(session.protocol, headers), signal })
}

/** Sends the stream's test bytes and its end, and wants every one of them back, and the peer's end, meanwhile. */
export async function exchange(stream: MuxStream, index: number, count: number): Promise<void> {
  const sent = send(stream, index, count)
  sent.catch(() => {})
  await replied(stream, index)
  await receive(stream, index, count)
  await sent
}

/** Wants a good reply that says our headers back. */
export async function replied(stream: MuxStream, index: number): Promise<void> {
  const reply = await stream.replied
  // spdystream's replies need no `:status`.
  const status = reply.get(':status') ?? '200'
  if (!status.startsWith('200')) throw new Error(`stream ${index}: expected status 200, got '${status}'`)
  const echoed = reply.get('x-echo-x-stream')
  if (echoed !== String(index)) {
    throw new Error(`stream ${index}: expected x-echo-x-stream: ${index}, got ${echoed ?? 'none'}`)
  }
}

/** Wants `count` test bytes of stream `index`, and then the peer's end. */
export async function receive(stream: MuxStream, index: number, count: number): Promise<void> {
  const wanted = new TestBytes(index)
  let received = 0
  for await (const chunk of stream) {
    const at = wanted.mismatch(chunk)
    if (at >= 0) throw new Error(`stream ${index}: byte ${received + at} is not the one that was sent`)
    received += chunk.length
    if (received > count) break
  }
  if (received !== count) throw new Error(`stream ${index}: expected ${count} bytes, got ${received}`)
}

async function send(stream: MuxStream, index: number, count: number): Promise<void> {
  const bytes = new TestBytes(index)
  for (let left = count; left > 0; left -= PIECE) await stream.write(bytes.take(Math.min(PIECE, left)))
  await stream.close()
}
