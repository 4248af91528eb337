// Makes the pages that are made from the code: npm run docs [-- --check]
import { ensure } from './ensure.mjs'

await ensure({ build: true })
const { check, generate } = await import('./generate-docs.mjs')
if (process.argv.includes('--check')) {
  const lines = await check()
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  process.exitCode = lines.length === 0 ? 0 : 1
} else {
  const written = await generate()
  process.stdout.write(written.map((path) => `wrote ${path}\n`).join(''))
}
