import type { Command } from 'commander'
import { connect } from 'plexus/node'
import { field, method } from '../console/fields.js'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Progress } from '../console/progress.js'
import { Shutdown } from '../console/shutdown.js'
import { describeBlocked } from '../console/stats.js'
import { UsageError } from '../console/usage.js'
import { Download, type DownloadReport } from '../files/download.js'
import { readText } from '../files/read-text.js'
import { Target } from '../files/target.js'
import { parseTreePath, type TreePath } from '../files/tree-path.js'
import { isUrl } from '../http/target.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'
import { type GetHttpOptions, getHttp } from './get-http.js'

type GetOptions = GetHttpOptions & {
  readonly tree?: true
  readonly sha256?: true
}

export const addGet: AddCommand = (program, { io, end }) => {
  program
    .command('get')
    .description('fetch by HTTP, or files and trees in parallel streams over one session')
    .argument(
      '<url>',
      'e.g. https://host/path, http://…, spdy+tls://host:port/path, spdy+tcp://127.0.0.1:9310',
    )
    .argument(
      '[url or path...]',
      'more URLs; or files at the one URL, with --tree what is at and below them; percent-encoded',
    )
    .option(
      '-o, --output <place>',
      'a file, or a directory; nothing outside of it is written (default: stdout)',
    )
    .option('-H, --header <field>', "'name: value', as often as you like", field, [])
    .option('-X, --request <method>', 'default: GET, with -d POST', method)
    .option('-d, --data <data>', 'a body; @name for that of a file, @- for stdin')
    .option(
      '-L, --location',
      'follow redirects, at most 20; credentials stay with the server they were said to',
    )
    .option('-i, --include', 'show the head of the answer on stdout, too')
    .option('-v, --verbose', 'write down on stderr what goes over the wire, frame by frame')
    .option('-f, --fail', 'take a status of 400 or more for a failure: exit code 22')
    .option('-k, --insecure', 'take any certificate')
    .option('--cacert <file>', 'trust the certificates in this file (PEM) besides')
    .option('--tree', 'fetch all that the server lists')
    .option('--concurrency <n>', 'streams open at once', positive, 100)
    .option('--sha256', 'have the server say what it sent, and compare')
    .option('--json', 'one JSON object a line on stdout: each file, and at last the summary')
    .action(async (url: string, more: string[], options: GetOptions, command: Command) => {
      const wrong = misfit(url, more, options)
      if (wrong !== undefined) command.error(`error: ${wrong}`)
      const isDownload = isFiles(url, more, options)
      end(
        await (isDownload
          ? get(
              url,
              (more.length === 0 ? ['/'] : more).map(toPath),
              { ...options, output: options.output! },
              io,
            )
          : getHttp([url, ...more], options, io)),
      )
    })
}

/** What follows a URL and is no URL is a path below it; and only a tree or a hash is more than a request for a URL. */
function isFiles(url: string, more: readonly string[], { tree, sha256 }: GetOptions): boolean {
  const isUnix = /^[a-z0-9]+\+unix:/.test(url)
  return isUnix || tree === true || sha256 === true || more.some((text) => !isUrl(text)) || !isUrl(url)
}

/** What does not fit together on the command line. */
function misfit(url: string, more: readonly string[], options: GetOptions): string | undefined {
  const { output, json } = options
  if (!isFiles(url, more, options)) {
    if (json && (output === undefined || output === '-')) return '--json needs --output, for stdout is taken'
    return undefined
  }
  if (output === undefined || output === '-') return 'files and trees need --output <dir>'
  const strange = HTTP_ONLY.find((name) => {
    const value = options[name]
    return value !== undefined && !(Array.isArray(value) && value.length === 0)
  })
  return strange && `--${strange} goes with URLs only, not with paths, --tree and --sha256`
}

const HTTP_ONLY = ['header', 'request', 'data', 'location', 'include', 'fail'] as const

async function get(
  url: string,
  paths: TreePath[],
  options: GetOptions & { readonly output: string },
  io: Io,
): Promise<number> {
  using shutdown = new Shutdown(io)
  const { tree = false, sha256 = false, concurrency, json } = options
  const target = await Target.at(options.output)
  const place = url.replace(/^https:/, 'spdy+tls:')
  const session = await connect(place, { signal: shutdown.drain, ...(await trustOf(place, options)) })
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

/** Whom to trust, where there is TLS. */
async function trustOf(url: string, { insecure, cacert }: GetOptions) {
  if (!/^[a-z0-9]+\+tls:/.test(url)) return {}
  return {
    rejectUnauthorized: insecure !== true,
    ...(cacert !== undefined && { ca: await readText(cacert) }),
  }
}

function toPath(text: string): TreePath {
  const path = parseTreePath(text.startsWith('/') ? text : `/${text}`)
  if (path === undefined) throw new UsageError(`expected a path inside the tree, got '${text}'`)
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
