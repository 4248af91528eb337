import { constants, type Dirent, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { absent, resolveInside } from './inside.js'
import { OpenFile } from './open-file.js'
import { Slots } from './slots.js'
import { isPlainName, type TreePath } from './tree-path.js'

/** Files open at once, whoever reads them. */
export const MAX_OPEN_FILES = 128

/** Neither a link that was put there since, nor a wait for the writer of a pipe. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** A regular file below a directory. */
export interface TreeFile {
  readonly path: TreePath
  /** Size when it was listed. */
  readonly bytes: number
}

/** What stands in a directory and can be asked for: a file, a directory, or a link to one that stays inside. */
export interface TreeEntry {
  readonly name: string
  readonly isDirectory: boolean
  readonly bytes: number
  readonly modified: Date
}

/** A directory that is served: nothing outside of it is ever opened. */
export class Tree {
  readonly #root: string
  readonly #slots: Slots

  /**
   * @param maxOpenFiles files open at once, whoever reads them
   * @throws if `dir` is not a directory that can be read
   */
  static async at(dir: string, maxOpenFiles = MAX_OPEN_FILES): Promise<Tree> {
    const root = await realpath(dir)
    await readdir(root)
    return new Tree(root, maxOpenFiles)
  }

  private constructor(root: string, maxOpenFiles: number) {
    this.#root = root
    this.#slots = new Slots(maxOpenFiles)
  }

  /**
   * Opens a regular file; undefined if there is none at `path`. Waits while too many are open; rejects with the signal's
   * reason when that aborts before it is this one's turn.
   */
  async open(path: TreePath, signal?: AbortSignal): Promise<OpenFile | undefined> {
    const place = await resolveInside(this.#root, path)
    if (place === undefined) return undefined
    const release = await this.#slots.take(signal)
    try {
      const handle = await open(place, OPEN_FLAGS).catch(absent)
      const stats = handle && (await regularStats(handle))
      if (handle !== undefined && stats !== undefined) return new OpenFile(handle, stats, release)
    } catch (error) {
      release()
      throw error
    }
    release()
    return undefined
  }

  /** True for a directory, also behind a link that stays inside. */
  async hasDirectory(path: TreePath): Promise<boolean> {
    return (await this.#statsOf(path))?.isDirectory() ?? false
  }

  /**
   * What a directory holds, by name, and how much more there is than `limit`; undefined if there is no directory at
   * `path`. What could not be asked for is left out: links that lead out or nowhere, pipes, devices.
   */
  async entries(
    path: TreePath,
    limit: number,
  ): Promise<{ entries: readonly TreeEntry[]; more: number } | undefined> {
    const place = await resolveInside(this.#root, path)
    if (place === undefined) return undefined
    const names = await readdir(place).catch(absent)
    if (names === undefined) return undefined
    names.sort()
    const entries: TreeEntry[] = []
    for (const name of names.slice(0, limit)) {
      const stats = isPlainName(name) ? await this.#statsOf([...path, name]) : undefined
      const isDirectory = stats?.isDirectory() ?? false
      if (stats === undefined || !(isDirectory || stats.isFile())) continue
      entries.push({ name, isDirectory, bytes: stats.size, modified: stats.mtime })
    }
    return { entries, more: Math.max(0, names.length - limit) }
  }

  /** Of what is at `path`, links followed; undefined if that is nothing, or outside. */
  async #statsOf(path: TreePath): Promise<Stats | undefined> {
    const place = await resolveInside(this.#root, path)
    return place === undefined ? undefined : stat(place).catch(absent)
  }

  /**
   * All regular files at and below `path`, by name, one directory at a time. Links are not followed; they and whatever
   * else is no regular file go to `leaveOut`. Undefined if there is nothing at `path`.
   */
  async list(
    path: TreePath,
    leaveOut: (path: TreePath) => void,
  ): Promise<AsyncIterable<TreeFile> | undefined> {
    const place = await resolveInside(this.#root, path)
    const stat = place && (await lstat(place).catch(absent))
    if (place === undefined || !stat) return undefined
    if (stat.isDirectory()) return below(place, path, leaveOut)
    return stat.isFile() ? only({ path, bytes: stat.size }) : undefined
  }
}

/** Undefined, and the handle closed, for what is no regular file. */
async function regularStats(handle: FileHandle): Promise<Stats | undefined> {
  try {
    const stats = await handle.stat()
    if (stats.isFile()) return stats
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return undefined
}

async function* below(
  place: string,
  path: TreePath,
  leaveOut: (path: TreePath) => void,
): AsyncGenerator<TreeFile> {
  const entries = (await readdir(place, { withFileTypes: true }).catch(absent)) ?? []
  entries.sort(byName)
  for (const entry of entries) {
    const at = [...path, entry.name]
    const file = join(place, entry.name)
    if (!isPlainName(entry.name)) leaveOut(at)
    else if (entry.isDirectory()) yield* below(file, at, leaveOut)
    else {
      const stat = entry.isFile() ? await lstat(file).catch(absent) : undefined
      if (stat?.isFile()) yield { path: at, bytes: stat.size }
      else leaveOut(at)
    }
  }
}

async function* only(file: TreeFile): AsyncGenerator<TreeFile> {
  yield file
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
