import { auditTime, Subject } from 'rxjs'
import type { Io } from './io.js'

/** How often the line is drawn anew, ms. */
const REDRAW_MS = 100

/** One line on a terminal that says how far a download is; nothing where nobody looks. */
export class Progress implements Disposable {
  readonly #io: Pick<Io, 'progress'>
  readonly #changes = new Subject<void>()
  #files = 0
  #bytes = 0

  constructor(io: Pick<Io, 'progress'>) {
    this.#io = io
    if (io.progress !== undefined) this.#changes.pipe(auditTime(REDRAW_MS)).subscribe(() => this.#draw())
  }

  bytes(count: number): void {
    this.#bytes += count
    this.#changes.next()
  }

  file(): void {
    this.#files += 1
    this.#changes.next()
  }

  /** Takes the line away, until there is more to say. */
  clear(): void {
    if (!this.#changes.closed) this.#io.progress?.('')
  }

  /** Takes the line away. */
  end(): void {
    if (this.#changes.closed) return
    this.#changes.unsubscribe()
    this.#io.progress?.('')
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #draw(): void {
    if (this.#changes.closed) return
    this.#io.progress?.(`${this.#files} files, ${(this.#bytes / 1e6).toFixed(1)} MB`)
  }
}
