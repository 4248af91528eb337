/** Handlers of fetch's shape: `(Request) => Response`, as service workers, Hono and many others have it. */

import { type Bytes, HeaderFields } from '@plexus/contract'
import { withoutHopByHop } from '../message/fields.js'
import type { Exchange, ExchangeHandler } from './exchange.js'

/** Gets each request; the exchange beside it has what a `Request` cannot say, such as trailers. */
export type FetchListener = (request: Request, exchange: Exchange) => Response | Promise<Response>

/**
 * Makes a handler of exchanges from one of fetch's shape, on the web standard's own `Request` and `Response`.
 *
 * - Bodies are streams both ways, with back-pressure: nothing is read that nobody asks for, nothing is written that the
 *   client does not take.
 * - `request.signal` aborts when the client goes away; then a response's body is cancelled.
 * - A body that fails after its head was sent resets the stream; `Response.error()`, or anything that is no `Response`,
 *   is a 500.
 * - Fields that speak of one connection are left out of the answer; every `set-cookie` goes out by itself.
 * - CONNECT, TRACE and TRACK, which a `Request` cannot hold, are answered with 501.
 */
export function fetchHandler(listener: FetchListener): ExchangeHandler {
  return async (exchange) => {
    const { method } = exchange.request
    if (UNHELD.has(method))
      return exchange.respond({ status: 501, headers: { 'content-length': 0 } }, { end: true })
    // What may stand in a head as a host is more than what a URL takes (S06).
    if (!URL.canParse(urlOf(exchange)))
      return exchange.respond({ status: 400, headers: { 'content-length': 0 } }, { end: true })
    await answer(exchange, await listener(requestOf(exchange), exchange))
  }
}

const UNHELD: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

function requestOf(exchange: Exchange): Request {
  const { method, headers } = exchange.request
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers: new Headers([...headers]),
    signal: exchange.signal,
  }
  if (method !== 'GET' && method !== 'HEAD') {
    init.body = bodyOf(exchange)
    init.duplex = 'half'
  }
  return new Request(urlOf(exchange), init)
}

const urlOf = ({ request: { scheme, authority, path } }: Exchange) =>
  `${scheme}://${authority}${path === '*' ? '/*' : path}`

/** Reads when somebody reads. */
function bodyOf({ body }: Exchange): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = await body.read()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}

async function answer(exchange: Exchange, response: Response): Promise<void> {
  if (typeof response?.headers?.[Symbol.iterator] !== 'function' || response.status < 200)
    throw new TypeError(`expected a Response of status 200 to 599, got ${shapeOf(response)}`)
  const { status, statusText, body } = response
  const headers = withoutHopByHop(HeaderFields.from(response.headers))
  exchange.respond({ status, headers, ...(statusText && { statusText }) }, { end: body === null })
  if (body === null) return
  const reader = body.getReader()
  if (exchange.hasNoBody) return reader.cancel()
  try {
    await copy(reader, exchange)
  } catch (error) {
    // The source hears of it, and what it has to say about that is not waited for.
    reader.cancel(error).catch(() => {})
    throw error
  }
}

async function copy(reader: ReadableStreamDefaultReader<Bytes>, exchange: Exchange): Promise<void> {
  const { signal } = exchange
  // A source that never gives would keep us from seeing that nobody wants it any more.
  const stop = () => reader.cancel(signal.reason).catch(() => {})
  if (signal.aborted) throw signal.reason
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (signal.aborted) throw signal.reason
      if (done) return await exchange.end()
      await exchange.write(value)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function shapeOf(response: unknown): string {
  const status = (response as { status?: unknown } | null)?.status
  return typeof status === 'number' ? `one of status ${status}` : typeof response
}
