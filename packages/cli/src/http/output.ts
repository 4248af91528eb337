/** Where does an answer go? To stdout, to one file, or to a directory under the last part of its path. */
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { UsageError } from '../console/usage.js'
import { type Draft, Target } from '../files/target.js'
import { parseTreePath } from '../files/tree-path.js'
import type { HttpTarget } from './target.js'

export interface Output {
  /** A file that appears when it is whole; undefined for stdout. */
  draft(target: HttpTarget): Promise<Draft | undefined>
  /** As a person would call it; undefined for stdout. */
  nameOf(target: HttpTarget): string | undefined
}

/**
 * @param place what `-o` says: nothing or `-` is stdout; a directory, or what is to be one because it ends in `/` or
 * because there is more than one target; else a file
 * @throws UsageError if two answers would have one name
 */
export async function outputFor(place: string | undefined, targets: readonly HttpTarget[]): Promise<Output> {
  if (place === undefined || place === '-') return { draft: async () => undefined, nameOf: () => undefined }
  const isDirectory = targets.length > 1 || place.endsWith('/') || (await isDirectoryAt(place))
  if (!isDirectory) {
    const target = await Target.at(dirname(place))
    return { draft: () => target.draft([basename(place)]), nameOf: () => place }
  }
  const names = new Map<string, HttpTarget>()
  for (const target of targets) {
    const other = names.get(fileNameOf(target))
    if (other !== undefined) {
      throw new UsageError(
        `expected different names, ${other.text} and ${target.text} are both ${fileNameOf(target)}`,
      )
    }
    names.set(fileNameOf(target), target)
  }
  const directory = await Target.at(place)
  return {
    draft: (target) => directory.draft([fileNameOf(target)]),
    nameOf: (target) => `${place.replace(/\/+$/, '')}/${fileNameOf(target)}`,
  }
}

/** The last part of the path, if that is a name that stays in its directory. */
function fileNameOf({ path, text }: HttpTarget): string {
  const segments = parseTreePath(path)
  if (segments === undefined) throw new UsageError(`expected a path that ends in a file's name in ${text}`)
  return /\/(?:\?|$)/.test(path) ? 'index.html' : (segments.at(-1) ?? 'index.html')
}

async function isDirectoryAt(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory()
  } catch {
    return false
  }
}
