import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { CONTENDERS } from './contenders/index.js'
import { HPACK, measureHpack } from './hpack.js'
import { measure } from './measure.js'
import { Results } from './results.js'
import { asJson, targetTable, workloadTables } from './table.js'
import type { Workload } from './workload.js'
import { WORKLOADS } from './workloads/index.js'

const USAGE = `npm run bench [-- --only NAMES --rounds N --quick --json]

  --only    contenders or workloads, comma-separated; a workload without its number is all of them: h2load, bulk
  --rounds  how often to go round all contenders (3; with --quick 1)
  --quick   short and rough: does it run at all?
  --json    print one line of JSON in place of the tables

contenders: ${CONTENDERS.map(({ name }) => name).join(' ')}
workloads:  ${[...WORKLOADS.map(({ name }) => name), HPACK].join(' ')}`

/**
 * Measures workload by workload, within it round by round, within that contender by contender: so those who are compared
 * with each other run within seconds, and a machine that is busy for a while is busy for all.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  const { contenders, workloads, isHpack } = choose(values.only)
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3))

  const results = new Results()
  for (const workload of workloads) {
    const field = contenders.filter(
      ({ runs, aside }) => runs.includes(workload.kind) && !(aside && values.quick),
    )
    for (let round = 1; round <= rounds; round++) {
      for (const contender of field) {
        process.stderr.write(`${workload.name}, round ${round} of ${rounds}: ${contender.name}\n`)
        const outcome = await measure(contender, workload, values.quick).catch(
          (error: Error) => error.message,
        )
        results.add(workload.name, contender.name, outcome)
      }
    }
  }

  if (isHpack) {
    process.stderr.write(`${HPACK}\n`)
    await measureHpack(results)
  }

  if (values.json) return console.log(JSON.stringify(asJson(results, workloads, contenders)))
  const [cpu] = cpus()
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown CPU'}; medians of ${rounds} rounds`,
  )
  const ran = contenders.filter(({ runs }) => workloads.some(({ kind }) => runs.includes(kind)))
  for (const { name, setup } of ran) console.log(`  ${name.padEnd(15)}${setup}`)
  console.log(`\n${workloadTables(results, workloads, contenders)}\n\n${targetTable(results)}`)
}

/** Names of contenders narrow the field, names of workloads the programme. */
function choose(only: string | undefined) {
  const names = only?.split(',') ?? []
  const known = [...CONTENDERS.map(({ name }) => name), ...WORKLOADS.flatMap(namesOf), HPACK]
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) throw new Error(`neither contender nor workload: '${stranger}'\n\n${USAGE}`)
  const isNamed = (name: string) => names.includes(name)
  const contenders = CONTENDERS.filter(({ name }) => isNamed(name))
  const workloads = WORKLOADS.filter((workload) => namesOf(workload).some(isNamed))
  const isAll = workloads.length === 0 && !isNamed(HPACK)
  return {
    contenders: contenders.length > 0 ? contenders : CONTENDERS,
    workloads: isAll ? WORKLOADS : workloads,
    isHpack: isNamed(HPACK) || names.length === 0,
  }
}

/** `bulk-down-16`: that, `bulk-down`, and `bulk`. */
function namesOf({ name }: Workload): string[] {
  const parts = name.split('-')
  return parts.map((_, last) => parts.slice(0, last + 1).join('-'))
}
