import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { CONTENDERS } from './contenders/index.js'
import { measure } from './measure.js'
import { Results } from './results.js'
import { asJson, targetTable, workloadTables } from './table.js'
import { WORKLOADS } from './workloads/index.js'

const USAGE = `npm run bench [-- --only NAMES --rounds N --quick --json]

  --only    contenders or workloads, comma-separated
  --rounds  how often to go round all contenders (3; with --quick 1)
  --quick   short and rough: does it run at all?
  --json    print one line of JSON in place of the tables

contenders: ${CONTENDERS.map(({ name }) => name).join(' ')}
workloads:  ${WORKLOADS.map(({ name }) => name).join(' ')}`

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
  const { contenders, workloads } = choose(values.only)
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

  if (values.json) return console.log(JSON.stringify(asJson(results, workloads, contenders)))
  const [cpu] = cpus()
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'unknown CPU'}; medians of ${rounds} rounds`,
  )
  for (const { name, setup } of contenders) console.log(`  ${name.padEnd(15)}${setup}`)
  console.log(`\n${workloadTables(results, workloads, contenders)}\n\n${targetTable(results)}`)
}

/** Names of contenders narrow the field, names of workloads the programme. */
function choose(only: string | undefined) {
  const names = only?.split(',') ?? []
  const known = [...CONTENDERS, ...WORKLOADS].map(({ name }) => name)
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) throw new Error(`neither contender nor workload: '${stranger}'\n\n${USAGE}`)
  const among = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] => {
    const chosen = all.filter(({ name }) => names.includes(name))
    return chosen.length > 0 ? chosen : all
  }
  return { contenders: among(CONTENDERS), workloads: among(WORKLOADS) }
}
