import type { Io } from '../console/io.js'
import { main } from '../main.js'

/** The command in this process, with ends that a test holds. */
export class Run implements Io {
  readonly progress = undefined
  /** Lines of stdout. */
  readonly lines: string[] = []
  /** What it wrote on stdout besides lines. */
  readonly chunks: Uint8Array[] = []
  /** Lines of stderr. */
  readonly notes: string[] = []
  /** Settles with the exit code. */
  readonly code: Promise<number>

  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>()
  readonly #wanting: ((line: string) => void)[] = []

  constructor(...args: string[]) {
    this.code = main(['node', 'plexus', ...args], this)
  }

  /** What it said on stdout, each line read as JSON. */
  get json(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line))
  }

  /** What it wrote on stdout besides lines. */
  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  /** The next line of stdout that nobody waited for yet. */
  next(): Promise<string> {
    return new Promise((resolve) => this.#wanting.push(resolve))
  }

  signal(signal: NodeJS.Signals): void {
    for (const listener of this.#listeners) listener(signal)
  }

  out(line: string): void {
    this.lines.push(line)
    this.#wanting.shift()?.(line)
  }

  async bytes(chunk: Uint8Array): Promise<void> {
    this.chunks.push(chunk)
  }

  note(line: string): void {
    this.notes.push(line)
  }

  onSignal(listener: (signal: NodeJS.Signals) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
