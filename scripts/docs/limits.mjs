// docs/limits.md: every limit with its default and its reason, from the contract's table.
import { code, MADE, table } from './markdown.mjs'

export async function limitsPage() {
  const { LIMITS } = await import('../../packages/contract/dist/index.js')
  const rows = Object.entries(LIMITS).map(([name, { value, unit, row, why }]) => [
    code(name),
    amount(value, unit),
    why,
    row,
  ])
  return `${MADE}# Limits

All in force from the first byte. Change any of them where a session is made: \`connect(url, { limits: { maxInboundStreams: 1000 } })\`.
A name that is not in this table is refused. *Row* is the test row that proves the limit; see [testing](testing.md).

${table(['limit', 'default', 'what it bounds', 'row'], rows)}
`
}

/** The largest unit that leaves a whole number. */
function amount(value, unit) {
  const scales = {
    bytes: [
      [1024 * 1024, 'MiB'],
      [1024, 'KiB'],
    ],
    ms: [
      [60_000, 'min'],
      [1000, 's'],
    ],
  }
  for (const [size, name] of scales[unit] ?? [])
    if (value > 0 && value % size === 0) return `${value / size} ${name}`
  return `${value.toLocaleString('en')} ${unit}`
}
