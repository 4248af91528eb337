// Measures Plexus against its neighbours: npm run bench [-- --help]
import { existsSync } from 'node:fs'

const ensurer = new URL('./ensure.mjs', import.meta.url)
if (existsSync(ensurer)) {
  const { ensure } = await import(ensurer)
  await ensure({ build: true })
}
const { bench } = await import('../packages/lab/dist/index.js')
await bench(process.argv.slice(2))
