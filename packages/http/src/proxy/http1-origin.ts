/** An origin that speaks HTTP/1.1, by Node's own client: how is what was read for it written there, and its answer read? */
import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { type AgentOptions, request as requestSecure, Agent as SecureAgent } from 'node:https'
import { isIP } from 'node:net'
import {
  type Bytes,
  type ErrorCode,
  type HeaderFields,
  type Host,
  LIMITS,
  PlexusError,
} from '@plexus/contract'
import { nodeHost, type TlsClientOptions } from 'plexus/node'
import { contentLength, faultOfFields, isFieldValue, withoutHopByHop } from '../message/fields.js'
import { HeadFault, type RequestHead, type ResponseHead, readTrailers } from '../message/heads.js'
import { quiet } from '../message/quiet.js'
import { H2_WIRE } from '../message/wire.js'
import { rawFields } from '../server/http1-head.js'
import {
  type CallOptions,
  type IncomingBody,
  type Origin,
  type OriginAnswer,
  type OriginCall,
  writeable,
} from './origin.js'

export interface Http1OriginOptions
  extends Pick<TlsClientOptions, 'ca' | 'servername' | 'rejectUnauthorized'> {
  /** How long the head of an answer may take once the request is out, ms. Default `openTimeoutMs` of the limits. */
  readonly answerTimeoutMs?: number | undefined
  /** How long a part of a body may take, either way, ms. Default `streamIdleTimeoutMs` of the limits. */
  readonly idleTimeoutMs?: number | undefined
  /** Nobody answered on a connection: it could not be had, or it broke first. */
  readonly onLost?: (() => void) | undefined
  /** Clock for both. Default: Node's. */
  readonly host?: Host | undefined
}

/**
 * The server at an `http://` or `https://` URL, for `streamProxy` and its kin. A connection carries one request at a time and
 * is kept for the next; there are as many as there are requests. Where a connection that was kept breaks before anything came
 * back, a request without a body that may be made twice (RFC 9110 §9.2.2) is, once.
 */
export class Http1Origin implements Origin, Disposable {
  readonly #url: URL
  readonly #agent: Agent
  readonly #rules: CallRules

  /** @throws PlexusError for any other URL */
  constructor(url: string | URL, options: Http1OriginOptions = {}) {
    const { protocol } = (this.#url = URL.canParse(url) ? new URL(url) : new URL('none:'))
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw fault(`a URL of http: or https:, got '${protocol}'`, 'INTERNAL_ERROR', 'application')
    }
    const { openTimeoutMs, streamIdleTimeoutMs } = LIMITS
    const { answerTimeoutMs = openTimeoutMs.value, idleTimeoutMs = streamIdleTimeoutMs.value } = options
    const { host: { clock } = nodeHost, onLost } = options
    this.#rules = { answerTimeoutMs, idleTimeoutMs, clock, onLost }
    this.#agent = protocol === 'https:' ? new SecureAgent(secure(this.#url, options)) : new Agent(KEPT)
  }

  async ask(request: RequestHead, { hasBody, signal }: CallOptions): Promise<OriginCall> {
    writeable(request, H2_WIRE)
    if (signal.aborted) throw signal.reason
    const headers = fieldsFor(request, hasBody)
    const { hostname: host, port, protocol } = this.#url
    const begin = () =>
      (protocol === 'https:' ? requestSecure : requestPlain)({
        host: host.replace(/^\[(.*)\]$/, '$1'),
        port,
        method: request.method,
        path: request.path,
        headers: headers as unknown as readonly string[],
        setHost: false,
        agent: this.#agent,
      })
    const call = new Http1Call(request.method, hasBody, begin, this.#rules)
    signal.addEventListener('abort', () => call.reset('CANCEL'), { once: true })
    return call
  }

  /** Connections end, those with a request on them, too. */
  close(): void {
    this.#agent.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

const KEPT: AgentOptions = { keepAlive: true, noDelay: true }

/** Names whose request may be made twice. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Of which an origin expects to hear how long the body is, be there none (RFC 9110 §8.6). */
const EXPECTS_LENGTH: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

interface CallRules {
  readonly answerTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly clock: Host['clock']
  readonly onLost: (() => void) | undefined
}

function secure(url: URL, { ca, servername, rejectUnauthorized = true }: Http1OriginOptions): AgentOptions {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    ...KEPT,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized,
    // Not what the client calls it: who we dial is who we want there (S11).
    servername: servername ?? (isIP(host) === 0 ? host : ''),
    ...(ca !== undefined && { ca }),
  }
}

/** The fields as HTTP/1.1 writes them; the body's end is said in one way (RFC 9112 §6). */
function fieldsFor({ method, authority, headers }: RequestHead, hasBody: boolean): string[] {
  const fields = ['host', authority]
  const cookies: string[] = []
  for (const [name, value] of headers) {
    if (name === 'cookie') cookies.push(value)
    // It would have to be named in `connection`, and Node's client sends no such thing.
    else if (name !== 'te') fields.push(name, value)
  }
  // RFC 9113 §8.2.3: in pieces on a session, one line here.
  if (cookies.length > 0) fields.push('cookie', cookies.join('; '))
  if (!headers.has('content-length')) {
    if (hasBody) fields.push('transfer-encoding', 'chunked')
    else if (EXPECTS_LENGTH.has(method)) fields.push('content-length', '0')
  }
  return fields
}

class Http1Call implements OriginCall, IncomingBody {
  protocol = '1.1'
  isOver = false

  readonly #method: string
  readonly #hasBody: boolean
  readonly #begin: () => ClientRequest
  readonly #rules: CallRules
  readonly #answered: Promise<IncomingMessage>
  #outgoing!: ClientRequest
  #incoming: IncomingMessage | undefined
  #chunks: AsyncIterator<Buffer> | undefined
  /** Why it ended, if not well. */
  #error: PlexusError | undefined
  #timer: unknown
  #wakeWriter: (() => void) | undefined

  constructor(method: string, hasBody: boolean, begin: () => ClientRequest, rules: CallRules) {
    this.#method = method
    this.#hasBody = hasBody
    this.#begin = begin
    this.#rules = rules
    this.#answered = quiet(new Promise((resolve, reject) => this.#start(resolve, reject, true)))
    if (!hasBody) this.#awaitAnswer()
  }

  async answer(onInterim?: (head: ResponseHead) => void): Promise<OriginAnswer> {
    this.#outgoing.on('information', ({ statusCode: status, rawHeaders }) =>
      onInterim?.({ status, statusText: '', headers: rawFields(rawHeaders) }),
    )
    const incoming = await this.#answered
    this.protocol = incoming.httpVersion
    const headers = rawFields(incoming.rawHeaders)
    const wrong = faultOfAnswer(headers)
    if (wrong !== undefined) throw this.#fail(fault(wrong, 'PROTOCOL_ERROR', 'peer'))
    const text = incoming.statusMessage ?? ''
    return {
      head: { status: incoming.statusCode!, statusText: isFieldValue(text) ? text : '', headers },
      body: this,
    }
  }

  async write(bytes: Bytes): Promise<void> {
    this.#check()
    if (this.#outgoing.write(bytes)) return
    await this.#within(
      new Promise<void>((resolve) => {
        this.#wakeWriter = resolve
      }),
    )
    this.#check()
  }

  async end(trailers: HeaderFields): Promise<void> {
    this.#check()
    // With a length there is no place for them.
    if (trailers.size > 0 && this.#outgoing.chunkedEncoding) this.#outgoing.addTrailers([...trailers])
    this.#outgoing.end()
    if (this.#incoming === undefined) this.#awaitAnswer()
  }

  reset(code: ErrorCode): void {
    this.#fail(fault('a request that goes on, it was given up', code, 'application'))
  }

  // --- the answer's body

  async read(): Promise<Bytes | undefined> {
    if (this.#error !== undefined) throw this.#error
    this.#chunks ??= this.#incoming![Symbol.asyncIterator]()
    try {
      const { done, value } = await this.#within(this.#chunks.next())
      if (this.#error !== undefined) throw this.#error
      if (done !== true) return value
      this.isOver = this.#outgoing.writableFinished
      return undefined
    } catch (cause) {
      throw this.#fail(lost('an answer that comes whole', cause))
    }
  }

  get trailers(): Promise<HeaderFields> {
    const trailers = readTrailers(withoutHopByHop(rawFields(this.#incoming!.rawTrailers)))
    if (!(trailers instanceof HeadFault)) return Promise.resolve(trailers)
    const error = fault(trailers.message.replace(/^expected /, ''), 'PROTOCOL_ERROR', 'peer')
    return Promise.reject(this.#fail(error))
  }

  // --- what Node tells

  #start(
    resolve: (incoming: IncomingMessage) => void,
    reject: (error: PlexusError) => void,
    mayRepeat: boolean,
  ) {
    const outgoing = (this.#outgoing = this.#begin())
    outgoing.on('response', (incoming) => {
      this.#forget()
      this.#incoming = incoming
      // It is told again where the body is read.
      incoming.on('error', () => undefined)
      resolve(incoming)
    })
    // An answer to what nobody asked for: nothing of ours says `upgrade`.
    outgoing.on('upgrade', (_incoming, socket) => socket.destroy())
    outgoing.on('drain', () => this.#wake())
    let cause: unknown
    outgoing.on('error', (error) => {
      cause = error
    })
    outgoing.on('close', () => {
      this.#wake()
      if (this.#incoming !== undefined) return
      const isAgain = mayRepeat && outgoing.reusedSocket && !this.#hasBody && IDEMPOTENT.has(this.#method)
      if (isAgain && this.#error === undefined) return this.#start(resolve, reject, false)
      if (this.#error === undefined) this.#rules.onLost?.()
      reject(this.#fail(lost('an answer', cause)))
    })
    if (!this.#hasBody) outgoing.end()
  }

  #wake(): void {
    const wake = this.#wakeWriter
    this.#wakeWriter = undefined
    wake?.()
  }

  /** @throws PlexusError if nothing more can go out */
  #check(): void {
    if (this.#error !== undefined) throw this.#error
    if (this.#outgoing.destroyed)
      throw fault('an origin that reads on, it went', 'CONNECTION_LOST', 'carrier')
  }

  /** The first reason holds. */
  #fail(error: PlexusError): PlexusError {
    this.#forget()
    if (this.isOver) return this.#error ?? error
    this.isOver = true
    this.#error = error
    this.#outgoing.destroy()
    this.#incoming?.destroy()
    this.#wake()
    return error
  }

  #awaitAnswer(): void {
    this.#forget()
    const { answerTimeoutMs, clock } = this.#rules
    this.#timer = clock.setTimer(() => this.#fail(late('an answer', answerTimeoutMs)), answerTimeoutMs)
  }

  /** Waits for the origin, not for our client: that may be as slow as it likes. */
  async #within<Value>(wait: Promise<Value>): Promise<Value> {
    const { idleTimeoutMs, clock } = this.#rules
    const onTime = () => void this.#fail(late('a part of a body', idleTimeoutMs))
    const timer = clock.setTimer(onTime, idleTimeoutMs)
    try {
      return await wait
    } finally {
      clock.clearTimer(timer)
    }
  }

  #forget(): void {
    this.#rules.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}

/** What can be read in two ways is not read at all (S08). */
function faultOfAnswer(headers: HeaderFields): string | undefined {
  const length = contentLength(headers)
  if (typeof length === 'string') return length
  if (headers.has('transfer-encoding') && length !== undefined)
    return 'content-length or transfer-encoding, both came'
  return faultOfFields(withoutHopByHop(headers).flat)
}

const lost = (expected: string, cause: unknown): PlexusError =>
  cause instanceof PlexusError
    ? cause
    : fault(
        `${expected}, got: ${(cause as Error | undefined)?.message ?? 'the end'}`,
        'CONNECTION_LOST',
        'carrier',
        cause,
      )

const late = (expected: string, ms: number) =>
  fault(`${expected} within ${ms} ms, none came`, 'TIMEOUT', 'peer')

function fault(
  expected: string,
  code: ErrorCode,
  blame: 'application' | 'carrier' | 'peer',
  cause?: unknown,
): PlexusError {
  return new PlexusError(`expected ${expected}`, { scope: 'request', code, blame, cause })
}
