// Measures Plexus against its neighbours: npm run bench [-- --help]
import { ensure } from './ensure.mjs'

await ensure({ build: true })
const { bench } = await import('../packages/lab/dist/index.js')
await bench(process.argv.slice(2))
