/** Node's shape on HTTP/1.1: the listener gets Node's own request and response, and the exchange looks on. */
import type { ServerResponse } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { quiet } from '../message/quiet.js'
import type { Exchange } from './exchange.js'
import type { Http1Stream } from './http1-stream.js'
import type { NodeListener } from './node-handler.js'

/** Settles when the listener is done, its answer is over and nothing more comes of the request; rejects when it fails. */
export async function runHttp1(
  listener: NodeListener,
  exchange: Exchange,
  stream: Http1Stream,
): Promise<void> {
  const { request, response } = stream.lend()
  watch(exchange, response)
  // What is written behind the end, for one: a fault of the listener's, and no end of the process.
  const faulted = new Promise<never>((_, reject) => response.once('error', reject))
  const over = quiet(Promise.race([faulted, Promise.all([closed(response), closed(request)])]))
  await listener(request, response)
  await over
}

/** All ways to a head lead through `writeHead`; it is the response's own field, for frameworks replace the prototypes. */
function watch(exchange: Exchange, response: ServerResponse): void {
  response.writeHead = (...args: unknown[]) => {
    Object.getPrototypeOf(response).writeHead.apply(response, args)
    exchange.follow(response.statusCode, false)
    return response
  }
  response.once('prefinish', () => exchange.follow(response.statusCode, true))
}

const closed = (side: Readable | Writable): Promise<void> =>
  new Promise((resolve) => {
    if (side.closed) resolve()
    else side.once('close', resolve)
  })
