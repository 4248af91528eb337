import { createHash } from 'node:crypto'
import { testBytes } from './test-bytes.mjs'

/** The contract's checks in its words and order; goaway is last, for nothing comes after it. */
export const CHECKS = {
  async echo(session, { streams, bytes, concurrency }) {
    let next = 0
    const worker = async () => {
      while (next < streams) {
        const i = next++
        same(await exchange(open(session, i), testBytes(i, bytes)), testBytes(i, bytes), `stream ${i}`)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  },

  /** What was sent before our end still comes back after it, and an end alone is answered with an end alone. */
  async halfClose(session) {
    for (const want of [testBytes(1, 1000), Buffer.alloc(0)]) {
      same(await exchange(open(session, 1), want), want, 'half-closed')
    }
  },

  async reset(session) {
    const stream = open(session, 2, 'reset')
    const { ended, error } = await stream.over
    if (!stream.reply) throw new Error('expected a reply before the reset')
    if (ended) throw new Error('expected a reset, got an end')
    if (error) throw new Error(`expected CANCEL, got '${error.message}'`)
  },

  async refuse(session) {
    const stream = open(session, 3, 'refuse')
    const { error } = await stream.over
    if (stream.reply) throw new Error('expected no reply')
    if (error?.message !== 'Got RST: REFUSED_STREAM')
      throw new Error(`expected a refusal, got ${error?.message}`)
  },

  async trailers(session, { bytes }) {
    const body = testBytes(4, bytes)
    const stream = open(session, 4, 'trailers')
    same(await exchange(stream, body), body, 'echo')
    const sha256 = createHash('sha256').update(body).digest('hex')
    const got = stream.trailers?.['x-trailer-sha256']
    if (got !== sha256) throw new Error(`expected the body's sha256 as trailer, got ${got}`)
  },

  async push(session) {
    const stream = open(session, 5, 'push')
    const pushed = await new Promise((resolve) => stream.raw.once('pushPromise', resolve))
    if (pushed.headers['x-from'] !== 'server') throw new Error('expected x-from: server')
    const watched = watch(pushed)
    await watched.over
    same(Buffer.concat(watched.chunks), testBytes(9999, 1024), 'pushed')
    same(await exchange(stream, testBytes(5, 1000)), testBytes(5, 1000), 'echo beside the push')
  },

  ping: (session) => new Promise((resolve) => session.ping(resolve)),

  async goaway(session) {
    const gone = new Promise((resolve) => {
      session.on('frame', (frame) => frame.type === 'GOAWAY' && resolve())
    })
    same(await exchange(open(session, 6, 'goaway'), testBytes(6, 1000)), testBytes(6, 1000), 'echo')
    await gone
  },
}

/** Opens stream i of the contract. */
function open(session, i, test) {
  const headers = { 'x-stream': String(i), ...(test && { 'x-test': test }) }
  const stream = watch(session.request({ method: 'POST', host: 'peer', path: `/echo/${i}`, headers }))
  stream.index = String(i)
  return stream
}

/** Keeps what arrives on a stream; `over` settles with how it ended. An orderly 'close' may come ahead of 'end'. */
function watch(raw) {
  const stream = { raw, chunks: [], reply: undefined, trailers: undefined }
  let error
  raw.on('error', (problem) => (error ??= problem))
  raw.on('data', (chunk) => stream.chunks.push(chunk))
  raw.on('response', (status, headers) => (stream.reply = { status, headers }))
  raw.on('headers', (headers) => (stream.trailers = headers))
  stream.over = new Promise((resolve) => {
    raw.on('end', () => resolve({ ended: true, error }))
    raw.on('close', (aborted) => aborted && resolve({ ended: false, error }))
  })
  return stream
}

/** Sends all, ends, and gives what came back on an orderly end. */
async function exchange(stream, bytes) {
  stream.raw.end(bytes)
  const { ended, error } = await stream.over
  if (error) throw error
  if (!ended) throw new Error('expected an end, got a reset')
  if (stream.reply?.status !== 200) throw new Error(`expected status 200, got ${stream.reply?.status}`)
  const echoed = stream.reply.headers['x-echo-x-stream']
  if (echoed !== stream.index) throw new Error(`expected x-echo-x-stream: ${stream.index}, got ${echoed}`)
  return Buffer.concat(stream.chunks)
}

function same(got, want, what) {
  if (Buffer.compare(got, want) !== 0) {
    throw new Error(`${what}: expected ${want.length} bytes, got ${got.length} or others`)
  }
}
