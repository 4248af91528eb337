import { parseArgs } from 'node:util'
import type { Attack } from './attack.js'
import type { Seen } from './attacker.js'
import type { AttackerQuestion } from './attacker-process.js'
import { broken } from './bounds.js'
import { ATTACKS } from './cases/attacks.js'
import type { InnocentQuestion } from './innocent-process.js'
import { type Answerer, startAnswerer } from './questions.js'
import type { Told } from './target.js'
import type { TargetQuestion } from './target-process.js'

const USAGE = `npm run floods [-- --only ROWS]

  --only  rows of the security catalogue, comma-separated: H01,H08

Each attack on HTTP/2 in a process of its own against a server in one of its own, while an innocent client makes requests on
another connection. Prints a table; fails where a bound of the catalogue is broken.`

const MIB = 1024 * 1024
/** Default for what a session may hold on to, MiB: room for what was compiled meanwhile, too. */
const HEAP_MIB = 2
/** An attack goes on, connection after connection, until the innocent had so long beside it. */
const BESIDE_MS = 1000
/** An attack that is not over by then has reached what it can reach, ms. */
const STANDS_MS = 500
/** Beside any attack the slowest of a hundred answers comes within this, ms: far from how long it takes, near to how long one waits. */
const MOST_P99_MS = 500

interface Outcome {
  readonly attack: Attack
  readonly seen: Seen
  readonly told: Told
  readonly heapMiB: number
  readonly p99: number
  readonly faults: readonly string[]
}

interface Lab {
  readonly target: Answerer<TargetQuestion>
  readonly attacker: Answerer<AttackerQuestion>
  readonly innocent: Answerer<InnocentQuestion>
  readonly port: number
}

/** @returns whether all bounds held */
export async function floods(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) {
    console.log(USAGE)
    return true
  }
  const rows = values.only?.split(',')
  const chosen = ATTACKS.map((attack, index) => ({ attack, index })).filter(
    ({ attack }) => rows === undefined || rows.some((row) => attack.name.startsWith(row)),
  )
  const target = startAnswerer<TargetQuestion>('target-process', ['--expose-gc'])
  const attacker = startAnswerer<AttackerQuestion>('attacker-process')
  const innocent = startAnswerer<InnocentQuestion>('innocent-process')
  try {
    const port = await target.ask<number>({ what: 'port' })
    const lab = { target, attacker, innocent, port }
    await innocent.ask({ what: 'begin', port })
    // What is compiled the first time belongs to nobody's account.
    for (const { index } of chosen.slice(0, 1)) await once(lab, index)
    await pause(BESIDE_MS)
    const calm = p99(await innocent.ask<number[]>({ what: 'count' }))
    const outcomes: Outcome[] = []
    for (const { attack, index } of chosen) {
      process.stderr.write(`${attack.name}\n`)
      outcomes.push(await tried(lab, attack, index))
    }
    console.log(table(outcomes, calm))
    for (const { attack, faults } of outcomes)
      for (const fault of faults) console.error(`${attack.name}: ${fault}`)
    return outcomes.every(({ faults }) => faults.length === 0)
  } finally {
    await Promise.all([target.stop(), attacker.stop(), innocent.stop()])
  }
}

async function tried(lab: Lab, attack: Attack, index: number): Promise<Outcome> {
  await lab.innocent.ask({ what: 'count' })
  const since = performance.now()
  const { seen, told, heapMiB } = await once(lab, index)
  const took = await lab.innocent.ask<number[]>({ what: 'count' })
  while (performance.now() - since < BESIDE_MS) {
    await once(lab, index)
    took.push(...(await lab.innocent.ask<number[]>({ what: 'count' })))
  }
  const faults = broken(attack, seen, told)
  const most = attack.bound.heapMiB ?? HEAP_MIB
  if (heapMiB > most) faults.push(`expected at most ${most} MiB held, got ${heapMiB.toFixed(1)}`)
  const slowest = p99(took)
  if (slowest > MOST_P99_MS) faults.push(`expected p99 of ${MOST_P99_MS} ms, got ${slowest.toFixed(0)}`)
  return { attack, seen, told, heapMiB, p99: slowest, faults }
}

/** One connection of the attacker's: what it saw, what the server tells, and what that held while the connection was there. */
async function once({ target, attacker, port }: Lab, index: number) {
  const before = await target.ask<number>({ what: 'heap' })
  const attack = attacker.ask<{ seen: Seen; port: number }>({ what: 'attack', index, port })
  // While it stands, if it stands that long, and behind it.
  const isStanding = await Promise.race([attack.then(() => false), pause(STANDS_MS).then(() => true)])
  const during = isStanding ? await target.ask<number>({ what: 'heap' }) : before
  const assault = await attack
  const after = await target.ask<number>({ what: 'heap' })
  const heapMiB = (Math.max(during, after) - before) / MIB
  const isOver = assault.seen.closed || assault.seen.goAway !== undefined
  const told = await target.ask<Told>({ what: 'judge', port: assault.port, isOver })
  await attacker.ask({ what: 'leave' })
  return { seen: assault.seen, told, heapMiB }
}

function table(outcomes: readonly Outcome[], calm: number): string {
  const head = [
    'attack',
    'frames until reaction',
    'code',
    'bucket',
    'resets',
    'ms',
    'handlers',
    'heap held, MiB',
    'innocent p99, ms',
    '',
  ]
  const rows = outcomes.map(({ attack, seen, told, heapMiB, p99, faults }) => [
    attack.name,
    told.ended ? String(told.frames) : `none in ${told.frames}`,
    told.code ?? '–',
    told.event ?? '–',
    Object.entries(seen.resets)
      .map(([code, count]) => `${count} ${code}`)
      .join(', ') || '–',
    told.ms.toFixed(0),
    String(told.handlers),
    heapMiB.toFixed(1),
    p99.toFixed(1),
    faults.length === 0 ? 'held' : 'BROKEN',
  ])
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `Innocent p99 without an attack: ${calm.toFixed(1)} ms`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
  ].join('\n')
}

function p99(took: readonly number[]): number {
  if (took.length === 0) return Number.POSITIVE_INFINITY
  return [...took].sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
