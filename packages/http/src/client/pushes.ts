/** What becomes of a stream that the server pushes? Taken if it is wanted and of the origin that was asked; else reset. */
import type { MuxStream } from '@plexus/contract'
import { Body } from '../message/body.js'
import { contentLength } from '../message/fields.js'
import { HeadFault, type RequestHead, type ResponseHead, readResponseHead } from '../message/heads.js'
import { readPushHead } from '../message/push.js'
import type { HttpWire } from '../message/wire.js'
import { peerFault } from './faults.js'
import { originOf } from './origin.js'

/** A response that came without having been asked for. */
export interface Pushed {
  /** What it answers: GET of this URL. */
  readonly request: RequestHead
  readonly url: string
  /** Id of the stream whose request it belongs to. */
  readonly parent: number
  readonly status: number
  readonly statusText: string
  readonly headers: ResponseHead['headers']
  /** Not reading it holds the server back. */
  readonly body: Body
  readonly stream: MuxStream
}

/** Gets each push. False, or a throw, and it is reset with CANCEL; otherwise it is the handler's. */
export type PushHandler = (pushed: Pushed) => boolean | void | Promise<boolean | void>

const MAX_PUSHES = 100

/** Requests that are over and whose push may be on its way through the session, to us. */
const MAX_RECENT = 64

export class Pushes {
  readonly #wire: HttpWire
  readonly #handler: PushHandler | undefined
  readonly #max: number
  readonly #held = new Set<MuxStream>()
  /** Scheme and authority of the requests that may still be followed by a push, by stream. */
  readonly #origins = new Map<number, string>()
  /** Of those, the streams that are over, in the order of their ends. */
  readonly #recent: number[] = []

  constructor(wire: HttpWire, handler: PushHandler | undefined, max = MAX_PUSHES) {
    this.#wire = wire
    this.#handler = handler
    this.#max = max
  }

  get held(): { readonly pushes: number; readonly origins: number } {
    return { pushes: this.#held.size, origins: this.#origins.size - this.#recent.length }
  }

  /** A push is of the origin of the request it belongs to, or it is none. */
  noteRequest(stream: MuxStream, { scheme, authority }: { scheme: string; authority: string }): void {
    if (this.#handler === undefined) return
    this.#origins.set(stream.id, originOf(scheme, authority))
    void stream.closed.then(() => {
      if (this.#recent.push(stream.id) > MAX_RECENT) this.#origins.delete(this.#recent.shift()!)
    })
  }

  /** Settles when the push is over, whatever became of it. */
  async take(stream: MuxStream): Promise<void> {
    if (this.#handler === undefined || this.#held.size >= this.#max) return stream.reset('CANCEL')
    this.#held.add(stream)
    try {
      const origin = this.#origins.get(stream.parent)
      const pushed = await this.#read(stream, origin)
      if ((await this.#handler(pushed)) === false) stream.reset('CANCEL')
      await stream.closed
    } catch {
      // Of the stream: it is over already. Of the handler: nobody is there for the push.
      stream.reset('CANCEL')
    } finally {
      this.#held.delete(stream)
    }
  }

  async #read(stream: MuxStream, origin: string | undefined): Promise<Pushed> {
    const head = readPushHead(stream.headers, this.#wire)
    if (head instanceof HeadFault) throw peerFault(stream, head.message.replace(/^expected /, ''))
    const { request } = head
    const itsOrigin = originOf(request.scheme, request.authority)
    if (itsOrigin !== origin) throw peerFault(stream, `a push of ${origin ?? 'a request'}, got ${itsOrigin}`)
    const response = head.response ?? (await this.#readLater(stream))
    const { status, statusText, headers } = response
    const length = contentLength(headers) as number | undefined
    const body = new Body(stream, { length, isBare: status === 204 || status === 304 })
    const url = itsOrigin + request.path
    return { request, url, parent: stream.parent, status, statusText, headers, body, stream }
  }

  async #readLater(stream: MuxStream): Promise<ResponseHead> {
    const fields = await stream.readHeaders()
    if (fields === undefined) throw peerFault(stream, 'a status of the push, got the end')
    const head = readResponseHead(fields, this.#wire)
    if (head instanceof HeadFault) throw peerFault(stream, head.message.replace(/^expected /, ''))
    return head
  }
}
