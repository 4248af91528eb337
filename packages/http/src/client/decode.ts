/** What a body is without its content codings (RFC 9110 §8.4), and never more of it than is allowed (S13). */
import { type Bytes, type HeaderFields, PlexusError } from '@plexus/contract'

/** Codings that one body may have on top of each other. */
export const MAX_CODINGS = 5

const MAX_BYTES = 256 * 1024 * 1024

/** What undoes codings, by their names in lower case. */
export type Decoders = ReadonlyMap<string, () => DecodingPair>

export interface DecodingPair {
  readonly readable: ReadableStream<Bytes>
  readonly writable: WritableStream<Bytes>
}

export interface DecodeOptions {
  /** Bytes that may come out at most, of each coding; then the body fails with ENHANCE_YOUR_CALM. Default 256 MiB. */
  readonly limit?: number | undefined
  /** Default {@link webDecoders}: gzip and deflate. */
  readonly decoders?: Decoders | undefined
}

/** What every platform's `DecompressionStream` knows. */
export const webDecoders: Decoders = new Map(
  (['gzip', 'deflate'] as const).map((coding) => [
    coding,
    () => new DecompressionStream(coding) as unknown as DecodingPair,
  ]),
)

/**
 * The body as it was before it was coded; with the same back-pressure. It fails with a PlexusError of scope `request` for
 * more than five codings, for one that is not known and for more bytes than allowed, and with the decoder's error for what
 * is not so coded. A body without codings is passed on as it is.
 */
export function decoded(
  body: ReadableStream<Bytes>,
  headers: HeaderFields,
  options: DecodeOptions = {},
): ReadableStream<Bytes> {
  const { limit = MAX_BYTES, decoders = webDecoders } = options
  const codings = codingsOf(headers)
  if (codings.length > MAX_CODINGS)
    throw refused(`at most ${MAX_CODINGS} content codings, got ${codings.length}`)
  const makes = codings.map((coding) => {
    const make = decoders.get(coding)
    if (make === undefined) throw refused(`a content coding that is known, got '${coding.slice(0, 64)}'`)
    return make
  })
  return makes.reduce((bytes, make) => bytes.pipeThrough(make()).pipeThrough(capped(limit)), body)
}

/** The codings of a body in the order in which they are undone. */
export function codingsOf(headers: HeaderFields): string[] {
  return headers
    .getAll('content-encoding')
    .flatMap((value) => value.split(','))
    .map((coding) => coding.trim().toLowerCase().replace(/^x-/, ''))
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse()
}

function capped(limit: number): TransformStream<Bytes, Bytes> {
  let size = 0
  return new TransformStream({
    transform(bytes, controller) {
      size += bytes.length
      if (size > limit) throw refused(`at most ${limit} bytes of decoded body, more came`)
      controller.enqueue(bytes)
    },
  })
}

function refused(expected: string): PlexusError {
  return new PlexusError(`expected ${expected}`, {
    scope: 'request',
    code: 'ENHANCE_YOUR_CALM',
    blame: 'peer',
  })
}
