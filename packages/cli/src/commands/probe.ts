import type { PlexusSession } from 'plexus'
import { connect } from 'plexus/node'
import { explain } from '../console/explain.js'
import type { Io } from '../console/io.js'
import { checkNames, count, positive, seconds } from '../console/options.js'
import { Shutdown } from '../console/shutdown.js'
import { isUsageError } from '../console/usage.js'
import { CHECK_NAMES, type CheckName } from '../echo/contract.js'
import { type ProbeReport, probe } from '../echo/probe.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'

interface ProbeCommandOptions {
  readonly streams: number
  readonly bytes: number
  readonly concurrency: number
  readonly profile?: string
  readonly skip: CheckName[]
  readonly timeout: number
  readonly json?: true
}

export const addProbe: AddCommand = (program, { io, end }) => {
  program
    .command('probe')
    .description('check a peer against the echo contract, every byte')
    .argument('<url>', 'where it listens, e.g. spdy+tcp://127.0.0.1:9310')
    .requiredOption('--streams <k>', 'streams to echo', count)
    .requiredOption('--bytes <b>', 'bytes on each', count)
    .option('--concurrency <n>', 'streams open at once', positive, 100)
    .option('--profile <name>', 'spdy31, spdy3 or spdystream')
    .option('--skip <names>', `checks to leave out, of ${CHECK_NAMES.join(',')}`, checkNames, [])
    .option('--timeout <s>', 'seconds for everything', seconds, 60)
    .option('--json', 'the report as one JSON object on stdout')
    .action(async (url: string, options: ProbeCommandOptions) => end(await run(url, options, io)))
}

async function run(url: string, options: ProbeCommandOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const { profile, timeout, json, ...rest } = options
  const timeoutMs = Math.ceil(timeout * 1000)
  let session: PlexusSession
  try {
    session = await connect(url, { profile, signal: shutdown.drain, connectTimeoutMs: timeoutMs })
  } catch (error) {
    // Whoever reads the report reads of this, too; what cannot be is said by the exit code.
    if (json && !isUsageError(error)) io.out(JSON.stringify({ ok: false, error: explain(error) }))
    throw error
  }
  const report = await probe(session, { ...rest, timeoutMs, signal: shutdown.drain })
  for (const line of describe(report)) io.note(line)
  if (json) io.out(JSON.stringify(report))
  return report.ok ? SUCCESS : FAILURE
}

function* describe(report: ProbeReport): Generator<string> {
  for (const [name, { ok, skipped, error }] of Object.entries(report.checks)) {
    yield `${name.padEnd(9)} ${skipped ? 'skipped' : ok ? 'ok' : `FAILED: ${error}`}`
  }
  const ping = report.pingMs === null ? '' : `, ping ${report.pingMs} ms`
  yield `${report.bytes} bytes came back on ${report.streams} streams in ${report.seconds} s${ping}`
}
