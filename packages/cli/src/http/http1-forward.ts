/** One request on to a server of HTTP/1.1, and its answer back, by Node's own client. */
import { Agent, type IncomingMessage, request, type ServerResponse, STATUS_CODES } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { HttpTarget } from './target.js'

/** Fields that speak of one connection (RFC 9110 §7.6.1). */
const OF_CONNECTION = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authorization', 'proxy-authenticate', 'http2-settings', 'expect'],
]

export interface Http1ForwardOptions {
  readonly insecure: boolean
  readonly ca: string | undefined
  /** What went wrong; the client was told: 502, 504, or an answer that breaks off. */
  readonly onError: (error: unknown) => void
}

/** Streams requests to `target`, both bodies with back-pressure; keeps connections for the next. */
export class Http1Forward {
  readonly #target: HttpTarget
  readonly #options: Http1ForwardOptions
  readonly #agent: Agent

  constructor(target: HttpTarget, options: Http1ForwardOptions) {
    const { insecure, ca } = options
    this.#target = target
    this.#options = options
    this.#agent = target.isSecure
      ? new SecureAgent({ keepAlive: true, rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }) })
      : new Agent({ keepAlive: true })
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
    this.#agent.destroy()
  }

  async #cross(incoming: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { host, port, isSecure } = this.#target
    const outgoing = (isSecure ? secureRequest : request)({
      agent: this.#agent,
      host,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: [...crossing(incoming), ...bodyFields(incoming)].flat(),
      setHost: false,
      signal,
      ...(isSecure && { ALPNProtocols: ['http/1.1'] }),
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.on('error', reject)
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
