/** How does code that takes an `http.Agent` use a session? Its connections are pipes to a server of Node's own in here. */
import {
  Agent,
  type ClientRequestArgs,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type Duplex, pipeline, Readable } from 'node:stream'
import { unsendable } from './faults.js'
import { headersOf, informTo, writeTo } from './node-messages.js'
import { originAt } from './origin.js'
import { pipe } from './pipe.js'
import type { PoolRequest } from './pool/http-pool.js'
import type { Requester } from './requester.js'
import { sessionKey, type TlsOptionsOfPlace } from './session-key.js'

export interface SessionAgentOptions {
  /** Scheme of the requests. Default that of the client's origin, else `http`. */
  readonly scheme?: 'http' | 'https' | undefined
  /**
   * The options of TLS that the session was dialled with: a request that names others is refused (S11). With a pool, those of requests
   * that do not name them; default the pool's.
   */
  readonly tls?: TlsOptionsOfPlace | undefined
}

/**
 * An agent for `http.request({ agent })` and what stands on it: each request becomes a stream of the client's session. HTTP/1.1
 * is parsed by Node's own parser, and goes no further than this process. A request that fails emits `error` with the
 * PlexusError. So does one to another origin than the client's, unless its `speaksFor` allows it, and one that wants other
 * options of TLS (S11): scheme, host, port and `host` field are looked at each time. With a pool each goes on a connection to the host
 * and with the options of TLS that it names, as with Node's own agents, whatever its `host` field says. As with Node's agents, `https:` wants one
 * whose scheme it is.
 */
export class SessionAgent extends Agent {
  readonly #client: Requester
  readonly #scheme: 'http' | 'https'
  readonly #tls: TlsOptionsOfPlace
  readonly #server: Server
  /** By our end of each pipe. */
  readonly #pipes = new WeakMap<object, Pipe>()

  constructor(client: Requester, options: SessionAgentOptions = {}) {
    // A pipe costs next to nothing, and one that is kept would have to be watched.
    super({ keepAlive: false })
    this.#client = client
    const { origin } = client.options
    const isSecure = origin !== undefined && new URL(origin).protocol === 'https:'
    this.#scheme = options.scheme ?? (isSecure ? 'https' : 'http')
    this.#tls = options.tls ?? {}
    Object.assign(this, { protocol: `${this.#scheme}:`, defaultPort: this.#scheme === 'https' ? 443 : 80 })
    // Time-outs and limits of headers are the session's; both ends are the caller's own.
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
    this.#server.on('request', (request, response) => void this.#forward(request, response))
    this.#server.on('checkContinue', (request, response) => void this.#forward(request, response, true))
    this.#server.on('connect', (request, socket, head) => void this.#tunnel(request, socket, head))
    this.#server.on('clientError', (error, socket) => this.#fail(socket, error))
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | undefined {
    let way: Way
    try {
      way = this.#client.isRouting ? this.#wayOf(options) : this.#onlyWay(options)
    } catch (error) {
      process.nextTick(() => callback?.(error as Error, undefined as never))
      return undefined
    }
    const [theirs, ours] = pipe()
    this.#pipes.set(ours, { theirs, way })
    theirs.on('close', () => ours.destroy())
    ours.on('error', () => {})
    this.#server.emit('connection', ours)
    return theirs
  }

  #at(options: ClientRequestArgs, host = options.host ?? 'localhost'): string {
    return originAt(this.#scheme, `${host.includes(':') ? `[${host}]` : host}:${options.port}`)
  }

  /** Where a pool is to go to: the options of TLS that this agent has, and those that the request names. */
  #wayOf(options: ClientRequestArgs): Way {
    const origin = this.#at(options)
    if (this.#scheme === 'http') return { origin }
    const { servername, ...asked } = tlsOptionsOf(options)
    // Node names it each time; what is the host's own is no other way.
    const isOwn = !servername || servername === new URL(origin).hostname
    const tls = { ...this.#tls, ...asked, ...(!isOwn && { servername }) }
    return Object.keys(tls).length === 0 ? { origin } : { origin, tls }
  }

  /** @throws PlexusError for a connection that the session is not (S11) */
  #onlyWay(options: ClientRequestArgs): Way {
    const scheme = this.#scheme
    const origin = this.#at(options)
    this.#client.expectOrigin(origin)
    if (scheme === 'http') return { origin }
    const { servername, ...asked } = tlsOptionsOf(options)
    if (servername && servername !== this.#tls.servername)
      this.#client.expectOrigin(this.#at(options, String(servername)))
    const authority = new URL(origin).host
    const key = sessionKey({ scheme, authority, tls: this.#tls })
    if (sessionKey({ scheme, authority, tls: { ...this.#tls, ...asked } }) !== key)
      throw unsendable(`the options of TLS that the session was dialled with, got others for ${origin}`)
    return { origin }
  }

  async #forward(request: IncomingMessage, response: ServerResponse, isExpected = false): Promise<void> {
    const abort = new AbortController()
    response.on('close', () => response.writableFinished || abort.abort())
    try {
      const { method = 'GET', url = '/' } = request
      const hasBody =
        request.headers['transfer-encoding'] !== undefined ||
        Number(request.headers['content-length'] ?? 0) > 0
      this.#client.expectOrigin(originAt(this.#scheme, request.headers.host ?? ''))
      const answer = await this.#client.request({
        ...this.#pipes.get(request.socket)?.way,
        method,
        path: url,
        authority: request.headers.host,
        scheme: this.#scheme,
        headers: headersOf(request.rawHeaders),
        body: hasBody ? bodyOf(request, response, isExpected) : undefined,
        expectContinue: isExpected && this.#client.hasInterim,
        // Whoever expects to go on is told so when the body is wanted.
        onInformational: (head) => (head.status === 100 && isExpected) || informTo(request.socket, head),
        signal: abort.signal,
      })
      await writeTo(response, answer)
    } catch (error) {
      this.#fail(request.socket, error)
    }
  }

  async #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const abort = new AbortController()
    socket.on('close', () => abort.abort())
    try {
      const { signal } = abort
      const { rawHeaders, url } = request
      const headers = headersOf(rawHeaders)
      const { way } = this.#pipes.get(socket) ?? {}
      const answer = await this.#client.request({
        ...way,
        method: 'CONNECT',
        authority: url,
        headers,
        signal,
      })
      socket.write(`HTTP/1.1 ${answer.status} ${answer.statusText}\r\n\r\n`)
      if (!answer.ok) return void pipeline(Readable.from(answer.body), socket, () => {})
      const { stream } = answer
      if (head.length > 0) await stream.write(head)
      pipeline(Readable.from(answer.body), socket, (error) => error && stream.reset('CONNECT_ERROR'))
      // Its other half goes on after its end.
      for await (const bytes of socket.iterator({ destroyOnReturn: false })) await stream.write(bytes)
      await stream.close()
    } catch (error) {
      this.#fail(socket, error)
    }
  }

  /** The caller's request hears of it as of a connection's error. */
  #fail(socket: Duplex, error: unknown): void {
    const theirs = this.#pipes.get(socket)?.theirs
    theirs?.destroy(error instanceof Error ? error : new Error(String(error)))
    socket.destroy()
  }
}

/** What a request says of its connection. */
type Way = Pick<PoolRequest, 'origin' | 'tls'>

interface Pipe {
  /** The caller's end. */
  readonly theirs: Duplex
  readonly way: Way
}

/** What of a connection's options is TLS's: all that node:tls knows today. */
const OF_TLS = [
  'ALPNCallback ALPNProtocols SNICallback allowPartialTrustChain ca cert checkServerIdentity ciphers clientCertEngine crl',
  'dhparam ecdhCurve honorCipherOrder key maxVersion minVersion passphrase pfx privateKeyEngine privateKeyIdentifier',
  'pskCallback rejectUnauthorized requestOCSP secureContext secureOptions secureProtocol servername session',
  'sessionIdContext sigalgs',
].flatMap((names) => names.split(' '))

function tlsOptionsOf(options: object): Record<string, unknown> {
  const given = options as Record<string, unknown>
  return Object.fromEntries(OF_TLS.filter((name) => given[name] != null).map((name) => [name, given[name]]))
}

/** What is expected is asked for when the session wants it. */
async function* bodyOf(request: IncomingMessage, response: ServerResponse, isExpected: boolean) {
  if (isExpected) response.writeContinue()
  yield* request
}
