// Everything that can be judged without running the product: npm run lint
import { ensure } from './ensure.mjs'
import { isMain, run } from './workspace.mjs'

/** @typedef {{ name: string, find: () => Promise<string[]> | string[] }} Check what it finds is what is wrong */

/** Imported when they run: until then the tools they use may not be installed, nor the packages built. */
const finder = (module, name) => async () => (await import(module))[name]()

const tool = (program, args) => () => {
  const { ok, output } = run(program, args)
  return ok ? [] : [output]
}

/** @type {readonly Check[]} */
export const CHECKS = [
  { name: 'everything builds, and the types hold', find: tool('tsc', ['-b']) },
  { name: 'the style is one', find: tool('biome', ['check', '--error-on-warnings']) },
  { name: 'nothing lies about unused', find: tool('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'the layers hold', find: finder('./check-layers.mjs', 'checkLayers') },
  { name: 'the house rules are kept', find: finder('./check-house.mjs', 'checkHouse') },
  { name: 'made pages say what the code says', find: finder('./generate-docs.mjs', 'check') },
  { name: 'every link leads somewhere', find: finder('./check-links.mjs', 'checkLinks') },
]

/**
 * Runs checks one after the other and tells of each as it ends.
 *
 * @param {readonly Check[]} checks
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(checks) {
  let failed = 0
  for (const { name, find } of checks) {
    const since = performance.now()
    const problems = await found(find)
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    if (problems.length > 0) failed += 1
    process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${name} (${seconds} s)\n`)
    for (const problem of problems) process.stdout.write(`${problem.replace(/^/gm, '    ')}\n`)
  }
  return { passed: checks.length - failed, failed }
}

async function found(find) {
  try {
    return await find()
  } catch (error) {
    return [String(error?.stack ?? error)]
  }
}

if (isMain(import.meta.url)) {
  await ensure()
  const { failed } = await runChecks(CHECKS)
  process.exitCode = failed === 0 ? 0 : 1
}
