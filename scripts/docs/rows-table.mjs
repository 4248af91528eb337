// The table of docs/testing.md: which rows are claimed, and by which test files.
import { beginsWithId, idsIn, ROWS } from '../rows.mjs'
import { testNames } from '../test-names.mjs'
import { table } from './markdown.mjs'

export function rowsTable() {
  const carriers = carriersOfRows()
  const missing = Object.keys(ROWS).filter((id) => !carriers.has(id))
  const count = Object.keys(ROWS).length
  const rows = Object.entries(ROWS).map(([id, title]) => [id, title, carriersOf(id)])
  const verdict =
    missing.length === 0
      ? `All ${count} rows are carried.`
      : `Of ${count} rows, no test carries ${missing.join(', ')}.`
  return `${verdict}\n\n${table(['row', 'claim', 'carried by'], rows)}\n`

  function carriersOf(id) {
    const paths = [...(carriers.get(id) ?? [])].sort()
    return paths.map((path) => `[${short(path)}](../${path})`).join(', ') || '**nobody**'
  }
}

/** Rows that no test carries. */
export function missingRows() {
  const carriers = carriersOfRows()
  return Object.keys(ROWS).filter((id) => !carriers.has(id))
}

function carriersOfRows() {
  const carriers = new Map()
  for (const { path, name } of testNames()) {
    if (!beginsWithId(name)) continue
    for (const id of idsIn(name)) carriers.set(id, (carriers.get(id) ?? new Set()).add(path))
  }
  return carriers
}

/** `packages/engine/src/session/close.test.ts` → `engine/session/close` */
const short = (path) =>
  path
    .replace(/^packages\//, '')
    .replace('/src/', '/')
    .replace(/(\.test)?\.ts$/, '')
