import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type ProxyOptions, proxyTo, type Route } from '@plexus/http'
import { ReverseHub, streamProxy, Upstream } from '@plexus/http/node'
import type { Command } from 'commander'
import type { MuxSession, PlexusSession } from 'plexus'
import { listen } from 'plexus/node'
import { explain } from '../console/explain.js'
import { token } from '../console/fields.js'
import type { Io } from '../console/io.js'
import { positive } from '../console/options.js'
import { Shutdown } from '../console/shutdown.js'
import { reportSession } from '../console/stats.js'
import { UsageError } from '../console/usage.js'
import { readText } from '../files/read-text.js'
import { openDoor, type Service } from '../http/listen.js'
import { parseHttpTarget } from '../http/target.js'
import { certificateAt } from './certificate-at.js'
import { type AddCommand, FAILURE, SUCCESS } from './command.js'

interface ProxyCommandOptions {
  readonly listen: string
  readonly to?: string
  readonly reverse?: string
  readonly originCa?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: true
  readonly cacert?: string
  readonly via?: string
  readonly maxStreams: number
  readonly json?: true
}

/** Where the clients of sessions are; undefined for those without an address. */
type Addresses = WeakMap<MuxSession, string | undefined>

/** What stands behind the proxy. */
interface Behind {
  readonly service: Service
  /** As a person would call it. */
  readonly label: string
  /** Facts for `--json`. */
  readonly facts: object
  close(now: AbortSignal): Promise<void>
}

export const addProxy: AddCommand = (program, { io, end }) => {
  program
    .command('proxy')
    .description('send the requests of one side on to another, streaming both ways')
    .requiredOption('--listen <url>', 'where clients come: http://…, https://…, spdy+tls://… or spdy+tcp://…')
    .option(
      '--to <url>',
      'where requests go: spdy+tcp://…, spdy+tls://…, https://… (SPDY or HTTP/1.1, as it chooses) or http://…',
    )
    .option(
      '--reverse <url>',
      'in place of --to: where origins dial in (plexus serve DIR --reverse), e.g. spdy+tcp://127.0.0.1:9400; ' +
        'whoever can dial there can be the origin, unless there is --origin-ca',
    )
    .option(
      '--origin-ca <file>',
      'with --reverse spdy+tls://…: origins show a certificate of this CA (PEM), and get the requests for the host it names',
    )
    .option('--cert <file>', 'certificate chain for TLS, PEM (default: one made for this run)')
    .option('--key <file>', 'its private key, PEM')
    .option('-k, --insecure', 'take any certificate of the other side')
    .option('--cacert <file>', 'trust the certificates in this file (PEM) besides')
    .option(
      '--via <name>',
      'our name in via, by which a loop is known (default: one made for this run)',
      token,
    )
    .option('--max-streams <n>', 'streams that one session of a client may have open at once', positive, 100)
    .option('--json', 'one JSON object a line on stdout: where it listens, and each session at its end')
    .addHelpText('after', ANSWERS)
    .action(async (options: ProxyCommandOptions, command: Command) => {
      const { to, reverse } = options
      if ((to === undefined) === (reverse === undefined)) command.error('error: expected --to or --reverse')
      end(await proxy(options, io))
    })
}

async function proxy(options: ProxyCommandOptions, io: Io): Promise<number> {
  using shutdown = new Shutdown(io)
  const addresses: Addresses = new WeakMap()
  const behind = await (options.to === undefined
    ? hub(options, addresses, io)
    : target(options.to, options, addresses, io))
  try {
    const door = await openDoor(options.listen, behind.service, {
      limits: { maxInboundStreams: options.maxStreams },
      certificate: (place) => certificateAt(place, options, io),
      onSession(session, connection) {
        if (connection instanceof Socket) addresses.set(session, connection.remoteAddress)
        reportSession(session, options, io)
      },
      onError: (error) => io.note(`plexus: ${explain(error)}`),
    })
    if (options.json)
      io.out(JSON.stringify({ listening: door.port ?? door.url, url: door.url, ...behind.facts }))
    io.note(`passing on what comes to ${door.url} to ${behind.label}`)
    await shutdown.asked()
    await door.close(shutdown.now)
  } finally {
    await behind.close(shutdown.now)
  }
  return shutdown.now.aborted ? FAILURE : SUCCESS
}

/** Requests go to a server that is dialled when there is one. */
async function target(
  url: string,
  options: ProxyCommandOptions,
  addresses: Addresses,
  io: Io,
): Promise<Behind> {
  const { isSecure } = parseHttpTarget(url)
  const upstream = new Upstream(url, {
    ...(isSecure && (await trustOf(options))),
    onSession: (session) => reportSession(session, options, io),
  })
  return {
    service: serviceOf(() => upstream, options, addresses, io),
    label: url,
    facts: { to: url },
    close: (signal) => upstream.close({ signal }),
  }
}

async function trustOf({ insecure, cacert }: ProxyCommandOptions) {
  return { rejectUnauthorized: insecure !== true, ...(cacert && { ca: await readText(cacert) }) }
}

/** Requests go to whoever dialled us. */
async function hub(options: ProxyCommandOptions, addresses: Addresses, io: Io): Promise<Behind> {
  const url = options.reverse!
  const origins = new ReverseHub()
  const onSession = (session: PlexusSession, connection: Duplex) => {
    const name = options.originCa === undefined ? undefined : nameOf(connection as TLSSocket)
    try {
      origins.add(session, name)
    } catch (error) {
      io.note(`${session.label}: ${explain(error)}`)
      return
    }
    io.note(`${session.label} is ${name === undefined ? 'an origin' : `the origin ${name}`}`)
    reportSession(session, options, io)
  }
  const server = await listen(url, { role: 'client', onSession, ...(await doorOfOrigins(url, options, io)) })
  return {
    service: serviceOf(origins.route, options, addresses, io),
    label: `the origins that dial ${server.url}`,
    facts: { reverse: server.url },
    close: (now) => server.close({ signal: now }),
  }
}

/** With a CA for origins, only those that show a certificate of it come in. */
async function doorOfOrigins(url: string, options: ProxyCommandOptions, io: Io) {
  const { originCa } = options
  if (!/^[a-z0-9]+\+tls:/.test(url)) {
    if (originCa !== undefined) throw new UsageError('expected --origin-ca with --reverse spdy+tls://… only')
    return {}
  }
  const { key, cert } = await certificateAt(parseHttpTarget(url), options, io)
  return { key, cert, ...(originCa && { ca: await readText(originCa), requestCert: true }) }
}

/** Whom the certificate of an origin speaks of: the host whose requests it gets. */
function nameOf(socket: TLSSocket): string {
  const { subjectaltname = '', subject } = socket.getPeerCertificate()
  const [, name] = /(?:^|, )DNS:([^,]+)/.exec(subjectaltname) ?? []
  return name ?? `${subject.CN}`
}

function serviceOf(route: Route, { via }: ProxyCommandOptions, addresses: Addresses, io: Io): Service {
  const settings: ProxyOptions = {
    ...(via !== undefined && { via }),
    forwarded: 'forwarded',
    logger: {
      warn(facts, message) {
        // A client that went away, as browsers do with what they want no more, is no failure to tell of.
        if (!('code' in facts && facts.code === 'CANCEL')) io.note(`${message}: ${JSON.stringify(facts)}`)
      },
    },
  }
  return {
    requests: (request, response) => streamProxy(route, request, response, settings).catch(() => {}),
    exchanges: proxyTo(route, { ...settings, address: ({ session }) => addresses.get(session) }),
  }
}

const ANSWERS = `
What speaks of one connection stays on it; via and forwarded say where a request came from. A client gets 404 while there
is no origin, 508 for a request that was here before, 502 when it fails, 503 when it takes no more, 504 when it does not answer. An interrupt lets what is under
way end.`
