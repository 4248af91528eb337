/** How does code that takes a dispatcher of undici, `fetch` and `undici.request` among it, use a session? */
import { Readable } from 'node:stream'
import { HeaderFields, PlexusError } from '@plexus/contract'
import { Dispatcher } from 'undici'
import { type Calls, callsOf, headersFrom } from './dispatch-calls.js'
import { tooLate, unsendable } from './faults.js'
import { originAt } from './origin.js'
import { Patience } from './patience.js'
import type { RequestBody } from './request.js'
import type { Requester } from './requester.js'
import type { ClientResponse } from './response.js'

/**
 * A dispatcher whose requests are streams of the client's session. Another origin than the client's is an error and sends
 * nothing (S11), unless the client's `speaksFor` allows it. With a pool each request goes on a connection to the origin that it
 * is dispatched to, whatever its `host` field says. Takes handlers of undici 7
 * and those of before, such as that of Node's own `fetch`. `headersTimeout` and `bodyTimeout` hold where they are given,
 * else the client's and the session's limits; an `upgrade` is an error, for there is no such thing on a stream; CONNECT is
 * a tunnel. Session and pool stay their owner's: `close` and `destroy` end the dispatcher alone.
 */
export class SessionDispatcher extends Dispatcher {
  readonly #client: Requester
  readonly #running = new Map<Control, Promise<void>>()
  #isClosed = false

  constructor(client: Requester) {
    super()
    this.#client = client
  }

  /** @returns true: the session's limit is waited for here, there is no need to wait for `drain` */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const control = new Control()
    const calls = callsOf(handler)
    const run = this.#isClosed ? refuse(calls, control) : this.#run(options, calls, control)
    // What a handler throws when it is told of an error is told to nobody: there is nobody left.
    const running = run.catch(() => {}).finally(() => this.#running.delete(control))
    this.#running.set(control, running)
    return true
  }

  /** Takes no more requests; settles when those under way are over. */
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    this.#isClosed = true
    return told(
      Promise.all(this.#running.values()).then(() => {}),
      callback,
    )
  }

  /** Takes no more requests, and gives up those under way with `error`. */
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> & void {
    const reason = error instanceof Error ? error : closed()
    for (const control of this.#running.keys()) control.abort(reason)
    const done = typeof error === 'function' ? error : callback
    return (done === undefined ? this.close() : this.close(done)) as Promise<void> & void
  }

  async #run(options: Dispatcher.DispatchOptions, calls: Calls, control: Control): Promise<void> {
    // Not inside the call: it is its caller's turn, and its handler may not be ready.
    await undefined
    try {
      calls.start(control)
      if (control.reason !== null) throw control.reason
      if (options.upgrade && options.method !== 'CONNECT')
        throw unsendable('no upgrade, which speaks of one connection')
      const response = await this.#request(options, calls, control)
      if (options.method === 'CONNECT') return calls.upgrade(control, response)
      calls.head(control, response)
      await this.#body(response, options.bodyTimeout ?? 0, calls, control)
      calls.end(control, await response.trailers)
    } catch (error) {
      // After a throw of the handler's own too: nobody reads on.
      control.abort(error as Error)
      calls.error(control, control.reason ?? (error as Error))
    }
  }

  async #request(
    options: Dispatcher.DispatchOptions,
    calls: Calls,
    control: Control,
  ): Promise<ClientResponse> {
    const { method, origin, expectContinue, headersTimeout } = options
    const headers = headersFrom(options.headers)
    const [body, type] = bodyFrom(options.body)
    const place = origin ?? this.#client.options.origin
    if (place === undefined) throw unsendable('an origin, got none')
    const to = new URL(place)
    const authority = headers.get('host') ?? to.host
    this.#client.expectOrigin(to.origin)
    this.#client.expectOrigin(originAt(to.protocol.slice(0, -1), authority))
    const withType =
      type === undefined || headers.has('content-type') ? [] : [['content-type', type] as const]
    return this.#client.request({
      origin: to,
      method,
      scheme: to.protocol.slice(0, -1),
      authority: method === 'CONNECT' ? options.path : authority,
      ...(method !== 'CONNECT' && { path: pathOf(options, to) }),
      headers: HeaderFields.from([...headers, ...withType]),
      body,
      expectContinue,
      // As undici does: 100 is between it and the server.
      onInformational: (head) => head.status !== 100 && calls.inform(control, head),
      signal: control.signal,
      timeoutMs: headersTimeout ?? undefined,
    })
  }

  async #body(response: ClientResponse, timeoutMs: number, calls: Calls, control: Control): Promise<void> {
    const { stream } = response
    const { clock } = this.#client
    const patience = timeoutMs > 0 ? new Patience(clock, timeoutMs, () => stream.reset('CANCEL')) : undefined
    try {
      for await (const bytes of response.body) {
        calls.data(control, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
        await control.ready()
        patience?.renew()
      }
    } catch (error) {
      throw patience?.isOver ? tooLate('the rest of a response', timeoutMs, stream) : error
    } finally {
      patience?.stop()
    }
  }
}

async function refuse(calls: Calls, control: Control): Promise<void> {
  await undefined
  calls.error(control, closed())
}

/** The handler's say in its request: to hold it, and to give it up. */
export class Control implements Dispatcher.DispatchController {
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null
  paused = false

  readonly #abort = new AbortController()
  #onReady: (() => void) | undefined

  get aborted(): boolean {
    return this.reason !== null
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The first reason counts. */
  abort(reason?: Error): void {
    if (this.reason !== null) return
    this.reason = reason ?? new DOMException('This operation was aborted', 'AbortError')
    this.#abort.abort(this.reason)
    this.#onReady?.()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#onReady?.()
  }

  /** Settles when the handler takes more. Rejects when it takes no more. */
  async ready(): Promise<void> {
    while (this.paused && this.reason === null)
      await new Promise<void>((resolve) => {
        this.#onReady = resolve
      })
    if (this.reason !== null) throw this.reason
  }
}

/** Path and query of a dispatch; undici allows an absolute URL, which has to be of the origin, and a query beside it. */
function pathOf({ path, query }: Dispatcher.DispatchOptions, to: URL): string {
  const bare = path.startsWith('/') || path === '*' ? path : withoutOrigin(new URL(path), to)
  if (query === undefined || query === null) return bare
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  return search.size === 0 ? bare : `${bare}?${search}`
}

function withoutOrigin({ origin, pathname, search }: URL, to: URL): string {
  if (origin !== to.origin) throw unsendable(`a path at ${to.origin}, got one at ${origin}`)
  return pathname + search
}

/** A body as undici takes it, and the type that a form has. */
function bodyFrom(body: unknown): [body: RequestBody | undefined, type?: string | undefined] {
  if (body === undefined || body === null) return [undefined]
  if (typeof body === 'string' || body instanceof Uint8Array) return [body]
  if (ArrayBuffer.isView(body)) return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength)]
  if (body instanceof ArrayBuffer) return [new Uint8Array(body)]
  if (typeof body === 'object' && (Symbol.asyncIterator in body || 'getReader' in body))
    return [body as RequestBody]
  if (typeof body === 'object' && Symbol.iterator in body && !isForm(body))
    return [Readable.from(body as Iterable<Uint8Array>)]
  const response = new Response(body as BodyInit)
  return [response.body as RequestBody, response.headers.get('content-type') ?? undefined]
}

const isForm = (body: object): boolean =>
  (body as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === 'FormData'

function closed(): PlexusError {
  return new PlexusError('expected a dispatcher that is open, it is closed', {
    scope: 'request',
    code: 'CANCEL',
    blame: 'application',
    processed: 'no',
  })
}

function told(done: Promise<void>, callback: (() => void) | undefined): Promise<void> | void {
  if (callback === undefined) return done
  void done.then(callback)
}
