// The pages and tables that are made from the code. `generate` writes them, `check` says which are stale.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chartPages } from './docs/charts.mjs'
import { cliPage } from './docs/cli.mjs'
import { errorsPage } from './docs/errors.mjs'
import { limitsPage } from './docs/limits.mjs'
import { messagesPage } from './docs/messages.mjs'
import { rowsTable } from './docs/rows-table.mjs'
import { ROOT } from './workspace.mjs'

/** Folders in which every file is made here: what is not made any more is taken away. */
const WHOLE_FOLDERS = ['docs/charts']

/** Made anew, from the built packages. @returns {Promise<Map<string, string>>} path from the root → text */
async function make() {
  return new Map([
    ...(await chartPages()),
    ['docs/messages.md', messagesPage()],
    ['docs/limits.md', await limitsPage()],
    ['docs/errors.md', await errorsPage()],
    ['docs/cli.md', cliPage()],
    ['docs/testing.md', withRegion('docs/testing.md', 'rows', rowsTable())],
  ])
}

/** Writes what is stale. @returns {Promise<string[]>} the paths written */
export async function generate() {
  const pages = await make()
  const changed = stale(pages)
  for (const path of changed) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), pages.get(path))
  }
  for (const path of leftOver(pages)) rmSync(join(ROOT, path))
  return changed
}

/** @returns {Promise<string[]>} one line for each page that is not what the code says */
export async function check() {
  const pages = await make()
  const lines = stale(pages).map((path) => `${path}: is not what the code says; run: npm run docs`)
  return [...lines, ...leftOver(pages).map((path) => `${path}: nothing makes it any more; run: npm run docs`)]
}

function stale(pages) {
  return [...pages].filter(([path, text]) => current(path) !== text).map(([path]) => path)
}

function leftOver(pages) {
  return WHOLE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => !pages.has(path))
}

const current = (path) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '')

/** A page written by hand, with what stands between its two marks made anew. */
function withRegion(path, name, text) {
  const [open, close] = [`<!-- made: ${name} -->\n`, `<!-- end: ${name} -->`]
  const page = current(path)
  const [from, to] = [page.indexOf(open), page.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`${path}: expected the marks '${open.trim()}' and '${close}'`)
  return `${page.slice(0, from + open.length)}\n${text}\n${page.slice(to)}`
}
