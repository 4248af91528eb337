import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PAGE, PAGE_PATH } from '../contender.js'
import { between } from '../sample.js'
import type { Workload } from '../workload.js'

const AT_ONCE = 100
/** Servers compile for seconds: shorter than this says nothing. */
const LEAST_MS = 1000
const WARM_UP_TIMES = 3

/** GET of 256 bytes by nghttp2's load generator, a hundred at once on each connection, of one server process. */
export function h2load(connections: number): Workload {
  return {
    name: `h2load-${connections}`,
    kind: 'h2load',
    title: `h2load: GET ${PAGE.length} B, ${AT_ONCE} at once on each of ${connections} connections`,
    figures: [
      { name: 'rate', unit: 'requests/s' },
      { name: 'cpu', unit: 'CPU µs/request of the server' },
    ],
    async run({ port, control, size }) {
      await load(port, connections, Math.max(LEAST_MS, size.warmUpMs * WARM_UP_TIMES))
      const before = await control.sample()
      const { rate, done } = await load(port, connections, Math.max(LEAST_MS, size.measureMs))
      const { cpuMs } = between(before, await control.sample())
      return { rate, cpu: (cpuMs * 1000) / done }
    },
  }
}

interface Report {
  /** Requests a second, by its own clock. */
  readonly rate: number
  /** Requests in all. */
  readonly done: number
}

/** @throws when the program is missing, says nothing we know, or had one answer that is not a 2xx */
async function load(port: number, connections: number, ms: number): Promise<Report> {
  const { stdout } = await promisify(execFile)('h2load', [
    `-c${connections}`,
    `-m${AT_ONCE}`,
    `-D${ms}ms`,
    `http://127.0.0.1:${port}${PAGE_PATH}`,
  ]).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error('h2load is not installed (Debian: nghttp2)') : error
  })
  return reportOf(stdout)
}

/** Reads what h2load prints at its end. */
export function reportOf(text: string): Report {
  const [, rate] = /^finished in .*?, ([\d.]+) req\/s/m.exec(text) ?? []
  const [, done, failed] = /^requests: .* (\d+) done, \d+ succeeded, (\d+) failed/m.exec(text) ?? []
  const isGood = /^status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx/m.test(text)
  if (rate === undefined || done === undefined) throw new Error(`expected a report of h2load, got: ${text}`)
  if (failed !== '0' || !isGood) throw new Error(`expected answers 2xx only, got: ${text}`)
  return { rate: Number(rate), done: Number(done) }
}
