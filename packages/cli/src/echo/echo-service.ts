import { createHash } from 'node:crypto'
import type { HeaderFields, MuxStream, PlexusSession } from 'plexus'
import { PUSHED_BYTES, PUSHED_STREAM, TRAILER_SHA256 } from './contract.js'
import { testBytes } from './test-bytes.js'

/** Answers one stream by the echo contract. A handler for `listen`: it needs the session to push and to go away. */
export async function echoService(stream: MuxStream, session: PlexusSession): Promise<void> {
  const test = stream.headers.get('x-test')
  if (test === 'refuse') return stream.refuse()
  stream.reply(replyHeaders(stream.headers, session.protocol))
  if (test === 'reset') return stream.reset()
  if (stream.headers.get(':method') === 'GET') return stream.write('hello from plexus\n', { end: true })
  const pushed = test === 'push' ? push(stream, session) : undefined
  await echo(stream, test === 'trailers', session.protocol)
  await pushed
  if (test === 'goaway') void session.close()
}

async function echo(stream: MuxStream, withTrailers: boolean, protocol: string): Promise<void> {
  const hash = withTrailers ? createHash('sha256') : undefined
  for await (const chunk of stream) {
    hash?.update(chunk)
    await stream.write(chunk)
  }
  // "A header frame, then the end": spdy-transport, for one, does not see an end on a header frame.
  // HTTP/2 has no header frame that does not end the stream.
  if (hash !== undefined)
    stream.writeHeaders({ [TRAILER_SHA256]: hash.digest('hex') }, { end: protocol === 'h2' })
  await stream.close()
}

/** Where the protocol has no push of its own, a stream of ours that belongs to the peer's is as near as can be. */
async function push(parent: MuxStream, session: PlexusSession): Promise<void> {
  const { headers } = parent
  const pushed = await session.open({
    parent,
    unidirectional: session.traits.push,
    headers: {
      ':method': 'GET',
      ':path': '/pushed',
      ':version': 'HTTP/1.1',
      ':host': headers.get(':host') ?? 'peer',
      ':scheme': headers.get(':scheme') ?? 'http',
      ':status': '200 OK',
      'x-from': 'server',
    },
  })
  await pushed.write(testBytes(PUSHED_STREAM, PUSHED_BYTES), { end: true })
}

function replyHeaders(request: HeaderFields, protocol: string): [string, string][] {
  const reply: [string, string][] =
    protocol === 'h2'
      ? [[':status', '200']]
      : [
          [':status', '200 OK'],
          [':version', 'HTTP/1.1'],
        ]
  for (const [name, value] of request) if (name.startsWith('x-')) reply.push([`x-echo-${name}`, value])
  return reply
}
