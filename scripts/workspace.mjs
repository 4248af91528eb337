// The workspace as the scripts see it: where it is, which files and packages it has. Needs nothing installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds the workspace's package.json. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** @param {string} path from the root */
export const read = (path) => readFileSync(join(ROOT, path), 'utf8')

/** Every file that git has or would take, as paths from the root. */
export function files() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  // What is deleted and not yet committed is still listed; a link is not a file.
  const isFile = (path) => path !== '' && lstatSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile()
  return [...new Set(listed.split('\0').filter(isFile))].sort()
}

/**
 * @typedef {{ folder: string, name: string, layer: number, manifest: any }} Package
 * @returns {Package[]} in the order of their layers
 */
export function packages() {
  return readdirSync(join(ROOT, 'packages'))
    .filter((folder) => existsSync(join(ROOT, 'packages', folder, 'package.json')))
    .map((folder) => {
      const manifest = JSON.parse(read(`packages/${folder}/package.json`))
      return { folder, name: manifest.name, layer: manifest.plexus?.layer, manifest }
    })
    .sort((a, b) => a.layer - b.layer || a.name.localeCompare(b.name))
}

/** Runs a tool of this workspace to its end. @returns {{ ok: boolean, output: string }} */
export function run(tool, args, options = {}) {
  const program = tool === 'node' ? process.execPath : join(ROOT, 'node_modules', '.bin', tool)
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
  const output = `${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : error.message}`
  return { ok: status === 0, output: output.trim() }
}

/** True if the module with this `import.meta.url` is the program that was started. */
export const isMain = (url) => process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1]
