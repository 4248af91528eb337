import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MuxSession, MuxStream } from '@plexus/contract'
import { testBytes } from './test-bytes.js'

/** A client on spdy-transport loses what arrives together with the end of the connection: it inflates asynchronously. */
const APART_MS = 50

/** Our answer to a stream of the echo contract. */
export async function answer(stream: MuxStream, session: MuxSession): Promise<void> {
  const test = stream.headers.get('x-test')
  if (test === 'refuse') return stream.refuse()
  stream.reply(replyHeaders(stream))
  if (test === 'reset') return stream.reset()
  if (stream.headers.get(':method') === 'GET') {
    await stream.write('hello from plexus\n', { end: true })
    return
  }
  const pushed = test === 'push' ? push(session, stream) : undefined
  const sha256 = await echo(stream)
  if (test === 'trailers') stream.writeHeaders({ 'x-trailer-sha256': sha256 })
  await stream.close()
  await pushed
  if (test === 'goaway') {
    await stream.closed
    await sleep(APART_MS)
    void session.close()
  }
}

/** A stream that belongs to another. spdy-transport takes one only with all that a request and a reply have. */
async function push(session: MuxSession, parent: MuxStream): Promise<void> {
  const headers = {
    ':method': 'GET',
    ':path': '/pushed',
    ':scheme': 'http',
    ':host': 'peer',
    ':status': '200 OK',
    ':version': 'HTTP/1.1',
    'x-from': 'server',
  }
  const stream = await session.open({ headers, parent })
  await stream.write(testBytes(9999, 1024), { end: true })
}

function replyHeaders(stream: MuxStream): [string, string][] {
  const echoed = [...stream.headers].filter(([name]) => name.startsWith('x-'))
  return [
    [':status', '200 OK'],
    [':version', 'HTTP/1.1'],
    ...echoed.map(([name, value]): [string, string] => [`x-echo-${name}`, value]),
  ]
}

async function echo(stream: MuxStream): Promise<string> {
  const digest = createHash('sha256')
  for await (const bytes of stream) {
    digest.update(bytes)
    await stream.write(bytes)
  }
  return digest.digest('hex')
}
