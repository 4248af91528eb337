// `npm start`: a real tree travels over one SPDY connection, in hundreds of streams at once, and every file is checked
// against the one on the disk. Two child processes do it, by the commands that it prints.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensure } from './ensure.mjs'
import { ROOT } from './workspace.mjs'

const COMMAND = join(ROOT, 'packages', 'cli', 'bin', 'plexus.mjs')
/** What is served: the packages that this repository installed. */
const TREE = join(ROOT, 'node_modules', '.pnpm')
const ENOUGH_FILES = 5_000
const ENOUGH_BYTES = 50_000_000
const MAX_BYTES = 200_000_000
const MAX_STREAMS = 400
const CONCURRENCY = 300
const LEAST_FILES = 2_000
const LEAST_PEAK = 200
const TIMEOUT_MS = 300_000

await ensure({ build: true })
// The children hear them too: we live until they have ended, and clean up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
const output = mkdtempSync(join(tmpdir(), 'plexus-start-'))
try {
  await start(choosePackages())
} catch (error) {
  process.exitCode = 1
  say(`\nnpm start failed: ${error.message}`)
} finally {
  rmSync(output, { recursive: true, force: true })
}

async function start(wanted) {
  expect(
    wanted.files >= LEAST_FILES,
    `at least ${LEAST_FILES} files in ${wanted.names.length} packages`,
    wanted.files,
  )
  say(
    `Fetching ${number(wanted.files)} files of ${wanted.names.length} installed packages over one connection …\n`,
  )
  const server = run(
    'serve',
    TREE,
    '--listen',
    'spdy+tcp://127.0.0.1:0',
    '--max-streams',
    MAX_STREAMS,
    '--json',
  )
  const { url } = await server.first
  const paths = wanted.names.map((name) => `/${encodeURIComponent(name)}`)
  const options = ['--tree', '--sha256', '--concurrency', CONCURRENCY, '--json', '-o', output]
  say(`  $ plexus serve node_modules/.pnpm --listen ${url} --max-streams ${MAX_STREAMS}`)
  say(`  $ plexus get ${url} ${paths[0]} … --tree --sha256 --concurrency ${CONCURRENCY} -o …\n`)
  const files = await run('get', url, ...paths, ...options).done.finally(() => server.child.kill('SIGTERM'))
  const summary = files.pop()
  const session = (await server.done).at(-1)
  const verified = files.filter(isSame).length
  report(summary, session, verified)
  expect(files.length === wanted.files, `${wanted.files} files`, files.length)
  expect(verified === wanted.files, `${wanted.files} files like those on the disk`, verified)
  expect(summary.peakStreams >= LEAST_PEAK, `at least ${LEAST_PEAK} streams at once`, summary.peakStreams)
  goOn()
}

/** The packages with the most files, until there are enough, of bytes too: the same wherever the lockfile is. */
function choosePackages() {
  const all = readdirSync(TREE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, ...measure(join(TREE, name)) }))
    .sort((a, b) => b.files - a.files || (a.name < b.name ? -1 : 1))
  const chosen = { names: [], files: 0, bytes: 0 }
  for (const { name, files, bytes } of all) {
    if (chosen.files >= ENOUGH_FILES && chosen.bytes >= ENOUGH_BYTES) break
    if (files === 0 || chosen.bytes + bytes > MAX_BYTES) continue
    chosen.names.push(name)
    chosen.files += files
    chosen.bytes += bytes
  }
  return chosen
}

/** Regular files below a directory; links are not followed. */
function measure(dir) {
  let files = 0
  let bytes = 0
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    files += 1
    bytes += statSync(join(entry.parentPath, entry.name)).size
  }
  return { files, bytes }
}

/** What came, what the server says it sent, and what is on the disk are the same. */
function isSame({ path, sha256 }) {
  const name = decodeURIComponent(path)
  return hashOf(join(output, name)) === sha256 && hashOf(join(TREE, name)) === sha256
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Runs `plexus`. `first` is its first line of JSON, `done` all of them, if it ends well. */
function run(...args) {
  const child = spawn(process.execPath, [COMMAND, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  const lines = []
  let complaint = ''
  child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-2_000)))
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(lines)
      else reject(new Error(`plexus ${args[0]} ended with ${signal ?? `code ${code}`}\n${complaint}`))
    })
  })
  const first = new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(JSON.parse(line))
      resolve(lines[0])
    })
    ended.then(() => reject(new Error(`plexus ${args[0]} said nothing`)), reject)
  })
  first.catch(() => {})
  ended.catch(() => {})
  return { child, first, done: ended }
}

function report(summary, session, verified) {
  const { files, bytes, seconds, peakStreams } = summary
  const rows = [
    ['files', number(files)],
    ['bytes', number(bytes)],
    ['seconds', seconds],
    ['streams/s', number(Math.round(summary.streams / seconds))],
    ['peak', `${peakStreams} streams at once`],
    [
      'verified',
      `${number(verified)} files: SHA-256 as the server sent it, as it was written, as it is on the disk`,
    ],
    ['blocked', 'how often a stream had bytes to send and had to wait, and for what'],
    ['  server', blocked(session)],
    ['  client', blocked(summary)],
  ]
  for (const [name, value] of rows) say(`  ${name.padEnd(11)}${value}`)
}

function blocked({ blocked: { streamWindow, sessionWindow, carrier }, sessionWindowEmpty }) {
  return (
    `${number(streamWindow)} × its own window, ${number(sessionWindow)} × the session's window ` +
    `(empty ${number(sessionWindowEmpty)} ×), ${number(carrier)} × the carrier`
  )
}

function goOn() {
  say(`
Go on with (plexus is node_modules/.bin/plexus):
  plexus echo --listen spdy+tcp://127.0.0.1:9310        answers the echo contract
  plexus probe spdy+tcp://127.0.0.1:9310 --streams 2000 --bytes 20000 --json
                                                        and this checks every byte of it
  plexus charts                                         the state charts that did all this
  docs/README.md                                        the tour, ten minutes
  npm test, npm run bench                               proof, and figures`)
}

function expect(holds, wanted, got) {
  if (!holds) throw new Error(`expected ${wanted}, got ${got}`)
}

function number(value) {
  return value.toLocaleString('en-US')
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
