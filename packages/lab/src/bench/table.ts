import type { Contender } from './contender.js'
import type { Results } from './results.js'
import { TARGETS } from './targets.js'
import type { Workload } from './workload.js'

/** The figures of all workloads as text, a small table each. */
export function workloadTables(
  results: Results,
  workloads: readonly Workload[],
  contenders: readonly Contender[],
): string {
  return workloads.map((workload) => workloadTable(results, workload, contenders)).join('\n\n')
}

/** The promises, each with its figure beside the target. */
export function targetTable(results: Results): string {
  const rows = TARGETS.map(({ what, target, value, met }) => {
    const figure = value(results)
    return figure === undefined
      ? [what, target, '–', 'not measured']
      : [what, target, short(figure), met(figure) ? 'met' : 'missed']
  })
  return aligned([['Plexus', 'target', 'figure', ''], ...rows])
}

/** Everything as one value, for a program to read. */
export function asJson(
  results: Results,
  workloads: readonly Workload[],
  contenders: readonly Contender[],
): object {
  const medians = workloads.map((workload) => [
    workload.name,
    Object.fromEntries(
      contenders
        .filter(({ name }) => results.has(workload.name, name))
        .map(({ name }) => [
          name,
          {
            ...Object.fromEntries(
              workload.figures.map((figure) => [
                figure.name,
                results.median(workload.name, name, figure.name),
              ]),
            ),
            ...(results.failures(workload.name, name).length > 0 && {
              failures: results.failures(workload.name, name),
            }),
          },
        ]),
    ),
  ])
  const targets = TARGETS.map(({ what, target, value }) => ({ what, target, figure: value(results) ?? null }))
  return { node: process.version, medians: Object.fromEntries(medians), targets }
}

function workloadTable(results: Results, workload: Workload, contenders: readonly Contender[]): string {
  const head = [workload.name, ...workload.figures.map(({ unit }) => unit), 'rounds of the first']
  const rows = contenders
    .filter(({ name }) => results.has(workload.name, name))
    .map(({ name }) => {
      const first = results.rounds(workload.name, name, workload.figures[0]!.name)
      return [
        name,
        ...workload.figures.map((figure) => short(results.median(workload.name, name, figure.name))),
        first.map(short).join(' '),
      ]
    })
  const failures = contenders.flatMap(({ name }) =>
    results.failures(workload.name, name).map((reason) => `  ${name} failed: ${reason}`),
  )
  return [workload.title, aligned([head, ...rows]), ...failures].join('\n')
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const last = widths.length - 1
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : column === last ? cell : cell.padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n')
}

/** Three significant digits, with thousands set apart; all digits of large numbers. */
function short(value: number | undefined): string {
  if (value === undefined) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return Number(value.toPrecision(3)).toString()
}
