/** One answer, asked for and put where it belongs. */

import { printable } from './frame-dump.js'
import type { Output } from './output.js'
import type { Answer, Asking } from './peer.js'
import { askFollowing } from './redirects.js'
import type { HttpTarget } from './target.js'

export interface Sink {
  /** Bytes of a body that goes to stdout; settles when more are wanted. */
  bytes(chunk: Uint8Array): Promise<void>
  /** A line of a head that was asked for. */
  line(text: string): void
}

/** A status of 400 or more, where that was to be a failure. */
export class StatusError extends Error {}

export interface FetchingOptions {
  /** Makes one request. */
  readonly ask: (asking: Asking) => Promise<Answer>
  /** Goes where answers lead. */
  readonly follows: boolean
  readonly output: Output
  readonly sink: Sink
  /** The head is wanted too. */
  readonly withHead: boolean
  /** A status of 400 or more is a failure, and its body is not wanted. */
  readonly fails: boolean
  /** For whoever draws progress. */
  readonly onBytes: (bytes: number) => void
}

/** What came of a target. */
export interface FetchedUrl {
  readonly url: string
  /** Where redirects led; missing where there were none. */
  readonly effectiveUrl?: string
  readonly protocol: string
  readonly status: number
  readonly bytes: number
  readonly seconds: number
  /** Undefined for stdout. */
  readonly output: string | undefined
}

/** @throws Error or PlexusError for an answer that does not come, does not come whole, or cannot be put away */
export async function fetchTo(asking: Asking, options: FetchingOptions): Promise<FetchedUrl> {
  const { output, sink, ask } = options
  const { target } = asking
  const startedAt = performance.now()
  const show = (answer: Answer) => {
    if (options.withHead) for (const line of headOf(answer)) sink.line(line)
  }
  const arrival = options.follows
    ? await askFollowing(asking, ask, show)
    : { answer: await ask(asking), target }
  const { answer } = arrival
  try {
    show(answer)
    if (options.fails && answer.status >= 400) {
      throw new StatusError(`${answer.status} ${printable(answer.statusText)}`.trim())
    }
    const bytes = await takeBody(answer, target, options)
    if (options.withHead)
      for (const [name, value] of await answer.trailers()) sink.line(printable(`${name}: ${value}`))
    return {
      url: target.text,
      ...(arrival.target !== target && { effectiveUrl: arrival.target.text }),
      protocol: answer.protocol,
      status: answer.status,
      bytes,
      seconds: Math.round(performance.now() - startedAt) / 1000,
      output: output.nameOf(target),
    }
  } catch (error) {
    answer.cancel()
    throw error
  }
}

async function takeBody(answer: Answer, target: HttpTarget, options: FetchingOptions): Promise<number> {
  await using draft = await options.output.draft(target)
  let bytes = 0
  for await (const chunk of answer.body) {
    bytes += chunk.length
    options.onBytes(chunk.length)
    await (draft === undefined ? options.sink.bytes(chunk) : draft.write(chunk))
  }
  await draft?.keep()
  return bytes
}

function* headOf({ protocol, status, statusText, headers }: Answer): Generator<string> {
  yield printable(`${protocol} ${status} ${statusText}`).trim()
  for (const [name, value] of headers) yield printable(`${name}: ${value}`)
  yield ''
}
