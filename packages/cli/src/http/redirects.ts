/** Where does an answer send whom? Follows redirects (RFC 9110 §15.4) as curl does with `--location`. */
import { printable } from './frame-dump.js'
import type { Answer, Asking } from './peer.js'
import { type HttpTarget, parseHttpTarget } from './target.js'

/** The most that are followed for one URL, as with curl and browsers. */
export const MAX_REDIRECTS = 20

/** Said to one server, and no other's business. */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'host'])

/** Of the body that is left behind. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
])

export interface Arrival {
  readonly answer: Answer
  /** Who gave it. */
  readonly target: HttpTarget
}

/**
 * Asks, and asks again where the answer leads. What was said to one server in confidence (`authorization`, `cookie`, `host`) is not
 * said to the next, nor again after that.
 *
 * @param ask makes one request
 * @param onRedirect gets each answer on the way; its body is dropped
 * @throws Error for an address that is none, for more than {@link MAX_REDIRECTS}, and for a body that cannot be sent again
 */
export async function askFollowing(
  asking: Asking,
  ask: (asking: Asking) => Promise<Answer>,
  onRedirect: (answer: Answer) => void,
): Promise<Arrival> {
  let now = asking
  for (let followed = 0; ; followed++) {
    const answer = await ask(now)
    const place = placeOf(answer)
    if (place === undefined) return { answer, target: now.target }
    try {
      if (followed === MAX_REDIRECTS)
        throw new Error(`expected at most ${MAX_REDIRECTS} redirects, one more came`)
      onRedirect(answer)
      now = redirected(now, answer.status, place)
    } finally {
      answer.cancel()
    }
  }
}

function placeOf({ status, headers }: Answer): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  return headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
}

function redirected(asking: Asking, status: number, place: string): Asking {
  const target = targetOf(place, asking.target)
  const { method } = asking
  // What browsers have always done with POST, and 303 means for all: fetch the result, do it not again.
  const isFetch =
    status === 303
      ? method !== 'GET' && method !== 'HEAD'
      : (status === 301 || status === 302) && method === 'POST'
  const left = new Set([...(isSame(target, asking.target) ? [] : SECRET), ...(isFetch ? OF_BODY : [])])
  const body = isFetch ? undefined : asking.body
  if (body?.isOnce)
    throw new Error('expected a body that can be sent again after a redirect, it was read from stdin')
  const headers = asking.headers.filter(([name]) => !left.has(name.toLowerCase()))
  return { ...asking, target, method: isFetch ? 'GET' : method, headers, body }
}

/** @throws Error for one that leads out of HTTP */
function targetOf(place: string, from: HttpTarget): HttpTarget {
  const shown = printable(place.slice(0, 200))
  if (!URL.canParse(place, from.text)) throw new Error(`expected a redirect to a URL, got '${shown}'`)
  const url = new URL(place, from.text)
  const isHere = url.protocol === new URL(from.text).protocol
  if (!isHere && url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error(`expected a redirect to http: or https:, got '${printable(url.protocol)}'`)
  return parseHttpTarget(url.href)
}

function isSame(a: HttpTarget, b: HttpTarget): boolean {
  return a.isSecure === b.isSecure && a.host === b.host && a.port === b.port
}
