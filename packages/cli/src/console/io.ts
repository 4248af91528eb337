/** Where a command speaks, and what it hears. Tests hand in their own. */
export interface Io {
  /** What a program reads: one line on stdout. */
  out(line: string): void
  /** What a program reads and is no line; settles when it takes more. */
  bytes(chunk: Uint8Array): Promise<void>
  /** What a person reads: one line on stderr. */
  note(line: string): void
  /** Overwrites the last line that a person sees; the empty one takes it away. Undefined where nobody looks. */
  readonly progress: ((line: string) => void) | undefined
  /** Calls `listener` on each SIGINT and SIGTERM. @returns the hand that stops it. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void
}

/** The process's own. */
export function processIo(): Io {
  const { stdout, stderr } = process
  // Whoever reads us may stop reading: that is no fault.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  return {
    out: (line) => void stdout.write(`${line}\n`),
    bytes: (chunk) => written(stdout, chunk),
    note: (line) => void stderr.write(`${line}\n`),
    progress: stderr.isTTY ? (line) => void stderr.write(`\r\x1b[K${line}`) : undefined,
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, listener)
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener)
      }
    },
  }
}

/** Whoever reads us and stops is no fault, but then there is nothing more to do. */
function written(stream: NodeJS.WriteStream, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
