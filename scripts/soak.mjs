// Opens and cancels short range requests at random on one session, and prints the heap before and after:
// npm run soak -- --streams 10000
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { ensure } from './ensure.mjs'

const HELP = `npm run soak -- [--streams N] [--rounds N] [--seed N]

  --streams N  range requests, opened and cancelled at random (default 10000)
  --rounds N   the same again, to see a slope (default 3)
  --seed N     of chance (default 1)
`
/** Heap that a round may leave behind, bytes a stream: the smallest object takes more. */
const MAX_BYTES_PER_STREAM = 16
/** And bytes in all, whatever the number of streams: code that was compiled meanwhile, and the like. */
const MAX_BYTES = 128 * 1024
const FILE_BYTES = 1024 * 1024
const CONCURRENT = 50

if (process.send === undefined) await start()
else process.once('message', (options) => void soak(options))

/** The rounds run in a process of their own, whose heap can be swept by hand. */
async function start() {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const [streams, rounds, seed] = [values.streams, values.rounds, values.seed].map(Number)
  if (values.help || ![streams, rounds, seed].every((n) => Number.isSafeInteger(n) && n > 0)) {
    process.stdout.write(HELP)
    process.exitCode = values.help ? 0 : 2
    return
  }
  await ensure({ build: true })
  const child = fork(new URL(import.meta.url), { execArgv: ['--expose-gc'] })
  child.send({ streams, rounds, seed })
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

async function soak({ streams, rounds, seed }) {
  const { connect, listen } = await import('../packages/plexus/dist/node.js')
  const { HttpClient, httpStreams } = await import('../packages/http/dist/index.js')
  const { seededChance } = await import('../packages/testkit/dist/index.js')
  const file = new Uint8Array(FILE_BYTES).map((_, i) => i)
  // A viewer who seeks without rest: more cancels than a server puts up with by default (L04).
  const limits = { resetsReceivedBurst: streams, resetsReceivedRate: streams }
  const server = await listen('spdy+tcp://127.0.0.1:0', { limits }, httpStreams(serveRanges(file)))
  const session = await connect(server.url)
  const run = {
    client: new HttpClient(session, { origin: 'http://127.0.0.1' }),
    file,
    chance: seededChance(seed),
  }
  // What is made once, compiled code among it, is no growth.
  await round(run, Math.min(streams, 2000))
  let before = await heap(session, server)
  process.stdout.write(`heap before: ${mib(before)} MiB\n`)
  let worst = Number.NEGATIVE_INFINITY
  for (let i = 1; i <= rounds; i++) {
    const since = performance.now()
    const { read, cancelled } = await round(run, streams)
    const after = await heap(session, server)
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    worst = i === 1 ? worst : Math.max(worst, (after - before - MAX_BYTES) / streams)
    process.stdout.write(
      `round ${i}: ${read} read, ${cancelled} cancelled in ${seconds} s, heap after: ${mib(after)} MiB ` +
        `(${((after - before) / streams).toFixed(1)} bytes a stream), open streams: ${session.streamCount}\n`,
    )
    before = after
  }
  const isFlat = rounds === 1 || worst < MAX_BYTES_PER_STREAM
  const leftOpen = session.streamCount + [...server.sessions].reduce((sum, one) => sum + one.streamCount, 0)
  await session.close()
  await server.close()
  process.stdout.write(
    isFlat && leftOpen === 0 ? 'no growth\n' : `growth, or ${leftOpen} streams left open\n`,
  )
  process.exit(isFlat && leftOpen === 0 ? 0 : 1)
}

function serveRanges(file) {
  return async (exchange) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(exchange.request.headers.get('range')).map(Number)
    const part = file.subarray(from, to + 1)
    const headers = { 'content-range': `bytes ${from}-${to}/${file.length}`, 'content-length': part.length }
    exchange.respond({ status: 206, headers })
    for (let at = 0; at < part.length; at += 4096) await exchange.write(part.subarray(at, at + 4096))
    await exchange.end()
  }
}

/** So many at once, each ended by its last byte or, half of them, at a random moment before. */
async function round({ client, file, chance }, streams) {
  const sum = { read: 0, cancelled: 0 }
  let left = streams
  const work = async () => {
    while (left-- > 0) sum[await one(client, file, chance)] += 1
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work))
  return sum
}

async function one(client, file, chance) {
  const size = 1 + Math.floor(chance() * 64 * 1024)
  const from = Math.floor(chance() * (file.length - size))
  const abort = new AbortController()
  const when = chance() * 4
  const headers = { range: `bytes=${from}-${from + size - 1}` }
  try {
    if (when < 1) setImmediate(() => abort.abort())
    const response = await client.request({
      path: '/film.mp4',
      headers,
      signal: abort.signal,
      timeoutMs: 30_000,
    })
    if (when >= 1 && when < 2) {
      await response.body.read()
      response.cancel()
      return 'cancelled'
    }
    let at = from
    for await (const bytes of response.body) {
      if (bytes[0] !== file[at]) throw new Error(`expected byte ${at} of the file, got another`)
      at += bytes.length
    }
    if (at !== from + size) throw new Error(`expected ${size} bytes, got ${at - from}`)
    return 'read'
  } catch (error) {
    if (error.code === 'CANCEL') return 'cancelled'
    throw error
  }
}

/** Live bytes when nothing is under way any more. */
async function heap(session, server) {
  for (let i = 0; i < 200; i++) {
    const open = [session, ...server.sessions].reduce((sum, one) => sum + one.streamCount, 0)
    if (open === 0) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

const mib = (bytes) => (bytes / 1024 / 1024).toFixed(2)
