import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveInside } from './inside.js'
import { formatTreePath, type TreePath } from './tree-path.js'

/** A directory that is written to: nothing outside of it is ever touched, whatever the other side calls its files. */
export class Target {
  readonly #root: string
  /** Directories that are there, or on their way. */
  readonly #dirs = new Map<string, Promise<string>>()
  #drafts = 0

  /** Makes the directory if it is not there. */
  static async at(dir: string): Promise<Target> {
    await mkdir(dir, { recursive: true })
    return new Target(await realpath(dir))
  }

  private constructor(root: string) {
    this.#root = root
  }

  /** A file to be written; it appears under its name only when it is whole. */
  async draft(path: TreePath): Promise<Draft> {
    const name = path.at(-1)
    if (name === undefined) throw new Error('expected the path of a file, got that of the directory itself')
    const dir = await this.#dir(path.slice(0, -1))
    const place = join(dir, `.plexus-${process.pid}-${this.#drafts++}`)
    return new Draft(await open(place, 'wx'), place, join(dir, name))
  }

  /** Makes one directory after the other, so that a link that leads out is found before anything is made behind it. */
  #dir(path: TreePath): Promise<string> {
    const key = path.join('/')
    let dir = this.#dirs.get(key)
    if (dir === undefined) {
      dir = this.#makeDir(path)
      this.#dirs.set(key, dir)
    }
    return dir
  }

  async #makeDir(path: TreePath): Promise<string> {
    if (path.length === 0) return this.#root
    const parent = await this.#dir(path.slice(0, -1))
    await mkdir(join(parent, path.at(-1)!)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    const place = await resolveInside(this.#root, path)
    if (place === undefined)
      throw new Error(`expected a directory inside the target, ${formatTreePath(path)} leads out`)
    return place
  }
}

/** A file on its way. */
export class Draft implements AsyncDisposable {
  readonly #handle: FileHandle
  readonly #place: string
  readonly #name: string
  #isOver = false

  constructor(handle: FileHandle, place: string, name: string) {
    this.#handle = handle
    this.#place = place
    this.#name = name
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const { bytesWritten } = await this.#handle.write(rest)
      rest = rest.subarray(bytesWritten)
    }
  }

  /** The file is whole: gives it its name. What had the name before is replaced, not followed. */
  async keep(): Promise<void> {
    this.#isOver = true
    await this.#handle.close()
    try {
      await rename(this.#place, this.#name)
    } catch (error) {
      await rm(this.#place, { force: true })
      throw error
    }
  }

  /** Drops the file unless it was kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#handle.close()
    await rm(this.#place, { force: true })
  }
}
