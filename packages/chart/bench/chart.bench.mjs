// What does a chart cost under XState's interpreter, and what compiled? After a build:
//   node packages/chart/bench/chart.bench.mjs
// Both are measured in turns in one process, memory in a process of its own for each; the median of the turns counts.
// "bare" is an actor of a logic that does nothing: the part of the cost that no chart can save.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createActor, setup } from 'xstate'
import { compile, createChild } from '../dist/index.js'

const TURNS = 7
const EVENTS = 200_000
const LIVES = 20_000
const KEPT = 10_000

class Parts {
  calls = 0
  touch() {
    this.calls++
  }
}

const touch = ({ context }) => context.parts.touch()

/** A stream as the engine has it: two halves side by side, gates opened and shut on entry, nothing assigned. */
const stream = setup({
  actions: {
    openGate: touch,
    shutGate: touch,
    wakeReader: touch,
    wakeWriter: touch,
    request: touch,
    complain: touch,
  },
  guards: { hasRoom: ({ context }) => context.parts.calls >= 0 },
}).createMachine({
  id: 'stream',
  context: ({ input }) => ({ parts: input }),
  initial: 'live',
  on: { reset: '.reset', '*': { actions: 'complain' } },
  states: {
    live: {
      type: 'parallel',
      onDone: 'closed',
      states: {
        receiving: {
          initial: 'awaitingReply',
          states: {
            awaitingReply: { tags: 'waiting', on: { recvReply: 'flowing' } },
            flowing: {
              entry: 'openGate',
              on: { recvData: { actions: 'wakeReader' }, pause: 'paused', recvEnd: 'ended' },
            },
            paused: {
              entry: 'shutGate',
              on: { resume: { target: 'flowing', guard: 'hasRoom' }, recvEnd: 'ended' },
            },
            ended: { type: 'final', entry: 'wakeReader' },
          },
        },
        sending: {
          initial: 'opening',
          states: {
            opening: { on: { sendOpen: 'ready' } },
            ready: {
              entry: 'request',
              on: { windowEmpty: 'blocked', stall: 'blocked.onCarrier', sendEnd: 'ended' },
            },
            blocked: {
              tags: 'waiting',
              initial: 'onStreamWindow',
              on: { windowUpdate: { target: 'ready', actions: 'wakeWriter' } },
              states: {
                onStreamWindow: {},
                onSessionWindow: {},
                onCarrier: { on: { drain: '#stream.live.sending.ready' } },
              },
            },
            ended: { type: 'final' },
          },
        },
      },
    },
    closed: { type: 'final' },
    reset: { type: 'final', entry: ['wakeReader', 'wakeWriter'] },
  },
})

const opening = [{ type: 'recvReply' }, { type: 'sendOpen' }]
const traffic = [
  'recvData',
  'windowEmpty',
  'pause',
  'windowUpdate',
  'resume',
  'stall',
  'drain',
  'unheard',
].map((type) => ({ type }))
const life = [...opening, { type: 'recvData' }, { type: 'recvEnd' }, { type: 'sendEnd' }]

const idle = { status: 'active', output: undefined, error: undefined }
const ended = { ...idle, status: 'done' }
const last = new Set(['sendEnd', 'reset'])
const bare = {
  transition: (_, { type }) => (last.has(type) ? ended : idle),
  getInitialSnapshot: () => idle,
  getPersistedSnapshot: () => idle,
}

const logics = { interpreted: stream, compiled: compile(stream), bare }

const measures = {
  'ns per event': (logic) => {
    const actor = child(logic)
    for (const event of opening) actor.send(event)
    return perItem(EVENTS, (at) => actor.send(traffic[at % traffic.length]))
  },
  'ns to create, start and end': (logic) => perItem(LIVES, () => child(logic).send({ type: 'reset' })),
  'ns for a whole life of five events': (logic) =>
    perItem(LIVES, () => {
      const actor = child(logic)
      for (const event of life) actor.send(event)
    }),
}

const parent = createActor(bare).start()
const child = (logic) => createChild(logic, { parent, input: new Parts() })

function perItem(count, work) {
  const start = process.hrtime.bigint()
  for (let at = 0; at < count; at++) work(at)
  return Number(process.hrtime.bigint() - start) / count
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

/** Heap kept by one started actor; needs --expose-gc. */
function bytesPerActor(logic) {
  const kept = Array.from({ length: KEPT }, () => null)
  child(logic)
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < KEPT; at++) kept[at] = child(logic)
  globalThis.gc()
  return (process.memoryUsage().heapUsed - before) / kept.length
}

function measureAll() {
  const results = {}
  for (const [what, measure] of Object.entries(measures)) {
    const turns = Object.fromEntries(Object.keys(logics).map((name) => [name, []]))
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [name, logic] of Object.entries(logics)) turns[name].push(measure(logic))
    }
    results[what] = Object.fromEntries(Object.entries(turns).map(([name, taken]) => [name, median(taken)]))
  }
  const self = fileURLToPath(import.meta.url)
  results['bytes per actor'] = Object.fromEntries(
    Object.keys(logics).map((name) => [
      name,
      Number(execFileSync(process.execPath, ['--expose-gc', self, '--bytes', name], { encoding: 'utf8' })),
    ]),
  )
  return results
}

function print(results) {
  const columns = ['interpreted', 'compiled', 'bare']
  const line = (cells) => cells.map((cell, at) => (at ? cell.padStart(12) : cell.padEnd(40))).join('')
  console.log(line(['', ...columns, 'ratio']))
  for (const [what, row] of Object.entries(results)) {
    const ratio = (row.interpreted / row.compiled).toFixed(1)
    console.log(line([what, ...columns.map((name) => row[name].toFixed(0)), `${ratio} ×`]))
  }
  console.log(JSON.stringify({ bench: 'chart', node: process.version, ...results }))
}

if (process.argv[2] === '--bytes') console.log(bytesPerActor(logics[process.argv[3]]))
else print(measureAll())
