/** One request on to a server of HTTP/1.1, and its answer back, by Node's own client. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Http1Client, type Http1Trust } from './http1-client.js'
import type { HttpTarget } from './target.js'

/** Fields that speak of one connection (RFC 9110 §7.6.1). */
const OF_CONNECTION = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authorization', 'proxy-authenticate', 'http2-settings', 'expect'],
]

export interface Http1ForwardOptions extends Http1Trust {
  /** What went wrong; the client was told: 502, 504, or an answer that breaks off. */
  readonly onError: (error: unknown) => void
}

/** Streams requests to `target`, both bodies with back-pressure; keeps connections for the next. */
export class Http1Forward {
  readonly #target: HttpTarget
  readonly #options: Http1ForwardOptions
  readonly #client: Http1Client

  constructor(target: HttpTarget, options: Http1ForwardOptions) {
    this.#target = target
    this.#options = options
    this.#client = new Http1Client(target.isSecure, options)
  }

  readonly requests = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      await this.#cross(incoming, response, gone.signal)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else if (!gone.signal.aborted) refuse(response)
      if (!gone.signal.aborted || response.writableFinished) this.#options.onError(error)
    }
  }

  close(): void {
    this.#client.close()
  }

  async #cross(incoming: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { host, port } = this.#target
    const { outgoing, answered } = this.#client.begin({
      host,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: [...crossing(incoming), ...bodyFields(incoming)],
      signal,
    })
    // The server may answer before it has all, and its answer holds.
    pipeline(incoming, outgoing).catch(() => {})
    const answer = await answered
    const fields = crossing(answer)
    const { 'content-length': length } = answer.headers
    if (length !== undefined) fields.push(['content-length', length])
    response.writeHead(answer.statusCode!, answer.statusMessage ?? '', fields.flat())
    await pipeline(answer, response)
  }
}

/** The fields that go on; the length of a body is said apart. */
function crossing({ headers, rawHeaders }: IncomingMessage): [string, string][] {
  const named = (headers.connection ?? '').toLowerCase().split(',')
  const left = new Set([...OF_CONNECTION, ...named.map((name) => name.trim()), 'content-length'])
  const fields: [string, string][] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (!left.has(name.toLowerCase()) && !name.startsWith(':')) fields.push([name, rawHeaders[i + 1]!])
  }
  return fields
}

/** As it was read: by its length, or chunked; Node's parser takes no request that says both. */
function bodyFields({ headers, method }: IncomingMessage): [string, string][] {
  const length = headers['content-length']
  if (length !== undefined) return [['Content-Length', length]]
  const hasNone = headers['transfer-encoding'] === undefined && (method === 'GET' || method === 'HEAD')
  return hasNone ? [] : [['Transfer-Encoding', 'chunked']]
}

function refuse(response: ServerResponse): void {
  const text = `${STATUS_CODES[502]}\n`
  response.writeHead(502, { 'content-type': 'text/plain', 'content-length': text.length })
  response.end(text)
}
