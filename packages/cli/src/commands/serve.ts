import { parseAddress } from 'plexus'
import type { PlexusServer } from 'plexus/node'
import { listen } from 'plexus/node'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Shutdown } from '../console/shutdown.js'
import { describeBlocked, statsReport } from '../console/stats.js'
import { fileService } from '../files/file-service.js'
import { Tree } from '../files/tree.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'
import { drained } from './drained.js'

interface ServeOptions {
  readonly listen: string
  readonly maxStreams: number
  readonly json?: true
}

export const addServe: AddCommand = (program, { io, end }) => {
  program
    .command('serve')
    .description('serve the files of a directory as streams')
    .argument('<dir>', 'the directory; nothing outside of it is served, links included')
    .requiredOption('--listen <url>', 'where, e.g. spdy+tcp://127.0.0.1:9310 or spdy+unix:/tmp/plexus.sock')
    .option('--max-streams <n>', 'streams that one session may have open at once', positive, 100)
    .option('--json', 'one JSON object a line on stdout: where it listens, and each session at its end')
    .addHelpText('after', ANSWERS)
    .action(async (dir: string, options: ServeOptions) => end(await serve(dir, options, io)))
}

async function serve(dir: string, options: ServeOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const tree = await Tree.at(dir)
  const strict = parseAddress(options.listen).parameters.get('profile') !== 'spdystream'
  const limits = { maxInboundStreams: options.maxStreams }
  const server = await listen(options.listen, { limits }, fileService(tree, { strict }))
  report(server, options, io)
  if (options.json) io.out(JSON.stringify({ listening: server.port ?? server.url, url: server.url }))
  io.note(`serving ${dir} at ${server.url}`)
  return (await drained(server, shutdown)) ? SUCCESS : FAILURE
}

function report(server: PlexusServer, options: ServeOptions, io: Io): void {
  server.sessions$.subscribe((session) => {
    void session.closed.then((error) => {
      const { stats, label } = session
      const closed = error?.message ?? null
      if (options.json) io.out(JSON.stringify({ session: label, ...statsReport(stats), error: closed }))
      io.note(
        `${label}: ${stats.streamsAccepted} streams, ${stats.bytesSent} bytes; blocked ${describeBlocked(stats.blocked)}`,
      )
      if (closed !== null) io.note(`${label}: ${closed}`)
    })
  })
}

const ANSWERS = `
A stream asks by its headers and is answered by \`:status\`:
  GET /a/b.txt     200 and the file; the path is percent-encoded. 404 if there is none, 400 if :method, :path,
                   :version, :host or :scheme is missing (but for :path they may be with ?profile=spdystream)
  HEAD /a/b.txt    the same without the file; other methods are answered with 405
  GET /a?tree      one JSON object a line: {"path":…,"bytes":…} for each file at and below /a; links are not
                   followed; at last {"files":…,"bytes":…,"leftOut":…}
With the header x-want-sha256: 1 the trailer x-sha256 says in hex what was sent.`
