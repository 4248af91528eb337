// Runs the public conformance suites of HTTP/2, h2spec for servers and h2specd for clients, against ours:
// npm run h2spec [-- --only server|client]
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createProbe } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensure } from './ensure.mjs'

const HELP = `npm run h2spec [-- --only server|client]

  Needs h2spec and h2specd on the PATH. Exit code: 0 if every case passed, 1 if one failed, 3 if a program is missing.
`
const TIMEOUT_MS = 300_000
/** What h2spec waits for an answer, seconds. */
const PATIENCE = '2'
/** And h2specd, which gives up altogether when a client has not started by then. */
const CLIENT_PATIENCE = '4'
/** h2specd takes a port for each of its cases, counting from one that it is told. */
const CASES = 64
/** Of what a program prints, kept: the failures are last. */
const MAX_WORDS = 200_000
const LINGER_MS = 100
const SELF = fileURLToPath(import.meta.url)

const { values } = parseArgs({
  options: { only: { type: 'string' }, get: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (values.get !== undefined) await get(values.get)
else if (values.help || !['server', 'client', undefined].includes(values.only)) {
  process.stdout.write(HELP)
  process.exitCode = values.help ? 0 : 2
} else await main()

async function main() {
  const wanted = [
    ...(values.only === 'client' ? [] : ['h2spec']),
    ...(values.only === 'server' ? [] : ['h2specd']),
  ]
  const missing = wanted.filter((name) => !isThere(name))
  for (const name of missing) say(`${name} is not on the PATH: its cases were not run`)
  await ensure({ build: true })
  const folder = mkdtempSync(join(tmpdir(), 'plexus-h2spec-'))
  const reports = []
  try {
    if (wanted.includes('h2spec') && !missing.includes('h2spec')) reports.push(...(await testServers(folder)))
    if (wanted.includes('h2specd') && !missing.includes('h2specd')) reports.push(await testClient(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const width = Math.max(0, ...reports.map(({ name }) => name.length))
  for (const { name, passed, total, failures } of reports) {
    say(`${name.padEnd(width)}  ${passed} of ${total}`)
    for (const failure of failures) say(`  × ${failure}`)
  }
  const isWhole = reports.every(({ passed, total }) => total > 0 && passed === total)
  process.exitCode = isWhole ? (missing.length === 0 ? 0 : 3) : 1
}

/** Asked for its help it answers at once; what it says does not matter. */
function isThere(name) {
  try {
    execFileSync(name, ['--help'], { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch (error) {
    return error.code !== 'ENOENT'
  }
}

/** `createServer` behind both doors, in both modes. */
async function testServers(folder) {
  const { createServer } = await import('../packages/http/dist/node.js')
  const server = createServer(answer)
  const reports = []
  try {
    const plain = await server.listen('h2+tcp://127.0.0.1:0')
    const secure = await server.listen('https://127.0.0.1:0', await makeCertificate())
    for (const [door, port, options] of [
      ['h2c', plain.port, []],
      ['TLS', secure.port, ['--tls', '--insecure']],
    ]) {
      reports.push(await runServerSuite(`server, ${door}`, folder, port, options))
      reports.push(await runServerSuite(`server, ${door}, strict`, folder, port, [...options, '--strict']))
    }
  } finally {
    await server.close({ timeoutMs: 0 })
  }
  return reports
}

/** A request is looked at to its end before it is answered: whether it is malformed shows there only. */
async function answer(request, response) {
  for await (const _ of request);
  response.end('an answer of more than a few octets\n')
}

async function makeCertificate() {
  const { certificateFor } = await import('../packages/cli/dist/http/certificate.js')
  return certificateFor('127.0.0.1')
}

function runServerSuite(name, folder, port, options) {
  const report = join(folder, 'report.xml')
  const args = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--timeout',
    PATIENCE,
    '--junit-report',
    report,
  ]
  return runSuite(name, 'h2spec', [...args, ...options], report)
}

/** Each case is an URL of its own, which our client is started for. */
async function testClient(folder) {
  const report = join(folder, 'report.xml')
  const client = join(folder, 'client')
  writeFileSync(client, `#!/bin/sh\nexec '${process.execPath}' '${SELF}' --get "$1"\n`, { mode: 0o700 })
  const first = await freePorts()
  const args = ['--host', '127.0.0.1', '--port', String(first), '--from-port', String(first + 1)]
  return runSuite(
    'client, h2c',
    'h2specd',
    [...args, '--timeout', CLIENT_PATIENCE, '--exec', client, '--junit-report', report],
    report,
  )
}

/** Asks for the URL by our pool, looks at the answer to its end, and goes. What came of it, h2specd sees on the wire. */
async function get(url) {
  const { createPool } = await import('../packages/http/dist/node.js')
  const pool = createPool({ tls: { rejectUnauthorized: false }, timeoutMs: 3_000 })
  await pool.do({ url }).catch((error) => process.stderr.write(`${error.message}\n`))
  // What h2specd asks behind its answer wants to be answered too.
  await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
  await pool.close({ timeoutMs: LINGER_MS })
}

/** A program that runs its cases and writes them down. */
async function runSuite(name, program, args, report) {
  rmSync(report, { force: true })
  const words = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => (text = (text + part).slice(-MAX_WORDS)))
    child.on('error', reject)
    child.on('close', () => resolve(text))
  })
  const sum = /(\d+) tests, (\d+) passed/.exec(words)
  if (sum === null)
    return { name, passed: 0, total: 0, failures: [`${program} gave no sum: ${words.slice(-300)}`] }
  const [, total, passed] = sum.map(Number)
  return { name, total, passed, failures: failuresOf(words) }
}

/** The cases below the heading, each with its section, as they were printed. */
function failuresOf(words) {
  const failures = []
  let section = ''
  for (const line of words.slice(words.lastIndexOf('Failures:')).split('\n')) {
    section = /^\s+(\d+(?:\.\d+)*)\. /.exec(line)?.[1] ?? section
    const failed = /^\s+× (.*)$/.exec(line)
    if (failed !== null) failures.push(`${section}/${failed[1]}`)
  }
  return failures
}

/** The first of as many ports in a row that nobody has, below those that the system gives away. */
async function freePorts() {
  for (let first = 20_000; first < 30_000; first += CASES) {
    const ports = Array.from({ length: CASES }, (_, i) => first + i)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
  throw new Error(`expected ${CASES} free ports in a row`)
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createProbe()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
