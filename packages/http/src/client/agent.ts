/** How does code that takes an `http.Agent` use a session? Its connections are pipes to a server of Node's own in here. */
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Duplex, pipeline, Readable } from 'node:stream'
import type { HttpClient } from './http-client.js'
import { headersOf, writeTo } from './node-messages.js'
import { pipe } from './pipe.js'

export interface SessionAgentOptions {
  /** Scheme of the requests. Default that of the client's origin, else `http`. */
  readonly scheme?: 'http' | 'https' | undefined
}

/**
 * An agent for `http.request({ agent })` and what stands on it: each request becomes a stream of the client's session. HTTP/1.1
 * is parsed by Node's own parser, and goes no further than this process. A request that fails emits `error` with the
 * PlexusError. What the agent connects to is the session, whatever host the request names.
 */
export class SessionAgent extends Agent {
  readonly #client: HttpClient
  readonly #scheme: string | undefined
  readonly #server: Server
  /** The caller's end of each pipe, by ours. */
  readonly #ends = new WeakMap<object, Duplex>()

  constructor(client: HttpClient, options: SessionAgentOptions = {}) {
    // A pipe costs next to nothing, and one that is kept would have to be watched.
    super({ keepAlive: false })
    this.#client = client
    this.#scheme = options.scheme ?? (client.options.origin === undefined ? 'http' : undefined)
    // Time-outs and limits of headers are the session's; both ends are the caller's own.
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
    this.#server.on('request', (request, response) => void this.#forward(request, response))
    this.#server.on('checkContinue', (request, response) => void this.#forward(request, response, true))
    this.#server.on('connect', (request, socket, head) => void this.#tunnel(request, socket, head))
    this.#server.on('clientError', (error, socket) => this.#fail(socket, error))
  }

  override createConnection(): Duplex {
    const [theirs, ours] = pipe()
    this.#ends.set(ours, theirs)
    theirs.on('close', () => ours.destroy())
    ours.on('error', () => {})
    this.#server.emit('connection', ours)
    return theirs
  }

  async #forward(request: IncomingMessage, response: ServerResponse, isExpected = false): Promise<void> {
    const abort = new AbortController()
    response.on('close', () => response.writableFinished || abort.abort())
    try {
      const { method = 'GET', url = '/' } = request
      const hasBody =
        request.headers['transfer-encoding'] !== undefined ||
        Number(request.headers['content-length'] ?? 0) > 0
      const answer = await this.#client.request({
        method,
        path: url,
        authority: request.headers.host,
        scheme: this.#scheme,
        headers: headersOf(request.rawHeaders),
        body: hasBody ? bodyOf(request, response, isExpected) : undefined,
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
      const answer = await this.#client.request({ method: 'CONNECT', authority: url, headers, signal })
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
    const theirs = this.#ends.get(socket)
    theirs?.destroy(error instanceof Error ? error : new Error(String(error)))
    socket.destroy()
  }
}

/** What is expected is asked for when the session wants it. */
async function* bodyOf(request: IncomingMessage, response: ServerResponse, isExpected: boolean) {
  if (isExpected) response.writeContinue()
  yield* request
}
