/** HTTP/1.1 by Node's own client. */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { printable } from './frame-dump.js'
import { Http1Client } from './http1-client.js'
import type { Answer, Asking, DialOptions, Fields, HttpPeer } from './peer.js'

/** Connections to one server, one request at a time on each; as many as there are requests at once. */
export class Http1Peer implements HttpPeer {
  readonly #options: DialOptions
  readonly #client: Http1Client

  constructor(isSecure: boolean, options: DialOptions) {
    this.#options = options
    this.#client = new Http1Client(isSecure, options)
  }

  async ask(asking: Asking): Promise<Answer> {
    const { target, method, signal, body } = asking
    const headers = [...withHost(asking), ...lengthOf(asking)]
    const { host, port, path } = target
    const { outgoing, answered } = this.#client.begin({ host, port, path, method, headers, signal })
    this.#dump(`send ${method} ${path} HTTP/1.1`, headers)
    if (body === undefined) outgoing.end()
    // A server may answer before it has all, and its answer holds.
    else pipeline(Readable.from(body.open()), outgoing).catch(() => {})
    const response = await answered
    const answer = answerOf(response)
    this.#dump(`recv ${answer.protocol} ${answer.status} ${answer.statusText}`, answer.headers)
    return answer
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  #dump(first: string, fields: Fields): void {
    const { dump, seconds } = this.#options
    if (dump === undefined) return
    dump(printable(`[${seconds().toFixed(3).padStart(7)}] ${first}`))
    for (const [name, value] of fields) dump(`          ${printable(`${name}: ${value}`)}`)
  }
}

function withHost({ headers, target }: Asking): Fields {
  return headers.some(([name]) => name.toLowerCase() === 'host')
    ? headers
    : [['Host', target.authority], ...headers]
}

function lengthOf({ headers, body }: Asking): Fields {
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted)
  if (body === undefined || has('content-length') || has('transfer-encoding')) return []
  return body.length === undefined
    ? [['Transfer-Encoding', 'chunked']]
    : [['Content-Length', `${body.length}`]]
}

function answerOf(response: IncomingMessage): Answer {
  return {
    protocol: `HTTP/${response.httpVersion}`,
    status: response.statusCode!,
    statusText: response.statusMessage ?? '',
    headers: pairs(response.rawHeaders),
    body: response,
    trailers: async () => pairs(response.rawTrailers),
    cancel: () => void response.destroy(),
  }
}

function pairs(raw: readonly string[]): Fields {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]!] as const] : []))
}
