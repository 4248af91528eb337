import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../children.js'
import type { Contender } from './contender.js'
import type { Figures, Workload } from './workload.js'

/** Runs one workload on one contender in two fresh processes. */
export async function measure(contender: Contender, workload: Workload, quick: boolean): Promise<Figures> {
  const deadline = quick ? QUICK_DEADLINE_MS : DEADLINE_MS
  const server = start('server-process.js', [contender.name])
  try {
    const { listening, control } = await server.next<{ listening: number; control: number }>(deadline)
    const size = quick ? 'quick' : 'full'
    const client = start('client-process.js', [
      contender.name,
      workload.name,
      `${listening}`,
      `${control}`,
      size,
    ])
    try {
      return await client.next<Figures>(deadline)
    } finally {
      await client.stop()
    }
  } finally {
    await server.stop()
  }
}

const DEADLINE_MS = 30_000
const QUICK_DEADLINE_MS = 10_000
const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * All contenders begin with room for a heap as a service has it. In a heap of 8 MiB V8 counts the 64 KiB that Node
 * allocates for each read against the heap's own size, and marks all of it every few reads or not at all, by chance.
 */
const NODE_OPTIONS = ['--expose-gc', '--initial-heap-size=64']

function start(file: string, args: readonly string[]): Child {
  return startChild(process.execPath, [join(HERE, file), ...args], NODE_OPTIONS)
}
