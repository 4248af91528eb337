// The rules of the house that no linter knows, each with a word on why. Run it alone: node scripts/check-house.mjs
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beginsWithId, idsIn, isRow } from './rows.mjs'
import { testNames } from './test-names.mjs'
import { files, isMain, packages, ROOT, read } from './workspace.mjs'

const MAX_LINES = 450
const MAX_BYTES = 400_000

/** All that may lie at the top, so that the listing stays a map. */
const TOP = [
  ...['packages', 'docs', 'scripts', '.ci', '.changeset'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE'],
  ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tsconfig.json', 'tsconfig.base.json'],
  ...['jest.config.mjs', 'biome.json', 'knip.json', '.editorconfig', '.gitattributes', '.gitignore'],
]

const SOURCE = /\.(ts|tsx|mts|js|mjs|svelte)$/
const TEST = /\.test(\.[a-z-]+)?\.ts$/
const THIS = 'scripts/check-house.mjs'

const RULES = [
  {
    name: 'every test runs',
    why: 'A test that is switched off proves nothing. A skip hangs on a condition that a user can check, and its title says which.',
    applies: (path) => SOURCE.test(path),
    finds:
      /\b(?:it|test|describe)\.(?:only|todo)\b|\bx(?:it|describe|test)\(|(?<!\? (?:it|test|describe) : )\b(?:it|test|describe)\.skip\b(?!.*\(skipped: )/,
  },
  {
    name: 'nothing is left open',
    why: 'What is not done is an issue, not a comment.',
    applies: (path) => SOURCE.test(path),
    finds: /\b(?:TODO|FIXME|XXX|HACK)\b|\bnot implemented\b/,
  },
  {
    name: 'no path of a machine, no host of a registry',
    why: 'The repository works anywhere. The lockfile names versions and digests; where they come from is the reader’s setting.',
    applies: () => true,
    finds: /(?<![\w.])\/(?:work|farm|root|home)\/[\w.]|registry\.npmjs|proxy\.golang|deb\.debian/,
  },
  {
    name: 'the lockfile fetches by version',
    why: 'An address in the lockfile ties everybody to one registry.',
    applies: (path) => path === 'pnpm-lock.yaml',
    finds: /\btarball:/,
  },
  {
    name: 'time and chance are handed in',
    why: 'The engine and the codecs run the same twice only if clock and chance come from outside.',
    applies: (path) => /^packages\/(chart|contract|engine|codec-[^/]+)\/src\//.test(path) && !TEST.test(path),
    finds: /\b(?:Date\.now|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|process\.)\b/,
  },
]

/** @returns {string[]} one line for each thing that is not as it should be, with the reason */
export function checkHouse() {
  const all = files()
  return [...brokenRules(all), ...oversized(all), ...strangers(all), ...unknownRows(), ...unlikeManifests()]
}

function brokenRules(all) {
  const problems = []
  for (const path of all.filter((path) => path !== THIS && isText(path))) {
    const rules = RULES.filter(({ applies }) => applies(path))
    read(path)
      .split('\n')
      .forEach((line, index) => {
        for (const { name, why, finds } of rules) {
          const [found] = finds.exec(line) ?? []
          if (found !== undefined) problems.push(`${path}:${index + 1}: ${name}; here is '${found}'. ${why}`)
        }
      })
  }
  return problems
}

function oversized(all) {
  const problems = []
  for (const path of all) {
    const { size } = statSync(join(ROOT, path))
    if (size > MAX_BYTES) problems.push(`${path}: ${size} bytes; does it belong in a source repository?`)
    if (!SOURCE.test(path)) continue
    const lines = read(path).split('\n').length - 1
    if (lines > MAX_LINES)
      problems.push(`${path}: ${lines} lines; which two questions does it answer? One file, one.`)
  }
  return problems
}

function strangers(all) {
  const tops = new Set(all.map((path) => path.split('/')[0]))
  return [...tops]
    .filter((top) => !TOP.includes(top))
    .map(
      (top) => `${top}: lies at the top and is not on the list in ${THIS}. The top is a map: keep it short.`,
    )
}

function unknownRows() {
  return testNames()
    .filter(({ name }) => beginsWithId(name))
    .flatMap(({ path, line, name }) =>
      idsIn(name)
        .filter((id) => !isRow(id))
        .map((id) => `${path}:${line}: there is no row ${id}; scripts/rows.mjs knows them all`),
    )
}

/** What every package.json says in the same way. */
function unlikeManifests() {
  const catalog = new Set(
    [...read('pnpm-workspace.yaml').matchAll(/^ {2}'?([^':\s]+(?:\/[^':\s]+)?)'?: \d/gm)].map(
      ([, name]) => name,
    ),
  )
  return packages().flatMap(({ folder, name, manifest }) => {
    const path = `packages/${folder}/package.json`
    const problems = []
    const want = (ok, what) => ok || problems.push(`${path}: expected ${what}`)
    want(
      name === (folder === 'plexus' ? 'plexus' : `@plexus/${folder}`),
      `the name of its folder, got ${name}`,
    )
    want(manifest.type === 'module', '"type": "module"')
    want(manifest.license === 'MIT', '"license": "MIT"')
    want(manifest.engines?.node === '>=20.19.0', '"engines": {"node": ">=20.19.0"}')
    want(manifest.description?.length > 0, 'a description')
    for (const [other, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      if (catalog.has(other)) want(version === 'catalog:', `${other} from the catalog, got ${version}`)
      if (other.startsWith('@plexus/'))
        want(version === 'workspace:*', `${other} from the workspace, got ${version}`)
    }
    return problems
  })
}

function isText(path) {
  return !/\.(bin|png|gz|wasm|hex)$/.test(path)
}

if (isMain(import.meta.url)) {
  const problems = checkHouse()
  process.stdout.write(problems.map((line) => `${line}\n`).join(''))
  process.exitCode = problems.length === 0 ? 0 : 1
}
