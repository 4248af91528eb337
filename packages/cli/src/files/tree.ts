import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
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

/** A directory that is served: nothing outside of it is ever opened. */
export class Tree {
  readonly #root: string
  readonly #slots = new Slots(MAX_OPEN_FILES)

  /** @throws if `dir` is not a directory that can be read. */
  static async at(dir: string): Promise<Tree> {
    const root = await realpath(dir)
    await readdir(root)
    return new Tree(root)
  }

  private constructor(root: string) {
    this.#root = root
  }

  /** Opens a regular file; undefined if there is none at `path`. Waits while too many are open. */
  async open(path: TreePath): Promise<OpenFile | undefined> {
    const place = await resolveInside(this.#root, path)
    if (place === undefined) return undefined
    const release = await this.#slots.take()
    try {
      const handle = await open(place, OPEN_FLAGS).catch(absent)
      const size = handle && (await regularSize(handle))
      if (handle !== undefined && size !== undefined) return new OpenFile(handle, size, release)
    } catch (error) {
      release()
      throw error
    }
    release()
    return undefined
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
async function regularSize(handle: FileHandle): Promise<number | undefined> {
  try {
    const stat = await handle.stat()
    if (stat.isFile()) return stat.size
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
