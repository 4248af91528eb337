/** A request of Node's HTTP/1.1 server as a stream: then every shape of handler serves it too. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import {
  type Bytes,
  type ErrorCode,
  HeaderFields,
  type HeadersInit,
  type MuxSession,
  type MuxStream,
  PlexusError,
  type StreamState,
  type WriteOptions,
} from '@plexus/contract'
import { withoutHopByHop } from '../message/fields.js'
import { doubt } from './http1-head.js'

/** What came in HTTP/1.1's form, in the form that a stream has. Node has parsed it; it is looked at again as all heads are. */
export function fieldsOf(request: IncomingMessage): HeaderFields {
  const { method = 'GET', url = '/', rawHeaders } = request
  const scheme = (request.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  const regular: string[] = []
  const hosts: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (name === 'host') hosts.push(rawHeaders[i + 1]!)
    else if (name !== 'expect' && name !== 'http2-settings') regular.push(name, rawHeaders[i + 1]!)
  }
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url)
  const path = absolute === null ? url : absolute[2]!.replace(/^(?!\/)/, '/')
  return HeaderFields.fromFlat([
    ...[':method', method, ':scheme', scheme, ':path', path],
    ...(absolute === null ? authorityOf(request, hosts) : [':authority', absolute[1]!]),
    ...withoutHopByHop(HeaderFields.fromFlat(regular)).flat,
  ])
}

/** Of several, none is the right one: they stand as they came, and are a fault (S06). HTTP/1.0 need not say any. */
function authorityOf({ httpVersion, socket }: IncomingMessage, hosts: readonly string[]): string[] {
  const { localAddress = 'localhost', localPort } = socket
  const place = localAddress.includes(':') ? `[${localAddress}]` : localAddress
  const named = hosts.length === 0 && httpVersion === '1.0' ? [`${place}:${localPort ?? 0}`] : hosts
  return named.flatMap((host) => [':authority', host])
}

/** One request and its answer on HTTP/1.1: no ids, no priority, no updates but trailers. */
export class Http1Stream implements MuxStream {
  readonly id = 1
  readonly priority = 3
  readonly parent = 0
  readonly initiator = 'peer'
  readonly blocked = undefined
  readonly headers: HeaderFields
  readonly closed: Promise<PlexusError | undefined>

  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #abort = new AbortController()
  readonly #ended: Promise<void>
  #error: PlexusError | undefined
  #isOver = false
  #isLent = false
  #isAnsweredBeside = false
  #hasReadTrailers = false

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    this.headers = fieldsOf(request)
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    this.#ended = new Promise((resolve) => {
      request.once('end', resolve)
      request.once('close', resolve)
    })
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#isOver = true
        if (!response.writableFinished && !this.#isAnsweredBeside)
          this.#fail('CONNECTION_LOST', 'the whole answer to be taken', 'peer')
        resolve(this.#error)
      })
    })
  }

  get state(): StreamState {
    if (this.#isOver || this.#response.destroyed) return 'closed'
    if (this.#response.writableEnded) return 'half-closed (local)'
    return this.#request.readableEnded ? 'half-closed (remote)' : 'open'
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get replied(): Promise<HeaderFields> {
    return Promise.reject(this.#misuse('a stream of ours, got one of the peer'))
  }

  /**
   * Node's own request and response, for a listener of Node's. It answers then, and may do so whenever it likes; what we
   * have to say goes past it.
   */
  lend(): { readonly request: IncomingMessage; readonly response: ServerResponse } {
    this.#isLent = true
    return { request: this.#request, response: this.#response }
  }

  reply(headers?: HeadersInit, options?: WriteOptions): void {
    const response = this.#response
    if (response.headersSent || this.state === 'closed') return
    const { flat } = HeaderFields.from(headers)
    if (this.#isLent) return this.#replyBeside(Number.parseInt(flat[flat.indexOf(':status') + 1]!, 10))
    let status = 200
    const fields = new Map<string, string[]>()
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i]!
      if (name === ':status') status = Number.parseInt(flat[i + 1]!, 10)
      else if (!name.startsWith(':')) fields.set(name, [...(fields.get(name) ?? []), flat[i + 1]!])
    }
    for (const [name, values] of fields) response.setHeader(name, values.length === 1 ? values[0]! : values)
    // Where the next request begins is not sure any more.
    if (status === 400) {
      response.shouldKeepAlive = false
      doubt(this.#request)
    }
    response.writeHead(status)
    if (options?.end === true) response.end()
    else response.flushHeaders()
  }

  /**
   * A listener that failed or took too long may still touch its response: ours is not written with it, and is the
   * connection's last.
   */
  #replyBeside(status: number): void {
    const { socket } = this.#request
    this.#isAnsweredBeside = true
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0']
    // Behind an answer that has not had its turn nothing can be put.
    if (this.#response.socket === socket) socket.end(`${lines.join('\r\n')}\r\n\r\n`)
    socket.destroySoon()
  }

  /** Node writes these itself, and only some of them: what it does not know is not said, nor anything to HTTP/1.0 (RFC 9110 §15.2). */
  inform(headers: HeadersInit): void {
    if (this.#response.headersSent || this.state === 'closed')
      throw this.#misuse('a stream before its reply, got one behind it')
    if (this.#request.httpVersion === '1.0') return
    const hints: Record<string, string | string[]> = {}
    const fields = HeaderFields.from(headers)
    for (const [name, value] of fields) if (!name.startsWith(':')) hints[name] = value
    const status = fields.get(':status')
    if (status === '100') this.#response.writeContinue()
    if (status === '102') this.#response.writeProcessing()
    const link = fields.getAll('link')
    if (status === '103' && link.length > 0) this.#response.writeEarlyHints({ ...hints, link })
  }

  readInform(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /** One exchange at a time: there is nobody to come before. */
  prioritise(): void {}

  refuse(): void {
    this.reply({ ':status': '503', 'content-length': '0' }, { end: true })
  }

  writeHeaders(headers: HeadersInit, options?: WriteOptions): void {
    const { flat } = HeaderFields.from(headers)
    const fields: [string, string][] = []
    for (let i = 0; i < flat.length; i += 2) fields.push([flat[i]!, flat[i + 1]!])
    this.#response.addTrailers(fields)
    if (options?.end === true) this.#response.end()
  }

  async readHeaders(): Promise<HeaderFields | undefined> {
    await this.#ended
    if (this.#error !== undefined) throw this.#error
    const { rawTrailers } = this.#request
    if (this.#hasReadTrailers || rawTrailers.length === 0) return undefined
    this.#hasReadTrailers = true
    return HeaderFields.fromFlat(rawTrailers.map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part)))
  }

  poll(): Bytes | undefined {
    const chunk: Buffer | null = this.#request.destroyed ? null : this.#request.read()
    return chunk ?? undefined
  }

  async read(): Promise<Bytes | undefined> {
    const request = this.#request
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      const chunk: Buffer | null = request.read()
      if (chunk !== null) return chunk
      if (request.readableEnded) return undefined
      if (request.destroyed) throw this.#fail('CONNECTION_LOST', 'a whole request', 'peer')
      await new Promise<void>((resolve) => {
        const done = () => {
          for (const name of EDGES) request.off(name, done)
          resolve()
        }
        for (const name of EDGES) request.on(name, done)
      })
    }
  }

  write(bytes: Bytes | string, options?: WriteOptions): Promise<void> {
    const response = this.#response
    this.reply()
    return new Promise((resolve, reject) => {
      if (this.state === 'closed' || response.writableEnded) {
        reject(this.#error ?? this.#misuse('a stream that is open'))
        return
      }
      const hasRoom = options?.end === true ? (response.end(bytes), true) : response.write(bytes)
      if (hasRoom) return resolve()
      const settle = () => {
        response.off('drain', settle).off('close', settle)
        if (response.destroyed && !response.writableFinished)
          reject(this.#fail('CONNECTION_LOST', 'the whole answer to be taken', 'peer'))
        else resolve()
      }
      response.on('drain', settle).on('close', settle)
    })
  }

  async close(): Promise<void> {
    this.reply()
    if (!this.#response.writableEnded) this.#response.end()
  }

  /** HTTP/1.1 has one way to take an answer back: the end of the connection. */
  reset(code: ErrorCode = 'CANCEL'): void {
    if (this.state === 'closed') return
    this.#fail(code, 'no reset', 'application')
    this.#request.socket.destroy()
  }

  toDuplex(): Duplex {
    throw this.#misuse('a stream of a session, got a request on HTTP/1.1')
  }

  toWeb(): never {
    throw this.#misuse('a stream of a session, got a request on HTTP/1.1')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, undefined> {
    for (let bytes = await this.read(); bytes !== undefined; bytes = await this.read()) yield bytes
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.state !== 'closed' && !this.#response.writableEnded) this.reset()
    await this.closed
  }

  #fail(code: ErrorCode, expected: string, blame: 'peer' | 'application'): PlexusError {
    this.#error ??= new PlexusError(`expected ${expected}, the connection ended`, {
      scope: 'stream',
      code,
      blame,
      streamId: this.id,
    })
    if (!this.#abort.signal.aborted) this.#abort.abort(this.#error)
    return this.#error
  }

  #misuse(expected: string): PlexusError {
    return new PlexusError(`expected ${expected}`, {
      scope: 'request',
      code: 'INTERNAL_ERROR',
      blame: 'application',
      streamId: this.id,
    })
  }
}

const EDGES = ['readable', 'end', 'close', 'error'] as const

const sessions = new WeakMap<Socket, MuxSession>()

/** What an exchange on HTTP/1.1 calls its session, one for each connection: it opens no streams, so nothing can be pushed. */
export function http1Session({ socket }: IncomingMessage): MuxSession {
  const known = sessions.get(socket)
  if (known !== undefined) return known
  const session = sessionOf(socket)
  sessions.set(socket, session)
  return session
}

function sessionOf(socket: Socket): MuxSession {
  const refusal = () =>
    Promise.reject(
      new PlexusError('expected a session of many streams, got a connection of HTTP/1.1', {
        scope: 'request',
        code: 'HTTP_1_1_REQUIRED',
        blame: 'peer',
        processed: 'no',
      }),
    )
  const closed = new Promise<undefined>((resolve) => socket.once('close', () => resolve(undefined)))
  const session: Partial<MuxSession> & { label: string } = {
    role: 'server',
    protocol: 'http/1.1',
    streamCount: 1,
    label: labelOf(socket),
    open: refusal,
    ping: refusal,
    close: async () => void socket.end(),
    destroy: () => void socket.destroy(),
    closed,
  }
  return session as MuxSession
}

function labelOf(socket: Socket): string {
  const { remoteAddress, remotePort, remoteFamily } = socket
  if (remoteAddress === undefined) return 'unix'
  const place = remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress
  return `${(socket as Partial<TLSSocket>).encrypted === true ? 'tls' : 'tcp'} ${place}:${remotePort}`
}
