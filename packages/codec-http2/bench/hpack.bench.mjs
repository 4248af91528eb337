// What does a header block cost, against hpack.js? After a build:
//   node packages/codec-http2/bench/hpack.bench.mjs [--json]
// Both are measured in turns in one process, on the recorded stories; the median of the turns counts.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import foreign from 'hpack.js'
import { BlockMemo, HpackDecoder, HpackEncoder } from '../dist/hpack/index.js'

const TURNS = 9
/** How long one measure takes at least, ms. */
const LEAST_MS = 60
const GOLDEN = join(import.meta.dirname, '../golden/hpack')
const LIMITS = { maxTableSize: 4096, maxDecoded: 1 << 20, maxFields: 1 << 10 }

function story(folder, file) {
  return JSON.parse(readFileSync(join(GOLDEN, folder, file), 'utf8')).cases.map(({ wire, headers }) => {
    const fields = headers.map((field) => Object.entries(field)[0])
    return {
      wire: Buffer.from(wire ?? '', 'hex'),
      flat: fields.flat(),
      objects: fields.map(([name, value]) => ({ name, value })),
    }
  })
}

const stories = (folder) => readdirSync(join(GOLDEN, folder)).map((file) => story(folder, file))

/** One story is one compression context: each is decoded from its beginning. */
const decoders = {
  ours(cases) {
    const decoder = new HpackDecoder(LIMITS)
    for (const { wire } of cases) {
      const flat = []
      if (decoder.decode(wire, flat) !== 'ok') throw new Error('a story that does not decode')
    }
  },
  'hpack.js'(cases) {
    const decoder = foreign.decompressor.create({ table: { maxSize: 4096 } })
    for (const { wire } of cases) {
      decoder.write(wire)
      decoder.execute()
      while (decoder.read() !== null);
    }
  },
}

const encoders = {
  ours(cases) {
    const encoder = new HpackEncoder()
    for (const { flat } of cases) encoder.encode(flat)
  },
  'hpack.js'(cases) {
    const encoder = foreign.compressor.create({ table: { maxSize: 4096 } })
    for (const { objects } of cases) {
      encoder.write(objects)
      while (encoder.read() !== null);
    }
  },
}

/** What a server meets most of the time: the same set again, everything in the table. */
const REQUEST = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'www.example.com'],
  [':path', '/index.html'],
  ['user-agent', 'h2load'],
  ['accept', '*/*'],
  ['accept-encoding', 'gzip, deflate'],
].flat()
const REPEATS = 1000

function repeated() {
  const encoder = new HpackEncoder()
  const blocks = [0, 1, 2].map(() => encoder.encode(REQUEST).slice())
  const objects = Array.from({ length: REQUEST.length / 2 }, (_, i) => ({
    name: REQUEST[i * 2],
    value: REQUEST[i * 2 + 1],
  }))
  const cases = Array.from({ length: REPEATS }, (_, i) => ({
    wire: Buffer.from(blocks[Math.min(i, 2)]),
    flat: REQUEST,
    objects,
  }))
  return [cases]
}

function remembered(cases) {
  const decoder = new HpackDecoder(LIMITS)
  const memo = new BlockMemo()
  for (const { wire } of cases) {
    const before = decoder.generation
    if (memo.find(wire, before) !== undefined) continue
    const flat = []
    decoder.decode(wire, flat)
    memo.keep(wire, before, decoder.generation, flat)
  }
}

const over = (one) => (all) => {
  for (const cases of all) one(cases)
}
const measures = [
  ...['nghttp2', 'go-hpack', 'python-hpack', 'haskell-http2-naive', 'swift-nio-hpack-plain-text'].map(
    (folder) => ({
      what: `decode ${folder}`,
      input: stories(folder),
      contenders: decoders,
    }),
  ),
  { what: 'encode raw-data', input: stories('raw-data'), contenders: encoders },
  { what: 'decode a set that repeats', input: repeated(), contenders: decoders },
  { what: 'encode a set that repeats', input: repeated(), contenders: encoders },
  {
    what: 'know a block that repeats',
    input: repeated(),
    contenders: { ours: remembered },
  },
]

function nsPerBlock(run, input) {
  const blocks = input.reduce((sum, cases) => sum + cases.length, 0)
  let rounds = 0
  const start = process.hrtime.bigint()
  let taken
  do {
    run(input)
    rounds++
    taken = Number(process.hrtime.bigint() - start)
  } while (taken < LEAST_MS * 1e6)
  return taken / rounds / blocks
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

function measureAll() {
  const results = {}
  for (const { what, input, contenders } of measures) {
    const names = Object.keys(contenders)
    const taken = Object.fromEntries(names.map((name) => [name, []]))
    for (let turn = 0; turn < TURNS; turn++) {
      for (const name of names) taken[name].push(nsPerBlock(over(contenders[name]), input))
    }
    results[what] = Object.fromEntries(names.map((name) => [name, median(taken[name])]))
  }
  return results
}

function print(results) {
  const json = JSON.stringify({ bench: 'hpack', node: process.version, ...results })
  if (process.argv.includes('--json')) return console.log(json)
  const line = (cells) => cells.map((cell, at) => (at ? cell.padStart(12) : cell.padEnd(36))).join('')
  console.log(line(['ns per block', 'ours', 'hpack.js', 'ratio']))
  for (const [what, row] of Object.entries(results)) {
    const theirs = row['hpack.js']
    const ratio = theirs === undefined ? [] : [theirs.toFixed(0), `${(theirs / row.ours).toFixed(1)} ×`]
    console.log(line([what, row.ours.toFixed(0), ...ratio]))
  }
  console.log(json)
}

print(measureAll())
