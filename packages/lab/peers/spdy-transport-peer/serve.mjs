import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import transport from 'spdy-transport'
import { testBytes } from './test-bytes.mjs'

/** Serves the echo contract and says where, as one line of JSON. */
export async function serve({ host, port }, version) {
  const server = createServer({ noDelay: true }, (socket) => {
    const session = transport.connection.create(socket, { protocol: 'spdy', isServer: true })
    session.start(version)
    // Without a listener the peer's misdeeds would end the process.
    session.on('error', () => socket.destroy())
    session.on('stream', (stream) => {
      stream.on('error', () => {})
      answer(session, stream)
    })
  })
  server.listen(port, host, () => console.log(JSON.stringify({ listening: server.address().port })))
}

function answer(session, stream) {
  const test = stream.headers['x-test']
  if (test === 'refuse') return stream.abort('REFUSED_STREAM')
  stream.respond(200, replyHeaders(stream.headers), () => {
    if (test === 'reset') return stream.abort('CANCEL')
    if (stream.method === 'GET') return stream.end('hello from spdy-transport\n')
    if (test === 'push') push(stream)
    echo(session, stream, test)
  })
}

function replyHeaders(request) {
  const reply = {}
  for (const [name, value] of Object.entries(request))
    if (name.startsWith('x-')) reply[`x-echo-${name}`] = value
  return reply
}

function echo(session, stream, test) {
  const digest = createHash('sha256')
  stream.on('data', (chunk) => {
    digest.update(chunk)
    if (!stream.write(chunk)) {
      stream.pause()
      stream.once('drain', () => stream.resume())
    }
  })
  stream.on('end', () => {
    if (test === 'trailers') return endWithTrailers(stream, digest.digest('hex'))
    if (test === 'goaway') stream.once('close', () => endBehindData(session))
    stream.end()
  })
}

/**
 * GOAWAY overtakes the data that is queued, and a spdy-transport client loses what arrives in one turn with the end of
 * the connection, because it inflates headers asynchronously. So the end keeps its distance.
 */
function endBehindData(session) {
  setTimeout(() => session.end(), 50)
}

/** Headers go out ahead of all data that still waits for a window, so the last of it has to be written first. */
function endWithTrailers(stream, sha256) {
  stream.write(Buffer.alloc(0), () => stream.sendHeaders({ 'x-trailer-sha256': sha256 }, () => stream.end()))
}

function push(parent) {
  const uri = { path: '/pushed', host: 'peer', method: 'GET', status: 200, headers: { 'x-from': 'server' } }
  parent.pushPromise(uri, (error, stream) => {
    if (error) return
    stream.on('error', () => {})
    stream.end(testBytes(9999, 1024))
  })
}
