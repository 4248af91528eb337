/** A proxy behind Node's server: `(req, res)` in, a request over a session out. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { type Bytes, type HeaderFields, PlexusError } from '@plexus/contract'
import type { RequestHead, ResponseHead } from '../message/heads.js'
import { quiet } from '../message/quiet.js'
import { doubt, rawFields } from '../server/http1-head.js'
import type { Refusal, Sender } from './crossing.js'
import { type Front, forward, type ProxyOptions, type Route } from './forward.js'
import { bringsBody, requestOf, senderOf } from './node-head.js'
import type { IncomingBody, ProxyTarget } from './origin.js'

/**
 * Sends one request of Node's server over `target` (a session, another origin, or who says which) and streams the answer back as it comes,
 * with back-pressure both ways (AM-14). Nothing is buffered but what is on its way.
 *
 * Rejects with a PlexusError of what went wrong; the client was told already then: 404 without an origin, 502, 503 or 504
 * before the answer's head, and after it a connection that breaks off. A rejection that nobody looks at harms nobody. A
 * client that goes away resets the origin's stream with CANCEL.
 */
export function streamProxy(
  target: ProxyTarget | Route | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  options: ProxyOptions = {},
): Promise<void> {
  const isBodied = bringsBody(req)
  const cross = (hasBody: boolean) => forward(target, new NodeFront(req, res, hasBody), options)
  return quiet(typeof isBodied === 'boolean' ? cross(isBodied) : isBodied.then(cross))
}

class NodeFront implements Front, IncomingBody {
  readonly request: RequestHead | Refusal
  readonly sender: Sender
  readonly body: IncomingBody | undefined
  isAnswered = false

  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  /** Why the client is gone. */
  #gone: PlexusError | undefined
  #onGone: (() => void) | undefined
  #signal: AbortController | undefined
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined
  #isOver = false
  #received = 0
  readonly #length: number | undefined

  constructor(req: IncomingMessage, res: ServerResponse, hasBody: boolean) {
    this.#req = req
    this.#res = res
    this.request = requestOf(req)
    this.sender = senderOf(req)
    const length = req.headers['content-length']
    this.#length = length === undefined ? undefined : Number(length)
    this.body = hasBody ? this : undefined
    res.on('close', this.#onClose)
    res.on('error', this.#onClose)
    res.on('drain', this.#onDrain)
    req.on('error', this.#onRead)
    if (this.body !== undefined) {
      req.on('readable', this.#onRead)
      req.on('end', this.#onRead)
      req.on('close', this.#onRead)
    }
    // It may have gone before we came: behind a slow middleware, for one.
    if (res.destroyed || (req.destroyed && !req.complete)) this.#onClose()
  }

  get isGone(): boolean {
    return this.#gone !== undefined
  }

  onGone(run: () => void): void {
    if (this.isGone) run()
    else this.#onGone = run
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = new AbortController()
      if (this.isGone) this.#signal.abort(this.#gone)
    }
    return this.#signal.signal
  }

  // --- the request's body

  async read(): Promise<Bytes | undefined> {
    const req = this.#req
    for (;;) {
      const bytes = req.read() as Buffer | null
      if (bytes !== null) {
        this.#received += bytes.length
        return bytes
      }
      if (req.readableEnded) {
        // Somebody else may have read of it, and a part must not pass for the whole (S05).
        if (this.#received === (this.#length ?? this.#received)) return undefined
        throw misused(`${this.#length} bytes of body to read, got ${this.#received}`)
      }
      if (req.destroyed) throw gone('its request ended')
      await new Promise<void>((wake) => {
        this.#wakeReader = wake
      })
    }
  }

  get trailers(): Promise<HeaderFields> {
    return Promise.resolve(rawFields(this.#req.rawTrailers))
  }

  // --- the answer

  /** Those that Node knows; early hints are nothing to it without their links. */
  readonly inform = ({ status, headers }: ResponseHead): void => {
    const res = this.#res
    const link = headers.getAll('link')
    if (this.#req.httpVersion === '1.0' || res.headersSent || res.destroyed) return
    if (status === 102) res.writeProcessing()
    if (status === 103 && link.length > 0) res.writeEarlyHints({ ...Object.fromEntries(headers), link })
  }

  respond({ status, statusText, headers }: ResponseHead): void {
    const res = this.#res
    this.isAnswered = true
    // Node refuses this one where it knows no place for trailers; it only promises.
    const flat = headers.flat.filter((_, i, all) => all[i - (i % 2)] !== 'trailer')
    res.writeHead(status, statusText || (STATUS_CODES[status] ?? ''), flat)
    // With the first bytes, if they are here; else alone, for an origin that thinks before it writes.
    setImmediate(() => {
      if (!res.writableEnded && !res.destroyed) res.flushHeaders()
    })
  }

  write(bytes: Bytes): Promise<void> {
    const res = this.#res
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    if (res.write(bytes)) return DONE
    return new Promise((resolve, reject) => {
      this.#wakeWriter = () => {
        if (this.#gone !== undefined) reject(this.#gone)
        else resolve()
      }
    })
  }

  async end(trailers: HeaderFields): Promise<void> {
    const res = this.#res
    this.#isOver = true
    // Node leaves them out where the body has no place for them.
    if (trailers.size > 0) res.addTrailers([...trailers])
    res.end()
  }

  async refuse(status: number): Promise<void> {
    const res = this.#res
    this.isAnswered = true
    this.#isOver = true
    // Where the next request begins is not sure any more.
    if (status === 400) {
      res.shouldKeepAlive = false
      doubt(this.#req)
    }
    const text = `${STATUS_CODES[status] ?? 'Refused by a proxy'}\n`
    res.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length })
    res.end(text)
  }

  destroy(): void {
    this.#isOver = true
    this.#res.destroy()
  }

  release(): void {
    const [req, res] = [this.#req, this.#res]
    this.#isOver = true
    res.off('drain', this.#onDrain)
    if (this.body === undefined) return
    req.off('readable', this.#onRead)
    req.off('end', this.#onRead)
    req.off('close', this.#onRead)
    // What is left of the body makes way for the next request.
    req.resume()
  }

  // --- what Node tells

  readonly #onRead = (): void => {
    const wake = this.#wakeReader
    this.#wakeReader = undefined
    wake?.()
  }

  readonly #onDrain = (): void => {
    const wake = this.#wakeWriter
    this.#wakeWriter = undefined
    wake?.()
  }

  readonly #onClose = (): void => {
    if (!this.#isOver) {
      this.#isOver = true
      this.#gone = gone('its answer ended')
      this.#signal?.abort(this.#gone)
      this.#onGone?.()
    }
    this.#onRead()
    this.#onDrain()
  }
}

const DONE = Promise.resolve()

function gone(before: string): PlexusError {
  return new PlexusError(`expected the client to stay, it went before ${before}`, {
    scope: 'request',
    code: 'CANCEL',
    blame: 'peer',
  })
}

function misused(expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'INTERNAL_ERROR',
    blame: 'application',
  })
}
