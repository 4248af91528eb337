// The whole proof: npm test. With arguments only Jest, with these arguments: npm test -- engine -t DM-3
//
// The last line is always `N passed, N failed`, with `, N skipped` behind it where something was.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensure } from './ensure.mjs'
import { CHECKS, runChecks } from './lint.mjs'
import { ROOT } from './workspace.mjs'

const JEST_TIMEOUT_MS = 15 * 60_000
/** What still runs so long after the last test was left behind by one. */
const LINGER_MS = 5_000

/** Beside the lint: what needs the product to run. */
const MORE_CHECKS = [
  {
    name: 'every sample in the docs runs',
    find: async () => (await import('./check-samples.mjs')).checkSamples(),
  },
  { name: 'every row has its test', find: uncarried },
]

/** In no distribution, so CI cannot install them. A skip for want of one of them, and for nothing else, is told and excused. */
const IN_NO_DISTRIBUTION = ['h2spec', 'h2specd']

const args = process.argv.slice(2)
await ensure()
const checked = args.length === 0 ? await runChecks([...CHECKS, ...MORE_CHECKS]) : { passed: 0, failed: 0 }
const tested = await runJest(args)
const sum = {
  passed: checked.passed + tested.passed,
  failed: checked.failed + tested.failed,
  skipped: tested.skipped.length,
}

// Where everything is installed that a test can ask for, a skip is a hole.
if (process.env.CI !== undefined && args.length === 0) {
  const holes = tested.skipped.filter((name) => !isExcused(name))
  for (const name of tested.skipped) {
    process.stdout.write(`${holes.includes(name) ? '✗' : '-'} skipped in CI: ${name}\n`)
  }
  sum.failed += holes.length
  sum.skipped = 0
}
process.exitCode = sum.failed === 0 ? 0 : 1
process.stdout.write(
  `${sum.passed} passed, ${sum.failed} failed${sum.skipped === 0 ? '' : `, ${sum.skipped} skipped`}\n`,
)

/** Jest tells its numbers in a file; what it prints is for people. */
async function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'plexus-test-'))
  const outputFile = join(folder, 'results.json')
  try {
    const ending = await runToEnd(['--ci', '--json', `--outputFile=${outputFile}`, ...args], outputFile)
    if (ending !== 'well') process.stdout.write(`✗ Jest ${ending}\n`)
    if (!existsSync(outputFile)) return { passed: 0, failed: 1, skipped: [] }
    return count(JSON.parse(readFileSync(outputFile, 'utf8')), ending === 'well')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Jest waits for ever for what a test left running; we do not. @returns {Promise<string>} `well`, or how it ended */
function runToEnd(args, outputFile) {
  return new Promise((resolve) => {
    // The JSON on its stdout is in the file too.
    const jest = spawn(join(ROOT, 'node_modules', '.bin', 'jest'), args, {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    let verdict
    const end = (words) => {
      verdict ??= words
      jest.kill('SIGKILL')
    }
    const timeout = setTimeout(
      () => end(`took longer than ${JEST_TIMEOUT_MS / 60_000} minutes`),
      JEST_TIMEOUT_MS,
    )
    const watch = setInterval(() => {
      const isDone = existsSync(outputFile) && Date.now() - statSync(outputFile).mtimeMs > LINGER_MS
      if (isDone) end('did not exit: a test left something running')
    }, 1_000)
    jest.on('error', (error) => end(error.message))
    jest.on('close', (code) => {
      clearTimeout(timeout)
      clearInterval(watch)
      resolve(verdict ?? (code === 0 ? 'well' : `ended with ${code}`))
    })
  })
}

function count(results, ok) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
  const skipped = results.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
  // Jest can fail with no test failed: when there is none, or when one left something running.
  return { passed: results.numPassedTests, failed: failed === 0 && !ok ? 1 : failed, skipped }
}

function isExcused(name) {
  return IN_NO_DISTRIBUTION.some((program) => name.endsWith(`(skipped: ${program} is not on the PATH)`))
}

async function uncarried() {
  const { missingRows } = await import('./docs/rows-table.mjs')
  return missingRows().map((id) => `${id}: no test's name begins with it`)
}
