/** How does a message cross? One request comes in, one goes out, written from the model that was read (S08). */
import { type Bytes, type HeaderFields, PlexusError, type Priority } from '@plexus/contract'
import type { HttpLogger } from '../log.js'
import { logOf } from '../log.js'
import type { RequestHead, ResponseHead } from '../message/heads.js'
import { codeOf, factsOf } from '../observe.js'
import {
  type CrossingOptions,
  checkCrossing,
  crossRequest,
  crossResponse,
  crossTrailers,
  isLastHop,
  nameTowards,
  Refusal,
  Refused,
  type Sender,
} from './crossing.js'
import { type CallOptions, type IncomingBody, isOrigin, type OriginCall, type ProxyTarget } from './origin.js'
import { askSession } from './session-origin.js'

/** Says where a request goes (S15); undefined: nowhere, which is a 404. The head is as the client sent it. */
export type Route<Target extends ProxyTarget = ProxyTarget> = (
  request: RequestHead,
) => Target | undefined | Promise<Target | undefined>

export interface ProxyOptions extends CrossingOptions {
  /** Of streams to the origin, 0 (first) to 7. Default 3. */
  readonly priority?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7
  /** Gets each crossing (debug) and each that failed (warn), without queries and values of fields. Default: silent. */
  readonly logger?: HttpLogger
}

/** The side of a proxy that the client is on. */
export interface Front {
  /** What the client sent, or why it is refused. */
  readonly request: RequestHead | Refusal
  readonly sender: Sender
  /** Undefined: there is none. */
  readonly body: IncomingBody | undefined
  /** The client is gone, or nobody waits for the answer. */
  readonly isGone: boolean
  /** Calls `run` when that comes to pass; soon, if it has. */
  onGone(run: () => void): void
  /** The same as a signal, made when it is asked for: only what waits outside of a stream needs one. */
  readonly signal: AbortSignal
  readonly isAnswered: boolean
  /** Something before the answer; undefined where nobody would hear it. */
  readonly inform?: ((head: ResponseHead) => void) | undefined
  respond(head: ResponseHead): void
  /** Settles when more is wanted; rejects when the client is gone. */
  write(bytes: Bytes): Promise<void>
  end(trailers: HeaderFields): Promise<void>
  /** Answers in our own name; 400 ends the connection where it carries one request at a time. */
  refuse(status: number): Promise<void>
  /** The answer breaks off, and the client can tell. */
  destroy(): void
  /** Nothing more is wanted of the client. */
  release(): void
}

/**
 * Sends a request on and its answer back as it comes, with back-pressure both ways. Settles when the answer is
 * out. Rejects with what went wrong, and then the client was told, too:
 *
 * | what | answer |
 * | --- | --- |
 * | no origin | 404 |
 * | a head that may not cross | 400 |
 * | a loop, or too many hops | 508 |
 * | a head that no session takes | 431 |
 * | the origin refused the stream | 503 |
 * | it did not answer in time | 504 |
 * | anything else before its head | 502 |
 * | anything after its head | the answer breaks off |
 */
export async function forward(
  target: ProxyTarget | Route | undefined,
  front: Front,
  given: ProxyOptions = {},
): Promise<void> {
  const options = target === undefined ? given : { ...given, via: given.via ?? nameTowards(target) }
  const log = logOf(options.logger)
  try {
    checkCrossing(options)
    const { request } = front
    if (request instanceof Refusal) throw new Refused(request)
    if (isLastHop(request)) return await front.refuse(request.method === 'OPTIONS' ? 200 : 405)
    if (request.method === 'CONNECT') throw new Refused(new Refusal(405, 'a request, got CONNECT'))
    const crossing = crossRequest(request, front.sender, options)
    if (crossing instanceof Refusal) throw new Refused(crossing)
    const origin = typeof target === 'function' ? await target(request) : target
    if (origin === undefined)
      throw new Refused(new Refusal(404, `an origin for ${request.authority}, there is none`))
    log?.debug(factsOf(request), 'proxy')
    await cross(origin, crossing, front, options)
  } catch (reason) {
    const { status, error } =
      reason instanceof Refused ? reason.refusal : { status: statusOf(reason), error: reason }
    if (front.isAnswered) front.destroy()
    else if (!front.isGone) await front.refuse(status).catch(() => front.destroy())
    log?.warn({ ...whereOf(front), status, code: codeOf(error) }, 'proxy failed')
    throw error
  } finally {
    front.release()
  }
}

async function cross(
  origin: ProxyTarget,
  request: RequestHead,
  front: Front,
  options: ProxyOptions,
): Promise<void> {
  const how = new Asking(front, options.priority ?? 3)
  const call = await (isOrigin(origin) ? origin.ask(request, how) : askSession(origin, request, how))
  front.onGone(() => call.reset('CANCEL'))
  const upload = new Upload(front.body, call)
  try {
    await download(call, front, options)
  } catch (error) {
    call.reset('CANCEL')
    throw upload.error ?? error
  }
  // The answer is complete, so what is left of the request is wanted by nobody.
  if (!upload.isDone) call.reset('CANCEL')
}

async function download(call: OriginCall, front: Front, options: ProxyOptions): Promise<void> {
  const { head, body } = await call.answer(
    front.inform && ((interim) => inform(front, crossResponse(interim, call.protocol, options))),
  )
  front.respond(crossResponse(head, call.protocol, options))
  for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) await front.write(bytes)
  await front.end(crossTrailers(await body.trailers))
}

/** RFC 9110 §15.2: interim answers cross, but for 100, which is ours to give and was given. */
function inform(front: Front, head: ResponseHead): void {
  if (head.status < 102 || front.isAnswered) return
  try {
    front.inform?.(head)
  } catch {
    // What cannot be said to this client is no part of its answer.
  }
}

/** How the origin is asked on behalf of a client. */
class Asking implements CallOptions {
  readonly hasBody: boolean
  readonly priority: Priority
  readonly #front: Front

  constructor(front: Front, priority: Priority) {
    this.#front = front
    this.hasBody = front.body !== undefined
    this.priority = priority
  }

  get isGivenUp(): boolean {
    return this.#front.isGone
  }

  get signal(): AbortSignal {
    return this.#front.signal
  }
}

/** The request's body on its way; never waited for. */
class Upload {
  isDone = false
  /** Why the client's body broke off. What befalls the origin's side is the download's to tell. */
  error: unknown

  constructor(body: IncomingBody | undefined, call: OriginCall) {
    if (body === undefined) this.isDone = true
    else void this.#run(body, call)
  }

  async #run(body: IncomingBody, call: OriginCall): Promise<void> {
    for (;;) {
      let bytes: Bytes | undefined
      let trailers: HeaderFields | undefined
      try {
        bytes = await body.read()
        if (bytes === undefined) trailers = crossTrailers(await body.trailers)
      } catch (error) {
        if (call.isOver) return
        this.error = error
        // Not ended well: the origin must not take a part for the whole (S05).
        call.reset('CANCEL')
        return
      }
      try {
        if (bytes !== undefined) await call.write(bytes)
        else {
          await call.end(trailers!)
          this.isDone = true
          return
        }
      } catch {
        return
      }
    }
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof PlexusError)) return 500
  if (error.code === 'TIMEOUT') return 504
  // Said of this stream; a session that is over says so of all.
  if (error.code === 'REFUSED_STREAM' && error.scope === 'stream') return 503
  return 502
}

function whereOf({ request }: Front): object {
  return request instanceof Refusal ? {} : factsOf(request)
}
