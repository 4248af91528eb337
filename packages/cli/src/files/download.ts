import type { MuxSession } from 'plexus'
import { type StatsReport, statsReport } from '../console/stats.js'
import { forEachOf } from './each.js'
import { type Fetched, type FetchOptions, fetchFile, fetchManifest } from './fetch.js'
import { formatTreePath, type TreePath } from './tree-path.js'

export interface DownloadOptions extends FetchOptions {
  readonly session: MuxSession
  /** Streams open at once. */
  readonly concurrency: number
  /** Nothing more is asked for after it aborts; what runs goes on. */
  readonly drain: AbortSignal
  onFile(file: Fetched): void
  onFailure(path: string, error: Error): void
}

export interface DownloadReport extends StatsReport {
  readonly ok: boolean
  readonly files: number
  readonly bytes: number
  readonly failed: number
  /** Links and the like that the server does not list as files. */
  readonly leftOut: number
  /** How many files were compared with what the server says of them, by what. */
  readonly checked: { readonly length: number; readonly sha256: number }
  readonly interrupted: boolean
  readonly seconds: number
}

/** Many files in parallel streams over one session. A file that fails does not keep the others from coming. */
export class Download {
  readonly #options: DownloadOptions
  #files = 0
  #bytes = 0
  #failed = 0
  #leftOut = 0

  constructor(options: DownloadOptions) {
    this.#options = options
  }

  /** @param tree the paths are where trees begin, which the server lists */
  async run(paths: readonly TreePath[], tree: boolean): Promise<DownloadReport> {
    const { session, concurrency, drain, sha256 } = this.#options
    const startedAt = performance.now()
    // Its answer comes behind the server's first settings, so that streams over its limit wait and are not refused.
    await session.ping().catch(() => {})
    await forEachOf(this.#wanted(paths, tree), concurrency, (path) => this.#fetch(path))
    return {
      ok: this.#failed === 0 && !drain.aborted,
      files: this.#files,
      failed: this.#failed,
      leftOut: this.#leftOut,
      checked: { length: this.#files, sha256: sha256 ? this.#files : 0 },
      interrupted: drain.aborted,
      seconds: Math.round(performance.now() - startedAt) / 1000,
      ...statsReport(session.stats),
      bytes: this.#bytes,
    }
  }

  async *#wanted(paths: readonly TreePath[], tree: boolean): AsyncGenerator<TreePath> {
    for (const path of paths) {
      if (this.#options.drain.aborted) return
      if (tree) yield* this.#listed(path)
      else yield path
    }
  }

  async *#listed(root: TreePath): AsyncGenerator<TreePath> {
    const manifest = fetchManifest(root, this.#options)
    try {
      for (;;) {
        const { done, value } = await manifest.next()
        if (done) {
          this.#leftOut += value.leftOut
          return
        }
        if (this.#options.drain.aborted) return
        yield value.path
      }
    } catch (error) {
      this.#fail(`${formatTreePath(root)}?tree`, error)
    } finally {
      await manifest.return({ files: 0, bytes: 0, leftOut: 0 })
    }
  }

  async #fetch(path: TreePath): Promise<void> {
    try {
      const file = await fetchFile(path, this.#options)
      this.#files += 1
      this.#bytes += file.bytes
      this.#options.onFile(file)
    } catch (error) {
      this.#fail(formatTreePath(path), error)
    }
  }

  #fail(path: string, error: unknown): void {
    this.#failed += 1
    this.#options.onFailure(path, error instanceof Error ? error : new Error(String(error)))
  }
}
