import { httpStreams } from '@plexus/http'
import { nodeHandler } from '@plexus/http/node'
import type { Command } from 'commander'
import type { MuxStream, PlexusSession } from 'plexus'
import { explain } from '../console/explain.js'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Shutdown } from '../console/shutdown.js'
import { reportSession } from '../console/stats.js'
import { fileService } from '../files/file-service.js'
import { httpFiles, MAX_HTTP_FILES } from '../files/http-files.js'
import { WANT_SHA256 } from '../files/request.js'
import { Tree } from '../files/tree.js'
import { queryOf } from '../files/tree-path.js'
import { openDoor, type Service } from '../http/listen.js'
import { certificateAt } from './certificate-at.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'
import { serveReverse } from './serve-reverse.js'

interface ServeOptions {
  readonly listen?: string
  readonly reverse?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: true
  readonly cacert?: string
  readonly maxStreams: number
  readonly json?: true
}

export const addServe: AddCommand = (program, { io, end }) => {
  program
    .command('serve')
    .description('serve the files of a directory over HTTP: SPDY, TLS, HTTP/1.1')
    .argument('<dir>', 'the directory; nothing outside of it is served, links included')
    .option(
      '--listen <url>',
      'where: https://127.0.0.1:8443 (SPDY and HTTP/1.1 on one port), spdy+tls://…, spdy+tcp://127.0.0.1:9310, ' +
        'spdy+unix:/tmp/plexus.sock or http://…',
    )
    .option(
      '--reverse <url>',
      'in place of --listen: dial the hub there (plexus proxy --reverse) and serve what it asks; dial again for ever',
    )
    .option(
      '--cert <file>',
      'certificate chain for TLS, PEM (default: one made for this run); with --reverse shown to the hub',
    )
    .option('--key <file>', 'its private key, PEM')
    .option('-k, --insecure', 'with --reverse: take any certificate of the hub')
    .option('--cacert <file>', 'with --reverse: trust the certificates in this file (PEM) besides')
    .option('--max-streams <n>', 'streams that one session may have open at once', positive, 100)
    .option('--json', 'one JSON object a line on stdout: where it listens, and each session at its end')
    .addHelpText('after', ANSWERS)
    .action(async (dir: string, options: ServeOptions, command: Command) => {
      const { listen, reverse } = options
      if ((listen === undefined) === (reverse === undefined))
        command.error('error: expected --listen or --reverse')
      end(await serve(dir, options, io))
    })
}

async function serve(dir: string, options: ServeOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const { listen, reverse, maxStreams } = options
  const tree = await Tree.at(dir, MAX_HTTP_FILES)
  const onError = (error: unknown) => io.note(`plexus: ${explain(error)}`)
  const requests = httpFiles(tree, { onError })
  const limits = { maxInboundStreams: maxStreams }
  const onSession = (session: PlexusSession) => reportSession(session, options, io)
  if (reverse !== undefined) {
    const handler = httpStreams(nodeHandler(requests), { onError })
    io.note(`serving ${dir} to the hub at ${reverse}`)
    return (await serveReverse(reverse, { handler, limits, onSession, tls: options }, shutdown, io))
      ? SUCCESS
      : FAILURE
  }
  const url = listen!
  const door = await openDoor(
    url,
    { requests, streams: streamsFor(url, tree) },
    { limits, onSession, onError, certificate: (target) => certificateAt(target, options, io) },
  )
  if (options.json) io.out(JSON.stringify({ listening: door.port ?? door.url, url: door.url }))
  io.note(`serving ${dir} at ${door.url}`)
  await shutdown.asked()
  await door.close(shutdown.now)
  return shutdown.now.aborted ? FAILURE : SUCCESS
}

/** On streams, a list of the tree and hashes are to be had besides HTTP; and with spdystream's streams, only they. */
function streamsFor(url: string, tree: Tree): Service['streams'] {
  const isHttp = !/[?&]profile=spdystream(?:&|$)/.test(url)
  const streams = fileService(tree, { strict: isHttp })
  return (stream) => (isHttp && !wantsMore(stream) ? false : (streams(stream) as Promise<void>))
}

/** What the streams' own service alone can do. */
function wantsMore({ headers }: MuxStream): boolean {
  return headers.has(WANT_SHA256) || queryOf(headers.get(':path') ?? '') === 'tree'
}

const ANSWERS = `
GET and HEAD are answered with files, their types, ranges and conditions; a directory with its index.html or a list.
Paths are percent-encoded. 404 if there is nothing, 405 for other methods, 503 while too many files are open.
  GET /a?tree      one JSON object a line: {"path":…,"bytes":…} for each file at and below /a; links are not
                   followed; at last {"files":…,"bytes":…,"leftOut":…}
Over SPDY, the header x-want-sha256: 1 brings the trailer x-sha256, which says in hex what was sent.
With ?profile=spdystream a stream needs no header but :path; there are no types, ranges and lists of directories then.`
