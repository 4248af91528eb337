// Makes a fresh clone ready to run, with nothing but Node and npm on the machine: installs and builds what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './workspace.mjs'

const PNPM = 'pnpm@12'
const LEAST_NODE = [20, 19]

/**
 * Quiet when all is well. What it has to say goes to stderr, so that stdout stays the caller's.
 *
 * @param {{ build?: boolean }} [what] also brings each package's `dist` up to date; a moment if it is already
 * @returns {Promise<void>} ends the process with code 1, and a reason, if it cannot be done
 */
export async function ensure({ build = false } = {}) {
  checkNode()
  if (!isInstalled()) install()
  if (build) compile()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return
  giveUp(`Plexus needs Node ${LEAST_NODE.join('.')} or newer, this is ${process.versions.node}.`)
}

/** pnpm leaves a copy of the lockfile beside what it installed from it, as its last act. */
function isInstalled() {
  const stamp = join(ROOT, 'node_modules', '.pnpm', 'lock.yaml')
  return existsSync(stamp) && readFileSync(stamp).equals(readFileSync(join(ROOT, 'pnpm-lock.yaml')))
}

function install() {
  say('Installing packages (once; needs the network) …')
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
  const { status, error } = spawnSync(npx, ['-y', PNPM, 'install', '--frozen-lockfile'], {
    cwd: ROOT,
    // Both streams to our stderr; nobody is asked anything.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CI: 'true' },
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  giveUp(`The packages could not be installed: npx ${PNPM} ended with ${error?.message ?? `code ${status}`}.`)
}

function compile() {
  if (!existsSync(join(ROOT, 'packages', 'cli', 'dist', 'index.js'))) say('Building …')
  const { ok, output } = run('tsc', ['-b'])
  if (!ok) giveUp(`${output}\nThe build failed.`)
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function giveUp(text) {
  say(text)
  process.exit(1)
}
