/** The answer as Node's handlers know it: a real `http.ServerResponse` whose head and bytes go into an exchange. */
import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HeaderFields, type HeadersInit, PlexusError } from '@plexus/contract'
import { faultOfFields, withoutHopByHop } from '../message/fields.js'
import { type AnswerHead, answerHead, type Exchange } from './exchange.js'
import type { ExchangeSocket } from './node-socket.js'

/**
 * The hooks below Node's `ServerResponse`: its `writeHead` ends in `_storeHeader`, its `write`, `end` and `flushHeaders` in
 * `_send`, `end` then in `_finish`, and what comes before the answer in `_writeRaw`. All that users and frameworks call or
 * replace stays Node's own.
 */
interface Hooks {
  _header: string | null
  _headerSent: boolean
  _hasBody: boolean
  _contentLength: number | null
  _removedContLen: boolean
  _closed: boolean
  outputSize: number
  _storeHeader(firstLine: string, headers: unknown): void
  _send(data: string | Uint8Array, encoding?: unknown, callback?: Called): boolean
  _writeRaw(data: string, encoding?: unknown, callback?: Called): boolean
  _finish(): void
  _flush(): void
  _flushOutput(): boolean
}

type Called = ((error?: Error | null) => void) | null | undefined

export interface ResponseEvents {
  /** All is on its way, or nothing more can be. */
  onOver(): void
  /** It cannot be ended well. */
  onError(error: unknown): void
}

/** Takes one answer. What it hooks into are the response's own fields: frameworks replace the prototypes. */
export class ResponseTap {
  readonly response: ServerResponse

  readonly #hooks: Hooks
  readonly #exchange: Exchange
  readonly #socket: ExchangeSocket
  readonly #events: ResponseEvents
  #head: AnswerHead | undefined
  #trailers: HeaderFields | undefined
  #isEnding = false
  /** Called when all that was written before them is taken. */
  #waiting: Called[] = []

  constructor(exchange: Exchange, request: IncomingMessage, socket: ExchangeSocket, events: ResponseEvents) {
    const response = new ServerResponse(request)
    const hooks = response as unknown as Hooks
    this.response = response
    this.#hooks = hooks
    this.#exchange = exchange
    this.#socket = socket
    this.#events = events
    hooks._storeHeader = (_, headers) => this.#storeHead(headers)
    hooks._send = (data, encoding, callback) => this.#send(data, encoding, callback)
    hooks._writeRaw = (data, encoding, callback) => this.#inform(data, encoding, callback)
    hooks._finish = () => this.#finish()
    // Nothing is ever held back here, so there is room whenever Node asks.
    hooks._flushOutput = () => true
    response.addTrailers = (trailers) => this.#addTrailers(trailers as HeadersInit)
    response.assignSocket(socket as unknown as Socket)
    // What is written after the end: a fault of the handler's, and no end of the process.
    response.on('error', (error) => events.onError(error))
  }

  #storeHead(given: unknown): void {
    const { response } = this
    const hooks = this.#hooks
    const { statusCode: status, statusMessage } = response
    const fields = response.getHeaderNames().length > 0 ? response.getHeaders() : given
    const headers = withoutHopByHop(this.#withOwnFields(linesOf(fields)))
    const { request, wire } = this.#exchange
    this.#head = answerHead({ status, statusText: statusMessage.trim(), headers }, request, wire)
    // Anything but null says to Node that the head is settled.
    hooks._header = `${status}`
    hooks._headerSent = false
    if (this.#exchange.request.method === 'HEAD' || status === 205) hooks._hasBody = false
  }

  /** `date` and, where `end` knew all of the body, `content-length`, unless the handler took care of them. */
  #withOwnFields(flat: string[]): HeaderFields {
    const { response } = this
    const { _contentLength: length, _removedContLen, _hasBody } = this.#hooks
    const has = (name: string) => flat.some((text, i) => i % 2 === 0 && text === name)
    if (response.sendDate && !has('date')) flat.push('date', httpDate())
    if (_hasBody && typeof length === 'number' && !_removedContLen && !has('content-length'))
      if (this.#trailers === undefined && !has('trailer')) flat.push('content-length', `${length}`)
    return HeaderFields.fromFlat(flat)
  }

  #sendHead(options: { end: boolean }): void {
    const hooks = this.#hooks
    if (hooks._headerSent || this.#head === undefined || this.#socket.destroyed) return
    hooks._headerSent = true
    if (!this.#exchange.isAnswered) this.#exchange.begin(this.#head, options)
  }

  #send(data: string | Uint8Array, encoding: unknown, callback: Called): boolean {
    const hooks = this.#hooks
    if (this.#socket.destroyed) {
      if (typeof callback === 'function') process.nextTick(callback, gone(this.#exchange))
      return false
    }
    this.#socket.touch()
    if (data.length === 0) {
      if (typeof callback !== 'function') {
        this.#sendHead({ end: false })
        return true
      }
      // From `end`, and `_finish` follows at once; or from `write('')`, which is to send the head.
      this.#waiting.push(callback)
      queueMicrotask(this.#sendHeadLater)
      return true
    }
    this.#sendHead({ end: false })
    const bytes = typeof data === 'string' ? Buffer.from(data, (encoding as BufferEncoding) || 'utf8') : data
    const { length } = bytes
    hooks.outputSize += length
    this.#exchange.write(bytes).then(
      () => {
        hooks.outputSize -= length
        callback?.()
        this.#drain()
      },
      (error: Error) => {
        hooks.outputSize -= length
        callback?.(error)
        this.#fail(error)
      },
    )
    return hooks.outputSize < this.response.writableHighWaterMark
  }

  #sendHeadLater = (): void => {
    if (this.#isEnding) return
    try {
      this.#sendHead({ end: false })
      for (const callback of this.#waiting.splice(0)) callback?.()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Node keeps to itself whether somebody waits for `drain`; its `_flush` tells them. */
  #drain(): void {
    this.#socket.touch()
    if (this.#hooks.outputSize === 0 && !this.response.writableEnded && !this.#socket.destroyed)
      this.#hooks._flush()
  }

  /** `100 Continue` and early hints: what the protocol has no form for is as good as said. */
  #inform(data: string, encoding: unknown, callback: Called): boolean {
    const [first = '', ...lines] = data.split('\r\n')
    const status = Number(/^HTTP\/1\.1 (1[0-9][0-9])/.exec(first)?.[1])
    if (status >= 100 && status !== 101 && !this.#exchange.isAnswered)
      this.#exchange.inform(status, withoutHopByHop(fieldsIn(lines)))
    const called = typeof encoding === 'function' ? (encoding as Called) : callback
    if (called) process.nextTick(called)
    return true
  }

  #addTrailers(trailers: HeadersInit): void {
    const fields = withoutHopByHop(HeaderFields.from(trailers))
    const fault = faultOfFields(fields.flat)
    if (fault !== undefined) throw unsendable(fault)
    this.#trailers = fields
  }

  /** All was written that will be. */
  #finish(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.response.emit('prefinish')
    this.#end().then(
      () => {
        for (const callback of this.#waiting.splice(0)) callback?.()
        this.#close()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #end(): Promise<void> {
    try {
      const hasTrailers = this.#trailers !== undefined && this.#trailers.size > 0
      this.#sendHead({ end: !hasTrailers && !this.#owesBody })
      return this.#exchange.end(undefined, this.#trailers)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The head announces bytes that were not written: that is for the exchange to judge, after the head. */
  get #owesBody(): boolean {
    return this.#hooks._hasBody && (this.#head?.owed ?? 0) > 0
  }

  /** As after Node's own: detached from the socket, then `close`. */
  #close(): void {
    const { response } = this
    if (response.socket !== null) response.detachSocket(this.#socket as unknown as Socket)
    process.nextTick(() => {
      if (!this.#hooks._closed) {
        response.destroyed = true
        this.#hooks._closed = true
        response.emit('close')
      }
      this.#events.onOver()
    })
  }

  #fail(error: unknown): void {
    if (this.#socket.destroyed) return
    this.#events.onError(error)
    this.#socket.destroy()
  }
}

/** What `writeHead` and `setHeader` collect, in any of the forms that Node takes, as name, value, … */
function linesOf(given: unknown): string[] {
  const flat: string[] = []
  const add = (name: string, value: unknown) => flat.push(name.toLowerCase(), trimmed(value))
  const addAll = (name: string, value: unknown) => {
    if (!Array.isArray(value)) add(name, value)
    else if (name.toLowerCase() === 'cookie') add(name, value.join('; '))
    else for (const one of value) add(name, one)
  }
  if (Array.isArray(given)) {
    if (Array.isArray(given[0])) for (const [name, value] of given) addAll(name, value)
    else for (let i = 0; i + 1 < given.length; i += 2) addAll(given[i], given[i + 1])
  } else if (given) {
    for (const [name, value] of Object.entries(given as OutgoingHttpHeaders))
      if (value !== undefined) addAll(name, value)
  }
  return flat
}

/** What stands in lines of `name: value`. */
function fieldsIn(lines: readonly string[]): HeaderFields {
  const flat: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) flat.push(line.slice(0, colon).toLowerCase(), trimmed(line.slice(colon + 1)))
  }
  return HeaderFields.fromFlat(flat)
}

/** HTTP/1.1 does not count space at the edges as part of a value (RFC 9112 §5); here it may not be there at all. */
const trimmed = (value: unknown): string => String(value).replace(/^[ \t]+|[ \t]+$/g, '')

let dateOf = 0
let date = ''

/** RFC 9110 §6.6.1; made once a second. */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== dateOf) {
    dateOf = now
    date = new Date(now * 1000).toUTCString()
  }
  return date
}

function unsendable(expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'PROTOCOL_ERROR',
    blame: 'application',
    processed: 'no',
  })
}

function gone(exchange: Exchange): PlexusError {
  return new PlexusError('expected a stream to write to, it is over', {
    scope: 'stream',
    code: 'STREAM_CLOSED',
    blame: 'application',
    streamId: exchange.stream.id,
  })
}
