// What the codec costs: node bench/codec.bench.mjs, after a build. Each figure is the best of five rounds.

import { spdy } from '@plexus/codec-spdy'
import { ByteWriter, HeaderFields, resolveLimits } from '@plexus/contract'

const limits = resolveLimits()
const create = (role, options) => spdy(options).create({ role, limits })
const ignore = () => true

function best(rounds, run) {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint()
    run(rounds)
    least = Math.min(least, Number(process.hrtime.bigint() - start))
  }
  return least / rounds
}

function tell(what, value, unit) {
  console.log(`${what.padEnd(56)} ${value.toFixed(2).padStart(12)} ${unit}`)
}

function join(chunks) {
  return new Uint8Array(Buffer.concat(chunks))
}

const requests = Array.from({ length: 512 }, (_, i) =>
  HeaderFields.fromFlat([
    ':method',
    'GET',
    ':path',
    `/items/${i}?page=${(i * 7919) % 1000}`,
    ':version',
    'HTTP/1.1',
    ':host',
    'example.org:443',
    ':scheme',
    'https',
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) plexus/0.1',
    'accept',
    'text/html,application/xhtml+xml',
    'accept-encoding',
    'gzip, deflate',
    'cookie',
    `session=abcdef0123456789${i}`,
  ]),
)

function encodeOpens(codec, out, count, list) {
  for (let i = 0; i < count; i++) {
    codec.encode(
      {
        type: 'open',
        id: i * 2 + 1,
        parent: 0,
        priority: 3,
        headers: list[i % list.length],
        end: true,
        unidirectional: false,
      },
      out,
    )
  }
}

for (const [name, list] of [
  ['9 fields, 300 bytes', requests],
  ['1 field', [HeaderFields.fromFlat(['streamtype', 'data'])]],
]) {
  for (const compressionLevel of [0, 1, 6]) {
    const count = 5000
    const encoder = create('client', { compressionLevel })
    const out = new ByteWriter()
    encodeOpens(encoder, out, count, list)
    const bytes = join(out.take())
    const encode = best(count, (n) => {
      encodeOpens(encoder, out, n, list)
      out.take()
    })
    let decode = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const decoder = create('server')
      const start = process.hrtime.bigint()
      decoder.decode(bytes, ignore)
      decode = Math.min(decode, Number(process.hrtime.bigint() - start) / count)
    }
    const label = `SYN_STREAM, ${name}, level ${compressionLevel}`
    tell(`${label}: encode`, encode / 1000, 'µs')
    tell(`${label}: decode`, decode / 1000, 'µs')
    tell(`${label}: on the wire`, bytes.length / count, 'bytes')
  }
}

function dataFrames(payloadBytes, total) {
  const codec = create('client')
  const out = new ByteWriter()
  const payload = new Uint8Array(payloadBytes)
  for (let sum = 0; sum < total; sum += payloadBytes) codec.encodeData(1, payload, false, out)
  return join(out.take())
}

for (const payloadBytes of [16, 1024, 16_384]) {
  const stream = dataFrames(payloadBytes, 64 * 1024 * 64)
  const chunks = []
  for (let at = 0; at < stream.length; at += 65_536)
    chunks.push(Buffer.from(stream.buffer, at, Math.min(65_536, stream.length - at)))
  const decoder = create('server')
  let frames = 0
  const count = () => {
    frames++
    return true
  }
  const rounds = 20
  const ns = best(rounds, (n) => {
    frames = 0
    for (let i = 0; i < n; i++) for (const chunk of chunks) decoder.decode(chunk, count)
  })
  tell(`DATA of ${payloadBytes} in 64 KiB chunks: decode`, stream.length / (ns / 1e9) / 1e6, 'MB/s')
  tell(`DATA of ${payloadBytes} in 64 KiB chunks: decode`, frames / rounds / (ns / 1e9) / 1e6, 'M pieces/s')
  const payload = new Uint8Array(payloadBytes)
  const encoder = create('client')
  const out = new ByteWriter()
  const encode = best(2000, (n) => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < 32; j++) encoder.encodeData(1, payload, false, out)
      out.take()
    }
  })
  tell(`DATA of ${payloadBytes}, 32 a turn: encode`, 32 / (encode / 1e9) / 1e6, 'M frames/s')
}

{
  const encoder = create('client')
  const out = new ByteWriter()
  const turn = (n) => {
    for (let i = 0; i < n; i++) {
      encoder.encode({ type: 'window', id: i & 0xff, delta: 1000 }, out)
      if ((i & 31) === 31) out.take()
    }
    out.take()
  }
  const encode = best(200_000, turn)
  for (let i = 0; i < 4096; i++) encoder.encode({ type: 'window', id: i, delta: 1000 }, out)
  const bytes = join(out.take())
  const decoder = create('server')
  const decode = best(100, (n) => {
    for (let i = 0; i < n; i++) decoder.decode(bytes, ignore)
  })
  tell('WINDOW_UPDATE: encode', 1000 / encode, 'M frames/s')
  tell('WINDOW_UPDATE: decode', 4096 / (decode / 1e9) / 1e6, 'M frames/s')
}

{
  globalThis.gc?.()
  const before = process.memoryUsage()
  const sessions = []
  for (let i = 0; i < 200; i++) {
    const client = create('client')
    const server = create('server')
    const out = new ByteWriter()
    encodeOpens(client, out, 1, requests)
    server.decode(join(out.take()), ignore)
    sessions.push(client, server)
  }
  globalThis.gc?.()
  const after = process.memoryUsage()
  const used = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  tell('a sending and a receiving context (exact with --expose-gc)', used / 200 / 1024, 'KiB')
  if (sessions.length === 0) throw new Error('unreachable')
}
