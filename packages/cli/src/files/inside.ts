import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { TreePath } from './tree-path.js'

/**
 * Where `path` is on the disk, links followed.
 *
 * @param root a directory, links followed already
 * @returns undefined if there is nothing, or if it lies outside of `root`: by a link, for `path` alone cannot.
 */
export async function resolveInside(root: string, path: TreePath): Promise<string | undefined> {
  const place = await realpath(join(root, ...path)).catch(absent)
  return place !== undefined && isInside(root, place) ? place : undefined
}

/** For `catch`: undefined for what is not there or not ours to see; every other error is thrown on. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (!ABSENT.has(error.code ?? '')) throw error
}

function isInside(root: string, place: string): boolean {
  return place === root || place.startsWith(root.endsWith(sep) ? root : root + sep)
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM', 'ENXIO'])
