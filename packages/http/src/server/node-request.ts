/** The request as Node's handlers know it: a real `http.IncomingMessage` whose bytes come from an exchange. */
import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Bytes, HeaderFields, PlexusError } from '@plexus/contract'
import type { Exchange } from './exchange.js'
import type { ExchangeSocket } from './node-socket.js'

/** What Node's own server calls on a request beside what its users see. */
interface Inside {
  _consuming: boolean
  readonly _readableState: { readingMore: boolean }
  _dump(): void
  _addHeaderLines(flat: string[], count: number): void
}

type Done = (error?: Error | null) => void

/** Feeds one request. Its methods are the request's own: frameworks replace the prototypes. */
export class RequestFeed {
  readonly request: IncomingMessage
  /** Settles when nothing more comes of the body, or nobody wants it. */
  readonly over: Promise<void>

  readonly #exchange: Exchange
  readonly #socket: ExchangeSocket
  #resolve!: () => void
  #isReading = false
  /** Bytes that may still be dropped; undefined while somebody may want them. */
  #dumpable: number | undefined

  constructor(exchange: Exchange, socket: ExchangeSocket) {
    this.#exchange = exchange
    this.#socket = socket
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
    const request = new IncomingMessage(socket as unknown as Socket)
    this.request = request
    const { method, path, authority, headers } = exchange.request
    request.httpVersion = '1.1'
    request.httpVersionMajor = 1
    request.httpVersionMinor = 1
    request.method = method
    request.url = path
    addLines(request, headers.has('host') ? headers.flat : ['host', authority, ...headers.flat])
    // Node's own waits with reading ahead until somebody reads, and so says `_read` of the prototype.
    inside(request)._readableState.readingMore = false
    request._read = () => this.#read()
    request._destroy = (error, done) => this.#destroy(error, done)
  }

  /** The answer is whole: what nobody began to read is read and dropped, as Node's own server does. */
  dump(limit: number): void {
    const { request } = this
    if (request.complete || request.destroyed || inside(request)._consuming) return
    this.#dumpable = limit
    inside(request)._dump()
  }

  /** The client is gone before its answer was whole. As in Node that shows on a request that was not read, too. */
  abort(error: PlexusError): void {
    this.request.destroy(aborted(this.#exchange.body.fault ?? error))
    this.#resolve()
  }

  #read(): void {
    inside(this.request)._consuming = true
    if (this.#isReading) return
    this.#isReading = true
    this.#exchange.body.read().then(this.#take, this.#fail)
  }

  #take = (bytes: Bytes | undefined): void => {
    this.#isReading = false
    if (this.request.destroyed) return
    if (bytes === undefined) return this.#complete()
    this.#socket.touch()
    if (this.#dumpable !== undefined) {
      this.#dumpable -= bytes.length
      if (this.#dumpable < 0) return void this.#socket.destroy()
    }
    // What is read of it brings us back to `_read`, or it does so now if more is wanted.
    const { buffer, byteOffset, byteLength } = bytes
    this.request.push(Buffer.from(buffer, byteOffset, byteLength))
  }

  #fail = (error: PlexusError): void => {
    this.#isReading = false
    this.request.destroy(aborted(error))
  }

  #complete(): void {
    // The end has come, so all trailers have.
    this.#exchange.body.trailers.then((trailers) => {
      const { request } = this
      if (request.destroyed) return
      request.complete = true
      if (trailers.size > 0) addLines(request, trailers.flat)
      request.push(null)
      this.#resolve()
    }, this.#fail)
  }

  #destroy(error: Error | null, done: Done): void {
    const { request } = this
    if (!request.readableEnded || !request.complete) {
      request.aborted = true
      request.emit('aborted')
      // `stream.pipeline` takes the socket away first: the answer can still be given.
      if (request.socket) this.#socket.destroy()
    }
    this.#resolve()
    // As Node does: an error that nobody listens for is no error of the process.
    process.nextTick(() => done(request.listenerCount('error') > 0 ? error : null))
  }
}

const inside = (request: IncomingMessage) => request as unknown as Inside

function addLines(request: IncomingMessage, flat: HeaderFields['flat']): void {
  inside(request)._addHeaderLines([...flat], flat.length)
}

/** What Node's own server says when the client goes away in the middle of a request; the cause is ours. */
function aborted(cause: PlexusError): Error {
  return Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' })
}
