import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A child process that speaks in lines of JSON on its standard output. */
export interface Child {
  readonly pid: number
  /** The next line, parsed; rejects when the child ends first or `timeoutMs` passes. */
  next<T>(timeoutMs: number): Promise<T>
  /** Ends the child, by its own id, and waits until it has. */
  stop(): Promise<void>
}

export function startChild(
  command: string,
  args: readonly string[],
  execArgv: readonly string[] = [],
): Child {
  const child = spawn(command, [...execArgv, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
  const complaints = collect(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  return {
    pid: child.pid ?? 0,
    async next<T>(timeoutMs: number): Promise<T> {
      const name = [command, ...args].join(' ')
      const line = await before(timeoutMs, lines.next(), `${name}: no answer in ${timeoutMs} ms`)
      if (line.done) {
        await ended
        throw new Error(
          `${name} ended (${child.exitCode ?? child.signalCode ?? 'not started'}): ${gist(complaints())}`,
        )
      }
      return JSON.parse(line.value) as T
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Of what an uncaught error prints, the line that says it. */
function gist(complaints: string): string {
  return complaints.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? complaints
}

/** Settles as `promise` does, or rejects with `message` when that takes longer than `timeoutMs`. */
export async function before<T>(timeoutMs: number, promise: Promise<T>, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const KEPT_COMPLAINTS = 4000

function collect(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-KEPT_COMPLAINTS)
  })
  return () => text.trim()
}
