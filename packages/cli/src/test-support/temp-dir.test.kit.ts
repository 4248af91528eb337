import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A directory for one test. */
export class TempDir implements AsyncDisposable {
  readonly path: string

  static async make(files: Record<string, string | Uint8Array> = {}): Promise<TempDir> {
    const dir = new TempDir(await realpath(await mkdtemp(join(tmpdir(), 'plexus-test-'))))
    for (const [name, content] of Object.entries(files)) await dir.write(name, content)
    return dir
  }

  private constructor(path: string) {
    this.path = path
  }

  at(name: string): string {
    return join(this.path, name)
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true })
    await writeFile(this.at(name), content)
  }

  /** Every file below it: name → content, as Latin-1. */
  async read(): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const place = join(entry.parentPath, entry.name)
      found[place.slice(this.path.length + 1)] = await readFile(place, 'latin1')
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}
