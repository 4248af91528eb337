import { connect } from 'plexus/node'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Progress } from '../console/progress.js'
import { Shutdown } from '../console/shutdown.js'
import { describeBlocked } from '../console/stats.js'
import { Download, type DownloadReport } from '../files/download.js'
import { Target } from '../files/target.js'
import { parseTreePath, type TreePath } from '../files/tree-path.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'

interface GetOptions {
  readonly output: string
  readonly tree?: true
  readonly concurrency: number
  readonly sha256?: true
  readonly json?: true
}

export const addGet: AddCommand = (program, { io, end }) => {
  program
    .command('get')
    .description('fetch files in parallel streams over one session')
    .argument('<url>', 'where they are served, e.g. spdy+tcp://127.0.0.1:9310')
    .argument('[path...]', 'files; with --tree, what is at and below them; percent-encoded', ['/'])
    .requiredOption('-o, --output <dir>', 'where to put them; nothing outside of it is written')
    .option('--tree', 'fetch all that the server lists')
    .option('--concurrency <n>', 'streams open at once', positive, 100)
    .option('--sha256', 'have the server say what it sent, and compare')
    .option('--json', 'one JSON object a line on stdout: each file, and at last the summary')
    .action(async (url: string, paths: string[], options: GetOptions) =>
      end(await get(url, paths.map(toPath), options, io)),
    )
}

async function get(url: string, paths: TreePath[], options: GetOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const { tree = false, sha256 = false, concurrency, json } = options
  const target = await Target.at(options.output)
  const session = await connect(url, { signal: shutdown.drain })
  shutdown.now.addEventListener('abort', () => session.destroy(), { once: true })
  using progress = new Progress(io)
  const download = new Download({
    session,
    target,
    host: new URL(url).host || 'localhost',
    sha256,
    concurrency,
    drain: shutdown.drain,
    onBytes: (bytes) => progress.bytes(bytes),
    onFile: (file) => {
      progress.file()
      if (json) io.out(JSON.stringify(file))
    },
    onFailure: (path, error) => io.note(`failed: ${path}: ${error.message}`),
  })
  const report = await download.run(paths, tree)
  await session.close({ signal: shutdown.now })
  progress.end()
  for (const line of describe(report)) io.note(line)
  if (json) io.out(JSON.stringify(report))
  if (shutdown.now.aborted) return Shutdown.CUT_OFF
  return report.ok ? SUCCESS : FAILURE
}

function toPath(text: string): TreePath {
  const path = parseTreePath(text.startsWith('/') ? text : `/${text}`)
  if (path === undefined) throw new Error(`expected a path inside the tree, got '${text}'`)
  return path
}

function* describe(report: DownloadReport): Generator<string> {
  const { files, bytes, seconds, checked, failed, leftOut } = report
  yield `${files} files, ${bytes} bytes in ${seconds} s: ${Math.round(files / seconds)} streams/s, at most ${report.peakStreams} at once`
  yield `blocked ${describeBlocked(report.blocked)}`
  yield `checked ${checked.length} lengths and ${checked.sha256} SHA-256 against the server's`
  if (leftOut > 0) yield `the server left out ${leftOut} links and the like`
  if (failed > 0) yield `${failed} failed`
  if (report.interrupted) yield 'interrupted: not all was asked for'
}
