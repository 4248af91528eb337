/** One request on to a server of HTTP/1.1, and its answer back, by Node's own client. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { type CrossingOptions, crossResponse, Refusal } from '@plexus/http'
import { crossToHttp1, doubt, hasBody } from '@plexus/http/node'
import { HeaderFields } from 'plexus'
import { Http1Client, type Http1Trust } from './http1-client.js'
import type { HttpTarget } from './target.js'

/** As requests cross to sessions. */
const CROSSING: CrossingOptions = { forwarded: 'forwarded' }

export interface Http1ForwardOptions extends Http1Trust {
  /** What went wrong; the client was told: 400, 502, 508, or an answer that breaks off. */
  readonly onError: (error: unknown) => void
}

/**
 * Streams requests to `target`, both bodies with back-pressure; keeps connections for the next. Each is written anew from
 * the model that was read, so that one request in is one request out (S08), whatever brought it.
 */
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
      else if (!gone.signal.aborted) answer(response, 502)
      if (!gone.signal.aborted || response.writableFinished) this.#options.onError(error)
    }
  }

  close(): void {
    this.#client.close()
  }

  async #cross(incoming: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const request = crossToHttp1(incoming, CROSSING)
    if (request instanceof Refusal) return this.#refuse(request, incoming, response)
    const { method, path, authority, headers } = request
    const { host, port } = this.#target
    const fields = [['host', authority] as const, ...headers, ...(await framing(incoming))]
    const { outgoing, answered } = this.#client.begin({ host, port, method, path, headers: fields, signal })
    // The server may answer before it has all, and its answer holds.
    pipeline(incoming, outgoing).catch(() => {})
    const answer = await answered
    const head = {
      status: answer.statusCode!,
      statusText: answer.statusMessage ?? '',
      headers: HeaderFields.fromFlat(answer.rawHeaders.map((text, i) => (i % 2 ? text : text.toLowerCase()))),
    }
    const crossed = crossResponse(head, answer.httpVersion, CROSSING)
    // Trailers stay here, and so does the promise of them.
    const kept = [...crossed.headers].filter(([name]) => name !== 'trailer')
    response.writeHead(crossed.status, crossed.statusText, kept.flat())
    await pipeline(answer, response)
  }

  #refuse({ status, error }: Refusal, incoming: IncomingMessage, response: ServerResponse): void {
    // Where the next request begins is not sure any more.
    if (status === 400) {
      response.shouldKeepAlive = false
      doubt(incoming)
    }
    answer(response, status)
    this.#options.onError(error)
  }
}

/** How the origin sees the end of a body whose length nobody said: chunked, and not at all where there is none. */
async function framing(incoming: IncomingMessage): Promise<[string, string][]> {
  const { headers, method = '' } = incoming
  if (headers['content-length'] !== undefined) return []
  if (await bringsBytes(incoming)) return [['transfer-encoding', 'chunked']]
  return EXPECTS_CONTENT.has(method) ? [['content-length', '0']] : []
}

/** Methods whose request without content still says so (RFC 9110 §8.6). */
const EXPECTS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** On HTTP/1.1 the fields say so; of a stream its first bytes, or its end before them. */
async function bringsBytes(incoming: IncomingMessage): Promise<boolean> {
  if (incoming.socket instanceof Socket) return hasBody(incoming)
  if (incoming.readableLength === 0 && !incoming.readableEnded && !incoming.destroyed) {
    await new Promise<void>((resolve) => {
      const settle = () => {
        // One that stays would keep the body from flowing.
        for (const event of EDGES) incoming.off(event, settle)
        resolve()
      }
      for (const event of EDGES) incoming.on(event, settle)
    })
  }
  return incoming.readableLength > 0
}

const EDGES = ['readable', 'end', 'close'] as const

function answer(response: ServerResponse, status: number): void {
  const text = `${STATUS_CODES[status] ?? 'Refused'}\n`
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length })
  response.end(text)
}
