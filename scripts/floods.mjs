// Attacks a server of HTTP/2 in every way of the security catalogue, and prints what came of it: npm run floods [-- --help]
import { ensure } from './ensure.mjs'

await ensure({ build: true })
const { floods } = await import('../packages/lab/dist/index.js')
process.exitCode = (await floods(process.argv.slice(2))) ? 0 : 1
