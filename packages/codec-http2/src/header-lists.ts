import { type Bytes, type ErrorCode, HeaderFields, type Limits, type Role } from '@plexus/contract'
import { BlockMemo, HpackDecoder, type HpackVerdict } from './hpack/index.js'
import { faultOfFields, faultOfRequest, faultOfResponse, isPseudo } from './rules.js'

/** What a header block is, by what stands in it and where it came. */
export type ListKind = 'open' | 'reply' | 'inform' | 'headers'

/** Why a block is no header list. `session`: the tables are lost, or it is too much to go on. */
export class ListFault {
  readonly scope: 'stream' | 'session'
  readonly code: ErrorCode
  /** What was expected and what came. */
  readonly message: string

  constructor(scope: ListFault['scope'], code: ErrorCode, message: string) {
    this.scope = scope
    this.code = code
    this.message = message
  }
}

export interface HeaderListsOptions {
  readonly role: Role
  readonly limits: Limits
  /** We announced that `:protocol` may be said. */
  readonly allowsProtocol: boolean
}

/** What a block came to before. */
interface KnownList {
  readonly opens: boolean
  readonly kind: ListKind
  readonly list: HeaderFields
}

/**
 * From header blocks to fields that keep the rules. Every block is decoded to its end, whoever it is for: what is left out would be missing
 * from the next (H15). A block that came before is not decoded, judged or copied again.
 */
export class HeaderLists {
  /** Of the list last read. */
  kind: ListKind = 'headers'

  readonly #options: HeaderListsOptions
  readonly #decoder: HpackDecoder
  /** Where the decoder puts its strings. */
  readonly #flat: string[] = []
  readonly #memo = new BlockMemo<KnownList>()

  constructor(options: HeaderListsOptions, maxTableSize: number) {
    const { maxHeaderBytes, maxHeaderFields } = options.limits
    this.#options = options
    this.#decoder = new HpackDecoder({ maxTableSize, maxDecoded: maxHeaderBytes, maxFields: maxHeaderFields })
  }

  /** The peer knows of another table size for its blocks. */
  setMaxTableSize(size: number): void {
    this.#decoder.setMaxTableSize(size)
  }

  /** @param opens the block opens a stream, if it is a request */
  read(block: Bytes, opens: boolean): HeaderFields | ListFault {
    const { generation } = this.#decoder
    const known = this.#memo.find(block, generation)
    if (known !== undefined && known.opens === opens) {
      this.kind = known.kind
      return known.list
    }
    const flat = this.#flat
    flat.length = 0
    const verdict = this.#decoder.decode(block, flat)
    if (verdict !== 'ok') return this.#tooMuch(verdict)
    const kind = this.#kindOf(flat, opens)
    this.kind = kind
    const fault = this.#judge(flat, kind)
    if (fault !== undefined) return new ListFault('stream', 'PROTOCOL_ERROR', `expected ${fault}`)
    const list = HeaderFields.fromFlat(flat)
    this.#memo.keep(block, generation, this.#decoder.generation, { opens, kind, list })
    return list
  }

  /** RFC 9113 §8.1: a request opens, a response begins with its status, and what has no pseudo fields is trailers. */
  #kindOf(flat: readonly string[], opens: boolean): ListKind {
    if (opens) return 'open'
    if (this.#options.role === 'server' || !isPseudo(flat[0] ?? '')) return 'headers'
    return flat[0] === ':status' && flat[1]!.charCodeAt(0) === 0x31 ? 'inform' : 'reply'
  }

  #judge(flat: readonly string[], kind: ListKind): string | undefined {
    if (kind === 'open') return faultOfRequest(flat, this.#options.allowsProtocol)
    return kind === 'headers' ? faultOfFields(flat) : faultOfResponse(flat)
  }

  /** H15: too much costs its stream; what is beyond that, or out of step, the session. */
  #tooMuch(verdict: Exclude<HpackVerdict, 'ok'>): ListFault {
    if (typeof verdict === 'object') return new ListFault('session', verdict.code, verdict.fault)
    const { maxHeaderBytes, maxHeaderFields } = this.#options.limits
    const bound = verdict === 'tooLarge' ? `${maxHeaderBytes} bytes` : `${maxHeaderFields} fields`
    return new ListFault(
      'stream',
      'ENHANCE_YOUR_CALM',
      `expected a header list of at most ${bound}, a longer one came`,
    )
  }
}
