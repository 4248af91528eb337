/** How a server sends what was not asked for yet: a stream of its own, that belongs to the request's (SPDY/3.1 §3.3). */
import { HeaderFields, PlexusError } from '@plexus/contract'
import { type RequestHead, writeRequestHead } from '../message/heads.js'
import {
  answerHead,
  type Exchange,
  type ExchangeHandler,
  type ExchangeInit,
  type Pusher,
  type PushInit,
} from './exchange.js'

/** Fields of the client's request that speak of its own body, or of what it knows of its own answer. */
const OF_ITSELF: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'expect',
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
])

/** Makes an exchange of a stream, seen by those who want to see it; `run` runs a handler and sees to what it fails to do. */
export type Serve = (init: ExchangeInit) => {
  readonly exchange: Exchange
  readonly run: (handler: ExchangeHandler) => Promise<void>
}

export function pusherOf(serve: Serve): Pusher {
  return async (parent, init, handler) => {
    const { session, wire } = parent
    const request = pushedRequest(parent.request, init)
    const asked = writeRequestHead({ ...request, headers: HeaderFields.NONE }, wire).flat
    const head = init.response && answerHead(init.response, request, wire)
    // `:version` stands in both heads, and may stand once.
    const answered = [...(head?.fields ?? [])].filter(([name]) => name !== ':version')
    // A push of a push, or one of a client, is none.
    if (session.role !== 'server' || parent.stream.initiator === 'us') return undefined
    const stream = await opened(parent, init, [...asked, ...answered.flat()], head?.hasNoBody ?? false)
    if (stream === undefined) return undefined
    const { exchange, run } = serve({ stream, session, request, wire, head })
    if (handler !== undefined) void run(handler)
    return exchange
  }
}

/** What the client would have asked, with what it asked the parent with. */
function pushedRequest({ scheme, authority, headers }: RequestHead, init: PushInit): RequestHead {
  const own = HeaderFields.from(init.headers)
  const inherited = [...headers].filter(([name]) => !OF_ITSELF.has(name) && !own.has(name))
  return {
    method: 'GET',
    scheme,
    authority,
    path: init.path,
    headers: HeaderFields.from([...inherited, ...own]),
  }
}

async function opened(parent: Exchange, { priority }: PushInit, flat: string[], end: boolean) {
  const over = new AbortController()
  let isOpen = false
  // A push is opened while its parent lives, or never; and it dies with a parent that is reset.
  void parent.stream.closed.then((error) => {
    if (error !== undefined || !isOpen) over.abort(error)
  })
  try {
    const stream = await parent.session.open({
      headers: HeaderFields.fromFlat(flat),
      parent: parent.stream,
      unidirectional: true,
      end,
      signal: over.signal,
      ...(priority !== undefined && { priority }),
    })
    isOpen = true
    return stream
  } catch (error) {
    // The session goes away, or the client has no place: it does without.
    if (error instanceof PlexusError && (error.blame !== 'application' || over.signal.aborted))
      return undefined
    throw error
  }
}
