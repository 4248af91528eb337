import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from '@jest/globals'

const PACKAGES = join(__dirname, '..', '..')

/** Every module that loading `file` loads, types aside; packages of ours are followed into their sources. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  if (!existsSync(file)) return seen
  const source = readFileSync(file, 'utf8')
  for (const [, clause, name] of source.matchAll(/^(?:import|export)\b([^'"]*?)\bfrom '([^']+)'/gms)) {
    if (/^\s*type\b/.test(clause!)) continue
    if (name!.startsWith('.')) loadedBy(join(dirname(file), name!.replace(/\.js$/, '.ts')), seen)
    else if (name!.startsWith('@plexus/')) loadedBy(join(PACKAGES, name!.slice(8), 'src', 'index.ts'), seen)
    else seen.add(name!)
  }
  return seen
}

it('plexus itself runs where there is no Node: it loads no module of Node and no carrier', () => {
  const loaded = [...loadedBy(join(__dirname, 'index.ts'))]
  expect(loaded.filter((name) => !name.startsWith('/'))).toEqual(
    expect.arrayContaining(['xstate', 'pako', 'rxjs']),
  )
  expect(loaded.filter((name) => name.startsWith('node:') || name.includes('carrier-node'))).toEqual([])
})
