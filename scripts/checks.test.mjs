import { beforeEach, describe, expect, it } from '@jest/globals'
import { checkHouse } from './check-house.mjs'
import { checkLayers } from './check-layers.mjs'
import { sentence, table } from './docs/markdown.mjs'
import { missingRows } from './docs/rows-table.mjs'
import { beginsWithId, idsIn, isRow, ROWS } from './rows.mjs'
import { testNames } from './test-names.mjs'

/** The workspace that the scripts see: path → text. */
const mockTree = new Map()

jest.mock('node:fs', () => ({
  ...jest.requireActual('node:fs'),
  statSync: (path) => ({ size: mockTree.get(path.replace('/mock/', '')).length }),
}))
jest.mock('./workspace.mjs', () => ({
  ROOT: '/mock',
  read: (path) => mockTree.get(path),
  files: () => [...mockTree.keys()].sort(),
  packages: () =>
    [...mockTree].flatMap(([path, text]) => {
      const [, folder] = /^packages\/([^/]+)\/package\.json$/.exec(path) ?? []
      if (folder === undefined) return []
      const manifest = JSON.parse(text)
      return [{ folder, name: manifest.name, layer: manifest.plexus?.layer, manifest }]
    }),
  isMain: () => false,
}))

beforeEach(() => {
  mockTree.clear()
  mockTree.set('pnpm-workspace.yaml', "catalog:\n  xstate: 5.33.3\n  '@types/node': 20.0.0\n")
})

/** Puts a package into the workspace, with its sources below `src`. */
function put(folder, layer, sources = {}, more = {}) {
  const manifest = {
    name: `@plexus/${folder}`,
    description: 'for a test',
    license: 'MIT',
    type: 'module',
    plexus: { layer },
    engines: { node: '>=20.19.0' },
    exports: { '.': { default: './dist/index.js' } },
    ...more,
  }
  mockTree.set(`packages/${folder}/package.json`, JSON.stringify(manifest))
  for (const [path, text] of Object.entries(sources)) mockTree.set(`packages/${folder}/src/${path}`, text)
}

describe('the layers', () => {
  it('have nothing against what is imported from below, by the front door, and declared', () => {
    put('contract', 1, { 'index.ts': 'export const a = 1' })
    const dependencies = { '@plexus/contract': 'workspace:*' }
    put(
      'engine',
      2,
      { 'index.ts': "import { a } from '@plexus/contract'\nexport const b = a" },
      { dependencies },
    )
    expect(checkLayers()).toEqual([])
  })

  it.each([
    ['upwards', "import '@plexus/cli'", 'layer 2 imports @plexus/cli, layer 4'],
    ['sideways', "export * from '@plexus/codec-x'", 'the engine knows no wire'],
    ['by a back door', "import '@plexus/contract/src/a.js'", 'which @plexus/contract does not export'],
    ['when it runs', "const x = await import('@plexus/cli')", 'layer 2 imports @plexus/cli, layer 4'],
    ['from the world', "import 'node:net'", 'the core touches no world'],
    ['that is not declared', "import 'lodash'", 'imports lodash, which its package.json does not list'],
    ['that lies outside', "import '../../contract/src/index.js'", 'reaches out of its package'],
  ])('let nothing in %s', (_, text, problem) => {
    put('contract', 1, { 'index.ts': '' })
    put('codec-x', 2, { 'index.ts': '' })
    put('cli', 4, { 'index.ts': '' })
    const devDependencies = {
      '@plexus/cli': 'workspace:*',
      '@plexus/codec-x': 'workspace:*',
      '@plexus/contract': 'workspace:*',
    }
    put('engine', 2, { 'index.ts': text }, { devDependencies })
    expect(checkLayers().join('\n')).toContain(problem)
  })

  it('let a test import from everywhere', () => {
    put('cli', 4, { 'index.ts': '' })
    const devDependencies = { '@plexus/cli': 'workspace:*' }
    put('engine', 2, { 'index.ts': '', 'a.test.ts': "import '@plexus/cli'" }, { devDependencies })
    expect(checkLayers()).toEqual([])
  })

  it('say where a module needs itself, but for types', () => {
    const there = { 'index.ts': "import './a.js'", 'a.ts': "import './b.js'" }
    put('engine', 2, { ...there, 'b.ts': "import { a } from './a.js'" })
    expect(checkLayers()).toEqual([expect.stringMatching(/imports itself: .*a.* → .*b.* → .*a/)])
    put('engine', 2, { ...there, 'b.ts': "import type { a } from './a.js'" })
    expect(checkLayers()).toEqual([])
  })

  it('say what is published and only tests need', () => {
    put('engine', 2, { 'index.ts': '', 'a.test.ts': "import './help.js'", 'help.ts': '' })
    expect(checkLayers()).toEqual([expect.stringContaining('help.ts: only tests need it')])
  })
})

describe('the house', () => {
  it.each([
    ['a test switched off', 'packages/a/src/a.test.ts', `${'it'}.skip("x", () => {})`],
    ['a test alone', 'packages/a/src/a.test.ts', `${'describe'}.only("x", () => {})`],
    ['something left open', 'packages/a/src/a.ts', `// ${'TO'}DO later`],
    ['the path of a machine', 'docs/a.md', `see /${'home'}/me/notes`],
    ['a clock in the engine', 'packages/engine/src/a.ts', 'const now = Date.now()'],
    ['a stranger at the top', 'notes.txt', 'x'],
    ['a row that is not there', 'packages/a/src/a.test.ts', 'it("SS-21 claims", () => {})'],
    ['a file that answers two questions', 'packages/a/src/a.ts', '\n'.repeat(451)],
  ])('finds %s', (_, path, text) => {
    expect(checkHouse()).toEqual([])
    mockTree.set(path, text)
    expect(checkHouse()).toHaveLength(1)
  })

  it.each([
    ['a skip that says why', 'packages/a/src/a.test.ts', 'it.skip(`x (skipped: there is no Go)`)'],
    ['a choice between it and a skip', 'packages/a/src/a.test.ts', 'const itGo = hasGo ? it : it.skip'],
    ['a clock where the world is', 'packages/carrier-node/src/a.ts', 'const now = Date.now()'],
    ['a clock in a test', 'packages/engine/src/a.test.ts', 'const now = Date.now()'],
  ])('has nothing against %s', (_, path, text) => {
    mockTree.set(path, text)
    expect(checkHouse()).toEqual([])
  })

  it('wants all manifests alike', () => {
    put('a', 1, {}, { license: 'ISC', dependencies: { xstate: '^5', '@plexus/b': '1.0.0' } })
    expect(checkHouse().join('\n')).toMatch(
      /"license": "MIT"[\s\S]*from the catalog[\s\S]*from the workspace/,
    )
  })
})

describe('rows', () => {
  it('are carried by a name that begins with them, in every form a test is written in', () => {
    put('a', 1, {
      'a.test.ts': `
        it('SS-1: plain', () => {})
        test.each(rows)('SS-2, SS-3 from a table', () => {})
        describe.each(rows)(\`P01 in \${template}\`, () => {})
        const rows = [['P02 in a row', 1]]
        const other = ['says SS-4 in the middle']`,
    })
    const carried = testNames()
      .filter(({ name }) => beginsWithId(name))
      .flatMap(({ name }) => idsIn(name))
    expect(carried).toEqual(['SS-1', 'SS-2', 'SS-3', 'P01', 'P02'])
    expect(missingRows()).toHaveLength(Object.keys(ROWS).length - 5)
    expect(missingRows()).toContain('SS-4')
  })

  it('are not carried by what a text outside of tests begins with', () => {
    put('a', 1, { 'a.ts': "export const reason = 'SS-1 wants it'" })
    expect(missingRows()).toContain('SS-1')
  })

  it('end where their family ends', () => {
    expect(['SS-20', 'L13', 'DM-1'].map(isRow)).toEqual([true, true, true])
    expect(['SS-21', 'L14', 'DM-0', 'XX-1'].map(isRow)).toEqual([false, false, false, false])
  })

  it('are ids of their own, not parts of words', () => {
    expect(idsIn('UTF-8 ASP01 B0 P1 L011 B22, DM-10')).toEqual(['B22', 'DM-10'])
  })
})

describe('made Markdown', () => {
  it('keeps a cell in its cell', () => {
    expect(table(['a'], [['x | y\nz']])).toBe('| a |\n| --- |\n| x \\| y z |')
  })

  it('makes sentences of words', () => {
    expect([sentence('more of it'), sentence('Is it?')]).toEqual(['More of it.', 'Is it?'])
  })
})
