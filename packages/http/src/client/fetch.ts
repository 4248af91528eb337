/** The shape of `fetch`, on one session. */
import { type Bytes, HeaderFields, type Priority } from '@plexus/contract'
import { codingsOf, type Decoders, decoded, MAX_CODINGS, webDecoders } from './decode.js'
import type { ClientRequest } from './request.js'
import type { Requester } from './requester.js'
import type { ClientResponse } from './response.js'

/** As the fetch standard has it. */
const MAX_REDIRECTS = 20

/** What `fetch` takes, and what is only to be had here. */
export interface FetchInit extends RequestInit {
  /** See {@link ClientRequest.timeoutMs}. */
  readonly timeoutMs?: number
  /** 0 (first) to 7; goes before `priority`, of which `high` is 1 and `low` is 6. */
  readonly urgency?: Priority
  /** Bytes that a body may have when its codings are undone. Default 256 MiB. */
  readonly maxDecodedBytes?: number
  /** Undoes content codings. Default: gzip and deflate, by the platform's `DecompressionStream`. */
  readonly decoders?: Decoders
}

/**
 * As `fetch`: rejects with a TypeError whose `cause` tells more, or with the signal's reason.
 *
 * Redirects are followed as the standard says, at most 20, within the origin; to another one only if the client's
 * `speaksFor` allows it, and without the fields that are one origin's secrets. Any other wants another session: that is an
 * error, and `redirect: 'manual'` hands out the answer with its `location`. `integrity` is not looked at, and thus refused.
 */
export async function fetchOn(
  client: Requester,
  input: string | URL | Request,
  init: FetchInit = {},
): Promise<Response> {
  const base = client.options.origin
  const place = input instanceof Request || base === undefined ? input : new URL(input, base)
  const request = new Request(place, { ...init, duplex: 'half' } as RequestInit)
  if (request.integrity !== '') throw networkError('no integrity, which is not looked at here')
  request.signal.throwIfAborted()
  const body = await bodyOf(request, init)
  let step: Step = {
    method: request.method,
    url: withoutFragment(new URL(request.url)),
    headers: headersOf(request, init),
    body,
  }
  for (let redirects = 0; ; redirects++) {
    const response = await ask(client, request, init, step)
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : undefined
    if (location === undefined || request.redirect === 'manual')
      return responseOf(response, request, init, step, redirects > 0)
    response.cancel()
    if (request.redirect === 'error') throw networkError(`no redirect, got one to ${shownPlace(location)}`)
    if (redirects === MAX_REDIRECTS) throw networkError(`at most ${MAX_REDIRECTS} redirects, got one more`)
    step = redirected(client, step, response.status, location)
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Fields that speak of a body that is not sent again (Fetch, request-body-header name). */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
])
/** Fields that another origin must not see. */
const OF_ORIGIN: ReadonlySet<string> = new Set(['authorization', 'cookie', 'host', 'proxy-authorization'])
/** Statuses whose Response may not have a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

interface Step {
  readonly method: string
  readonly url: URL
  readonly headers: [name: string, value: string][]
  readonly body: Bytes | ReadableStream<Bytes> | undefined
}

async function ask(client: Requester, request: Request, init: FetchInit, step: Step) {
  const { signal } = request
  const priority = init.urgency ?? ({ high: 1, low: 6 } as const)[init.priority as 'high' | 'low']
  const { timeoutMs } = init
  try {
    return await client.request({ ...step, signal, priority, timeoutMs } satisfies ClientRequest)
  } catch (error) {
    signal.throwIfAborted()
    throw networkError('fetch failed', error)
  }
}

/** Bytes that are all there are sent with their length, and can be sent again after a redirect. */
async function bodyOf(request: Request, init: FetchInit): Promise<Step['body']> {
  const isThere = init.body !== undefined && init.body !== null && !isStream(init.body)
  if (isThere) return new Uint8Array(await request.arrayBuffer())
  return (request.body as ReadableStream<Bytes> | null) ?? undefined
}

const isStream = (body: object | string): boolean =>
  typeof body === 'object' && ('getReader' in body || Symbol.asyncIterator in body)

function headersOf(request: Request, init: FetchInit): Step['headers'] {
  const { headers } = request
  const all = [...headers]
  if (!headers.has('accept')) all.push(['accept', '*/*'])
  // A range is one of the coded bytes: it is asked for as it is.
  if (!headers.has('accept-encoding') && !headers.has('range'))
    all.push(['accept-encoding', [...(init.decoders ?? webDecoders).keys()].join(', ')])
  return all
}

function redirected(client: Requester, step: Step, status: number, location: string): Step {
  let url: URL
  try {
    url = withoutFragment(new URL(location, step.url))
  } catch (error) {
    throw networkError(`a redirect to an URL, got ${shownPlace(location)}`, error)
  }
  // The standard asks this before the method changes.
  if (status !== 303 && step.body !== undefined && !(step.body instanceof Uint8Array))
    throw networkError('a body that can be sent again to follow a redirect, got a stream')
  let { method, headers, body } = step
  if (url.origin !== step.url.origin) {
    expectWithin(client, url.origin)
    headers = headers.filter(([name]) => !OF_ORIGIN.has(name))
  }
  const becomesGet =
    status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
  if (becomesGet) {
    method = 'GET'
    headers = headers.filter(([name]) => !OF_BODY.has(name))
    body = undefined
  }
  return { method, url, headers, body }
}

function expectWithin(client: Requester, origin: string): void {
  try {
    client.expectOrigin(origin)
  } catch (error) {
    throw new TypeError(`expected a redirect to an origin that this session is for, got ${origin}`, {
      cause: error,
    })
  }
}

/** The fields behind the body of an answer that came from here; see `Body.trailers`. Those of any other are none. */
export function trailersOf(response: Response): Promise<HeaderFields> {
  return answers.get(response)?.trailers ?? Promise.resolve(HeaderFields.NONE)
}

/** Whose `Response` it is: the platform's has no place for trailers. */
const answers = new WeakMap<Response, ClientResponse>()

function responseOf(
  response: ClientResponse,
  request: Request,
  init: FetchInit,
  { url, method }: Step,
  isRedirected: boolean,
): Response {
  const { status, statusText } = response
  const headers = new Headers([...response.headers])
  const isBodiless = BODILESS.has(status) || method === 'HEAD'
  // Its end is still to come, and what should not be there is the server's fault, not the caller's.
  if (isBodiless) response.bytes(0).catch(() => {})
  const body = isBodiless ? null : decodedBody(response, request.signal, init)
  const shaped = new Response(body as BodyInit | null, { status, statusText, headers })
  answers.set(shaped, response)
  Object.defineProperty(shaped, 'url', { value: url.href })
  Object.defineProperty(shaped, 'redirected', { value: isRedirected })
  return shaped
}

/** As browsers do: a coding that nobody knows is left as it is. */
function decodedBody(response: ClientResponse, signal: AbortSignal, init: FetchInit): ReadableStream<Bytes> {
  const body = readableOf(response, signal)
  const { decoders = webDecoders, maxDecodedBytes: limit } = init
  const codings = codingsOf(response.headers)
  if (codings.length <= MAX_CODINGS && codings.some((coding) => !decoders.has(coding))) return body
  try {
    return decoded(body, response.headers, { limit, decoders })
  } catch (error) {
    response.cancel()
    throw networkError('fetch failed', error)
  }
}

/** A response's body as a web stream, with its back-pressure; to cancel it is CANCEL on the wire. */
function readableOf(response: ClientResponse, signal: AbortSignal): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const bytes = await response.body.read()
          if (bytes === undefined) controller.close()
          else controller.enqueue(bytes)
        } catch (error) {
          controller.error(signal.aborted ? signal.reason : networkError('terminated', error))
        }
      },
      cancel() {
        response.cancel()
      },
    },
    { highWaterMark: 0 },
  )
}

function withoutFragment(url: URL): URL {
  url.hash = ''
  return url
}

const shownPlace = (location: string): string => JSON.stringify(location.slice(0, 128))

/** What `fetch` rejects with. */
function networkError(message: string, cause?: unknown): TypeError {
  if (cause !== undefined) return new TypeError(message, { cause })
  return new TypeError(`expected ${message}`)
}
