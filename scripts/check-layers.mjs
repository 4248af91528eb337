// The layers hold: a package imports only from below, only what it declares, and only by the front door; and no file
// needs itself. Run it alone for the whole list: node scripts/check-layers.mjs
import { builtinModules } from 'node:module'
import { dirname, posix } from 'node:path'
import ts from 'typescript'
import { files, isMain, packages, read } from './workspace.mjs'

/** Packages that no module of a kind may import, whatever its layer says. */
const FORBIDDEN = [
  { from: /^@plexus\/codec-/, to: /^xstate$/, why: 'a codec knows no charts' },
  { from: /^@plexus\/engine$/, to: /^@plexus\/codec-/, why: 'the engine knows no wire' },
  {
    from: /^@plexus\/(engine|codec-.*|contract|chart)$/,
    to: /^node:(?!stream$)/,
    why: 'the core touches no world',
  },
]
const TEST = /\.test(\.[a-z-]+)?\.ts$/
const BUILTIN = new Set(builtinModules)

/** @returns {string[]} one line for each import that should not be */
export function checkLayers() {
  const problems = []
  const all = packages()
  const byName = new Map(all.map((one) => [one.name, one]))
  const sources = files().filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path))
  for (const one of all) {
    if (!Number.isInteger(one.layer))
      problems.push(`packages/${one.folder}/package.json: expected "plexus": {"layer": n}`)
    problems.push(...declaredUpward(one, byName))
    const own = sources.filter((path) => path.startsWith(`packages/${one.folder}/src/`))
    const graph = new Map()
    const uses = new Map()
    for (const path of own) {
      const imports = importsOf(path)
      for (const { name } of imports) problems.push(...judge(path, name, one, byName))
      const near = imports.filter(({ name }) => name.startsWith('.'))
      const pathsOf = (some) => some.map(({ name }) => resolve(path, name))
      uses.set(path, pathsOf(near))
      graph.set(path, pathsOf(near.filter(({ isType }) => !isType)))
    }
    for (const path of testsOnly(one, uses))
      problems.push(`${path}: only tests need it, and it would be published; call it …test.kit.ts`)
    for (const cycle of cyclesOf(graph))
      problems.push(`${cycle[0]}: imports itself: ${cycle.map(short).join(' → ')}`)
  }
  return problems
}

/** A dependency on the same or a higher layer is for tests only. */
function declaredUpward(one, byName) {
  return Object.keys(one.manifest.dependencies ?? {})
    .filter((name) => (byName.get(name)?.layer ?? -1) >= one.layer)
    .map(
      (name) =>
        `packages/${one.folder}/package.json: layer ${one.layer} depends on ${name}, layer ${byName.get(name).layer}`,
    )
}

function judge(path, name, one, byName) {
  if (name.startsWith('.')) {
    const target = resolve(path, name)
    return target.startsWith(`packages/${one.folder}/src/`)
      ? []
      : [`${path}: reaches out of its package: ${name}`]
  }
  const isTest = TEST.test(path)
  const bare = packageOf(name)
  const { dependencies, peerDependencies, devDependencies } = one.manifest
  const declared = { ...dependencies, ...peerDependencies, ...(isTest ? devDependencies : {}) }
  const problems = []
  if (!isTest) {
    for (const { from, to, why } of FORBIDDEN) {
      if (from.test(one.name) && to.test(name)) problems.push(`${path}: imports ${name}, but ${why}`)
    }
  }
  if (BUILTIN.has(bare) || name.startsWith('node:')) return problems
  if (!(bare in declared) && bare !== one.name)
    problems.push(`${path}: imports ${bare}, which its package.json does not list`)
  const target = byName.get(bare)
  if (target === undefined) return problems
  if (!isTest && target.layer >= one.layer) {
    problems.push(`${path}: layer ${one.layer} imports ${bare}, layer ${target.layer}`)
  }
  const entry = name === bare ? '.' : `.${name.slice(bare.length)}`
  if (!(entry in target.manifest.exports))
    problems.push(`${path}: imports ${name}, which ${bare} does not export`)
  return problems
}

/** `@scope/name/deep` → `@scope/name` */
function packageOf(name) {
  const parts = name.split('/')
  return name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}

function resolve(path, name) {
  return posix.join(dirname(path), name).replace(/\.js$/, '.ts')
}

/** What a module imports; `isType` if only its types, which are gone at run time. */
function importsOf(path) {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest)
  const imports = []
  const visit = (node) => {
    const from = node.moduleSpecifier ?? (isDynamicImport(node) ? node.arguments[0] : undefined)
    if (from !== undefined && ts.isStringLiteral(from))
      imports.push({ name: from.text, isType: isTypeOnly(node) })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return imports
}

function isDynamicImport(node) {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}

function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = ts.isImportDeclaration(node) ? node.importClause : undefined
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((one) => one.isTypeOnly)
  )
}

/** Modules that no export leads to and that do not say that they are for tests. */
function testsOnly({ folder, manifest }, uses) {
  if (manifest.private) return []
  const entries = Object.values(manifest.exports).map((entry) => entry.default)
  const reached = new Set(
    entries.map((file) => file.replace('./dist', `packages/${folder}/src`).replace(/js$/, 'ts')),
  )
  // A Set visits what is added while it is walked.
  for (const path of reached) for (const next of uses.get(path) ?? []) reached.add(next)
  return [...uses.keys()].filter((path) => !reached.has(path) && !TEST.test(path) && !path.endsWith('.d.ts'))
}

/** Each way round, once. */
function cyclesOf(graph) {
  const cycles = []
  const done = new Set()
  const walk = (path, trail) => {
    const at = trail.indexOf(path)
    if (at >= 0) return cycles.push([...trail.slice(at), path])
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return cycles
}

const short = (path) => path.split('/').slice(3).join('/')

if (isMain(import.meta.url)) {
  const problems = checkLayers()
  process.stdout.write(problems.map((line) => `${line}\n`).join(''))
  process.exitCode = problems.length === 0 ? 0 : 1
}
