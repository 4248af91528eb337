// Every sample in the docs is compiled against the built packages and run. Run it alone: node scripts/check-samples.mjs
//
// ```ts stands alone and is run by Node, or by Jest if it imports Jest; ```sh is run by bash in the root. Where the next
// fence is ```text and the words between say that it prints it, it has to print exactly that. What only a person should
// type is ```console, and what only shows a shape is ```text.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { files, isMain, packages, ROOT, read, run } from './workspace.mjs'

const FOLDER = join(ROOT, 'packages', 'lab', '.build', 'samples')
const TIMEOUT_MS = 30_000

/**
 * @typedef {{ page: string, line: number, language: 'ts' | 'sh', text: string, prints: string | undefined }} Sample
 * @returns {Promise<string[]>} one text for each sample that does not do what its page says
 */
export async function checkSamples() {
  const samples = files()
    .filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'))
    .flatMap(samplesOf)
  const written = write(samples.filter(({ language }) => language === 'ts'))
  const problems = []
  const compiled = compile(written)
  problems.push(...compiled.problems)
  for (const { sample, name } of compiled.sound.filter(({ isTest }) => !isTest)) {
    problems.push(...(await judge(sample, process.execPath, [join(FOLDER, 'out', `${name}.js`)])))
  }
  for (const sample of samples.filter(({ language }) => language === 'sh')) {
    problems.push(...(await judge(sample, 'bash', ['-euo', 'pipefail', '-c', `${sample.text}\n`])))
  }
  if (written.some(({ isTest }) => isTest)) {
    const { ok, output } = run('jest', ['--ci', '--config', join(FOLDER, 'jest.config.mjs')])
    if (!ok) problems.push(output)
  }
  return problems
}

/** All at once; those that do not compile are not run. Complaints are given the place where the sample stands. */
function compile(written) {
  const { ok, output } = run('tsc', ['-p', FOLDER])
  if (ok) return { sound: written, problems: [] }
  const pages = new Map(written.map(({ name, sample }) => [name, sample.page]))
  const unsound = new Set()
  const problems = output.split('\n').map((line) =>
    line.replace(/^.*?([^/(]+)\.ts\((\d+),\d+\)/, (all, name, at) => {
      unsound.add(name)
      return pages.has(name) ? `${pages.get(name)}:${at}` : all
    }),
  )
  return { sound: written.filter(({ name }) => !unsound.has(name)), problems }
}

/** @returns {Sample[]} */
function samplesOf(page) {
  const text = read(page)
  const fences = [...text.matchAll(/^```([a-z]+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1],
    text: match[2],
    line: text.slice(0, match.index).split('\n').length + 1,
    from: match.index,
    to: match.index + match[0].length,
  }))
  return fences
    .map((fence, index) => {
      const next = fences[index + 1]
      const between = next === undefined ? '' : text.slice(fence.to, next.from)
      const prints = next?.language === 'text' && /\bprints\b/.test(between) && !between.includes('\n#')
      return { page, ...fence, prints: prints ? next.text : undefined }
    })
    .filter(({ language }) => language === 'ts' || language === 'sh')
}

/** Each into a file of its own, at the line where it stands in its page, so that errors point there. */
function write(samples) {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const compilerOptions = {
    rootDir: '.',
    outDir: 'out',
    composite: false,
    declaration: false,
    sourceMap: false,
    inlineSources: false,
    tsBuildInfoFile: null,
    incremental: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  const config = { extends: '../../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(FOLDER, 'jest.config.mjs'), JEST_CONFIG)
  linkPackages()
  return samples.map((sample) => {
    const isTest = /from ['"](@jest\/globals|@plexus\/testkit\/jest)['"]/.test(sample.text)
    const name = `${sample.page.replace(/\.md$/, '').replaceAll('/', '-')}-${sample.line}${isTest ? '.test' : ''}`
    writeFileSync(join(FOLDER, `${name}.ts`), '\n'.repeat(sample.line - 1) + sample.text)
    return { sample, name, isTest }
  })
}

/** A sample finds by name what a program finds that depends on all packages, and on what they depend on. */
function linkPackages() {
  const places = new Map()
  for (const { folder, name, manifest } of packages()) {
    places.set(name, join(ROOT, 'packages', folder))
    for (const other of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const place = join(ROOT, 'packages', folder, 'node_modules', other)
      if (existsSync(place)) places.set(other, realpathSync(place))
    }
  }
  for (const [name, place] of places) {
    const link = join(FOLDER, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(place, link, 'dir')
  }
}

/** The tests in the docs run as the workspace's own do. */
const JEST_CONFIG = `import config from '../../../../jest.config.mjs'
const [project] = config.projects
export default { ...project, testPathIgnorePatterns: [], testMatch: [import.meta.dirname + '/*.test.ts'] }
`

async function judge({ page, line, prints }, program, args) {
  const { code, stdout, stderr } = await output(program, args)
  const where = `${page}:${line}: the sample`
  if (code !== 0) return [`${where} ended with ${code}\n${stdout}${stderr}`]
  if (prints !== undefined && stdout.trim() !== prints.trim()) return [`${where} printed:\n${stdout}`]
  return []
}

/** Runs a program in a group of its own, and ends what it left behind. */
function output(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (said[name] += chunk))
    const end = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nothing is left of the group.
      }
    }
    const timer = setTimeout(end, TIMEOUT_MS)
    child.on('error', (error) => resolve({ code: error.message, ...said }))
    child.on('exit', end)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal, ...said })
    })
  })
}

if (isMain(import.meta.url)) {
  const problems = await checkSamples()
  process.stdout.write(problems.map((line) => `${line}\n`).join(''))
  process.exitCode = problems.length === 0 ? 0 : 1
}
